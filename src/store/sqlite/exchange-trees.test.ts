/** Tables exchange their trees under the eyes of others who read them. */
import { once } from 'node:events';
import { DatabaseSync } from 'node:sqlite';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { integrity } from '../../../test/helpers/dump.ts';
import { ManualClock } from '../../../test/helpers/manual-clock.ts';
import type { ReadThreadData, ReadThreadResult } from '../../../test/helpers/read-thread.ts';
import { TempFolder } from '../../../test/helpers/temp-folder.ts';
import { products } from '../../schema/dataset.ts';
import { numberedRecords, planOf, testFile } from '../conformance-files.ts';
import { importTestFile } from '../conformance-steps.ts';
import { exchangeTrees } from './exchange-trees.ts';
import { SqliteStore } from './store.ts';

const publishes = 25;
const readers = 3;
const rows = 4000;

test(`${readers} readers with prepared statements see each of ${publishes} publishes whole or not at all`, async () => {
  using folder = new TempFolder();
  const path = folder.file('test.db');
  const warn = (): void => undefined;
  const publishTuning = { mostMsInPlace: 0 };
  const staging = { stagingMemoryBytes: 1e9, stagingMemoryMs: 5000 };
  await using store = new SqliteStore({ path, clock: new ManualClock(), ...staging, warn, publishTuning });
  await store.lockImports();
  await store.ensureDataset(products);
  const publish = async (version: number): Promise<void> => {
    const record = await importTestFile(
      store,
      testFile([numberedRecords(0, rows, [`name ${version % 5}`, `${version}`])]),
      planOf(),
    );
    expect(record.table).toMatchObject({ rows, groups: 1 });
  };
  await publish(0);
  {
    using others = new DatabaseSync(path);
    others.exec('CREATE INDEX by_name ON products (name)');
  }
  const stop = new SharedArrayBuffer(4);
  const skus = numberedRecords(0, rows, []).map(([sku]) => String(sku));
  const threads = Array.from({ length: readers }, () => {
    const workerData: ReadThreadData = { path, skus, stop };
    const thread = new Worker(new URL('../../../test/helpers/read-thread.ts', import.meta.url), {
      workerData,
    });
    return { ended: once(thread, 'exit'), result: once(thread, 'message') };
  });
  for (let version = 1; version <= publishes; version++) {
    await publish(version);
    expect(integrity(path)).toBe('ok');
  }
  Atomics.store(new Int32Array(stop), 0, 1);
  for (const { result, ended } of threads) {
    const [{ versions, looks }] = (await result) as [ReadThreadResult];
    // Later publishes are never followed by earlier ones.
    expect(versions.map(Number)).toEqual(versions.map(Number).toSorted((a, b) => a - b));
    expect(versions.length).toBeGreaterThan(2);
    expect(looks).toBeGreaterThan(2);
    await ended;
  }
});

test.each(['NONE', 'FULL'])('an exchange that is rolled back has not been (auto-vacuum %s)', (autoVacuum) => {
  using folder = new TempFolder();
  const path = folder.file('test.db');
  using db = new DatabaseSync(path);
  db.exec(`PRAGMA auto_vacuum = ${autoVacuum}; PRAGMA journal_mode = WAL; CREATE TABLE last (x)`);
  for (const name of ['a', 'b']) {
    db.exec(`CREATE TABLE ${name} (x PRIMARY KEY) WITHOUT ROWID; INSERT INTO ${name} VALUES ('${name}')`);
  }
  const select = db.prepare('SELECT x FROM a');
  const exchange = (end: 'COMMIT' | 'ROLLBACK'): unknown => {
    db.exec('BEGIN IMMEDIATE');
    exchangeTrees(db, [['a', 'b']]);
    const within = select.get()?.['x'];
    db.exec(end);
    return within;
  };
  expect(exchange('ROLLBACK')).toBe('b');
  expect(select.get()).toEqual({ x: 'a' });
  expect(exchange('COMMIT')).toBe('b');
  expect(select.get()).toEqual({ x: 'b' });
  db.exec("INSERT INTO a VALUES ('c')");
  db.exec('DROP TABLE last; DROP TABLE b');
  expect(integrity(path)).toBe('ok');
  expect(db.prepare('SELECT group_concat(x) AS x FROM a').get()).toEqual({ x: 'b,c' });
  // Nobody can write into the schema afterwards by mistake.
  expect(() => db.exec('PRAGMA writable_schema = ON; UPDATE sqlite_schema SET rootpage = 0')).toThrow(
    'may not be',
  );
});
