/** Eight people edit the same products in threads of their own while versions of two files are published one after the other. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { integrity, reading, value } from '../../../test/helpers/dump.ts';
import type { EditThreadData, EditThreadResult } from '../../../test/helpers/edit-thread.ts';
import { TempFolder } from '../../../test/helpers/temp-folder.ts';
import { verifyDataset } from '../../run/verify.ts';
import { systemClock } from '../../runtime/clock.ts';
import { products } from '../../schema/dataset.ts';
import { planOf, type TestFile, testFile } from '../conformance-files.ts';
import { importTestFile } from '../conformance-steps.ts';
import { SqliteEditor } from './editor.ts';
import type { PublishTuning } from './publish-into-table.ts';
import { SqliteReader } from './reader.ts';
import { SqliteStore } from './store.ts';

const editors = 8;
const rows = 25_000;
/** Of so many rows some are edited. */
const editedRows = 200;

/** All rows; of every `step`-th one the values are those of this version, of the others always the same. */
function version(number: number, step: number): TestFile {
  const records = Array.from({ length: rows }, (_, index) => {
    const isNew = index % step === 0;
    const text = isNew ? String(number) : 'as ever';
    return [String(index).padStart(8, '0'), `name ${isNew ? number * 7 + (index % 7) : index % 1000}`, text];
  });
  return testFile([records.slice(0, rows / 2), records.slice(rows / 2)]);
}

const versions: readonly (readonly [name: string, step: number])[] = [
  ['p.csv', 2],
  ['q.csv', 10],
  ['p.csv', 10],
  ['q.csv', 1],
  ['p.csv', 3],
  ['q.csv', 3],
  ['p.csv', 1],
];

function userColumns(path: string): unknown[] {
  return reading(path, (db) => db.prepare('SELECT name, sku, description FROM products ORDER BY sku').all());
}

test.each([
  ['in place', {}],
  ['through successor tables', { mostMsInPlace: 0 }],
] satisfies [string, PublishTuning][])('no edit is lost beside publishes %s', async (_, publishTuning) => {
  using folder = new TempFolder();
  const [edited, plain] = [folder.file('edited.db'), folder.file('plain.db')];
  const open = async (path: string): Promise<SqliteStore> => {
    const staging = { stagingMemoryBytes: 1e9, stagingMemoryMs: 1e9 };
    const options = { path, clock: systemClock, ...staging, warn: () => undefined, lockWaitSeconds: 60 };
    const store = new SqliteStore({ ...options, publishTuning });
    await store.lockImports();
    await store.ensureDataset(products);
    await importTestFile(store, version(0, 1), planOf('p.csv'));
    return store;
  };
  await using ours = await open(edited);
  await using theirs = await open(plain);
  const skus = reading(edited, (db) => db.prepare('SELECT sku FROM products').all())
    .map((row) => row['sku'] as string)
    .filter((__, index) => index % (rows / editedRows) === 0);
  const stop = new SharedArrayBuffer(4);
  const people = Array.from({ length: editors }, (__, seed) => {
    const workerData: EditThreadData = { url: `sqlite:${edited}`, skus, seed, stop };
    const script = new URL('../../../test/helpers/edit-thread.ts', import.meta.url);
    const person = new Worker(script, { workerData });
    return { ended: once(person, 'exit'), result: once(person, 'message'), online: once(person, 'online') };
  });
  await Promise.all(people.map(({ online }) => online));
  await using reader = new SqliteReader(edited);
  for (const [index, [name, step]] of versions.entries()) {
    for (const store of [ours, theirs]) {
      const record = await importTestFile(store, version(index + 1, step), planOf(name));
      expect(record.records).toBe(rows);
    }
    expect(await verifyDataset(reader, products, null)).toMatchObject({ agrees: true, findings: [] });
  }
  Atomics.store(new Int32Array(stop), 0, 1);
  const results: EditThreadResult[] = [];
  for (const { result, ended } of people) {
    results.push(((await result) as [EditThreadResult])[0]);
    await ended;
  }
  const sum = (what: keyof EditThreadResult): number => results.reduce((all, one) => all + one[what], 0);
  expect(value(edited, 'SELECT count(*) FROM _longhaul_edits')).toBe(sum('edits'));
  console.log({ edits: sum('edits'), longestMs: Math.max(...results.map(({ longestMs }) => longestMs)) });
  const states = reading(edited, (db) =>
    db.prepare('SELECT DISTINCT state FROM _longhaul_edits ORDER BY 1').all(),
  );
  expect(states.map(({ state }) => state)).toEqual(['ended', 'replaced', 'standing', 'taken_back']);
  expect(value(edited, 'SELECT sum(kept) > 0 FROM _longhaul_runs')).toBe(1);

  await using editor = new SqliteEditor({ path: edited, clock: systemClock });
  for (const { key } of (await Array.fromAsync(reader.standingEdits(products))).flat()) {
    await editor.takeBackEdit(products, key, null);
  }
  expect(userColumns(edited)).toEqual(userColumns(plain));
  expect(await verifyDataset(reader, products, null)).toMatchObject({ agrees: true, findings: [] });
  expect(integrity(edited)).toBe('ok');
});
