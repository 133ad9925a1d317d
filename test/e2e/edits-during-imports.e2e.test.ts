/** Eight people edit the same products while versions of two files are published, one after the other. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { verifyDataset } from '../../src/run/verify.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { products } from '../../src/schema/dataset.ts';
import { SqliteEditor } from '../../src/store/sqlite/editor.ts';
import { SqliteReader } from '../../src/store/sqlite/reader.ts';
import { longhaul } from '../helpers/cli.ts';
import { reading, value } from '../helpers/dump.ts';
import type { EditThreadData, EditThreadResult } from '../helpers/edit-thread.ts';
import { on } from '../helpers/shop.ts';
import { TempFolder } from '../helpers/temp-folder.ts';

const editors = 8;
const records = 20_000;
/** Versions as [name, part of the records that are not as in the first one]. */
const versions = [
  ['p.csv', 50],
  ['q.csv', 10],
  ['p.csv', 10],
  ['q.csv', 90],
  ['p.csv', 30],
  ['q.csv', 30],
] as const;

function userColumns(path: string): unknown[] {
  return reading(path, (db) => db.prepare('SELECT name, sku, description FROM products ORDER BY sku').all());
}

test('no edit is lost, counts are exact at every commit, and all edits taken back leave what the files say', async () => {
  using folder = new TempFolder();
  const [edited, plain] = [folder.file('edited.db'), folder.file('plain.db')];
  const run = async (...args: string[]): Promise<void> => {
    expect(await longhaul(args, { cwd: folder.path })).toMatchObject({ status: 0 });
  };
  const sample = ['generate', '--records', String(records)];
  await run(...sample, 'first.csv');
  for (const percent of new Set(versions.map(([, changed]) => changed))) {
    await run(...sample, `${percent}.csv`, '--changed', `${percent}%`);
  }
  await run('import', 'first.csv', '--as', 'p.csv', ...on(edited));
  await run('import', 'first.csv', '--as', 'p.csv', ...on(plain));
  const skus = reading(edited, (db) =>
    db.prepare('SELECT sku FROM products ORDER BY sku LIMIT 200').all(),
  ).map((row) => row['sku'] as string);

  const stop = new SharedArrayBuffer(4);
  const people = Array.from({ length: editors }, (_, seed) => {
    const workerData: EditThreadData = { path: edited, skus, seed, stop };
    const person = new Worker(new URL('../helpers/edit-thread.ts', import.meta.url), { workerData });
    return { ended: once(person, 'exit'), result: once(person, 'message') };
  });
  await using reader = new SqliteReader(edited);
  for (const [name, percent] of versions) {
    await run('import', `${percent}.csv`, '--as', name, ...on(edited));
    expect(await verifyDataset(reader, products, null)).toMatchObject({ agrees: true, findings: [] });
    await run('import', `${percent}.csv`, '--as', name, ...on(plain));
  }
  Atomics.store(new Int32Array(stop), 0, 1);
  const results: EditThreadResult[] = [];
  for (const { result, ended } of people) {
    results.push(((await result) as [EditThreadResult])[0]);
    await ended;
  }

  const sum = (what: keyof EditThreadResult): number => results.reduce((all, one) => all + one[what], 0);
  expect(value(edited, 'SELECT count(*) FROM _longhaul_edits')).toBe(sum('edits'));
  expect(value(edited, "SELECT count(*) FROM _longhaul_edits WHERE state = 'taken_back'")).toBe(
    sum('takenBack'),
  );
  const told = reading(edited, (db) =>
    db.prepare('SELECT state, count(*) AS n FROM _longhaul_edits GROUP BY state ORDER BY state').all(),
  );
  console.log({ longestMs: Math.max(...results.map(({ longestMs }) => longestMs)), told });
  // Each of the ways in which an edit goes on has happened.
  expect(told.map(({ state }) => state)).toEqual(['ended', 'replaced', 'standing', 'taken_back']);
  expect(value(edited, 'SELECT sum(kept) > 0 FROM _longhaul_runs')).toBe(1);

  await using editor = new SqliteEditor({ path: edited, clock: systemClock });
  for (const { key } of (await Array.fromAsync(reader.standingEdits(products))).flat()) {
    await editor.takeBackEdit(products, key, null);
  }
  expect(userColumns(edited)).toEqual(userColumns(plain));
  expect(await verifyDataset(reader, products, null)).toMatchObject({ agrees: true, findings: [] });
});
