import { existsSync, linkSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { expect, onTestFinished, test } from 'vitest';
import { ManualClock } from '../../../../test/helpers/manual-clock.ts';
import { integrity, tableDigest, value } from '../../../../test/helpers/dump.ts';
import { TempFolder } from '../../../../test/helpers/temp-folder.ts';
import { products } from '../../../schema/dataset.ts';
import { planOf, type TestFile, testFile } from '../../conformance-files.ts';
import { neverStopped, openImporter, stageFile } from '../../conformance-steps.ts';
import { openWriter } from '../connection.ts';
import { EditLedger } from '../edit-ledger.ts';
import { Ledger } from '../ledger.ts';
import { StagingFolder } from '../../staging-folder.ts';
import { migrate, ensureTables } from '../schema.ts';
import { SqliteStore } from '../store.ts';
import { importingPath, isFree, openPrivate, publishingPath } from './fresh-database.ts';
import { publishFresh } from './publish-fresh.ts';

function tempFolder(): TempFolder {
  const folder = new TempFolder();
  onTestFinished(() => folder[Symbol.dispose]());
  return folder;
}

function sqliteStore(path: string): SqliteStore {
  const options = { clock: new ManualClock(), stagingMemoryBytes: 1e9, stagingMemoryMs: 5000 };
  return new SqliteStore({ path, ...options, warn: () => undefined });
}

/** `rows` records of different skus and 97 names, in chunks of 50; each tenth sku comes again with another text. */
function manyRows(rows: number): TestFile {
  const records = Array.from({ length: rows }, (_, index) => {
    const number = index % 10 === 9 ? index - 5 : index;
    return [`sku-${(number * 7919) % 100_003}`, `name ${number % 97}`, 'text '.repeat(index % 300)];
  });
  const chunks = Array.from({ length: Math.ceil(rows / 50) }, (_, index) =>
    records.slice(index * 50, index * 50 + 50),
  );
  return testFile(chunks);
}

async function importInto(path: string, file: TestFile): Promise<void> {
  await using store = sqliteStore(path);
  const underTest = { open: async () => store } as unknown as Parameters<typeof openImporter>[0];
  await openImporter(underTest);
  const run = await stageFile(store, file);
  await store.publish(run, file.totals, neverStopped);
}

test('a database made of pages and one filled row by row hold the same, to the last hash', async () => {
  const folder = tempFolder();
  const [fresh, ordinary] = [folder.file('fresh.db'), folder.file('ordinary.db')];
  using theirs = new DatabaseSync(ordinary);
  theirs.exec('CREATE TABLE theirs (x)');
  theirs.close();
  const file = manyRows(3000);
  await importInto(fresh, file);
  await importInto(ordinary, file);
  expect(integrity(fresh)).toBe('ok');
  expect(tableDigest(fresh, { provenance: true })).toBe(tableDigest(ordinary, { provenance: true }));
  expect(value(fresh, 'PRAGMA journal_mode')).toBe('wal');
});

test('a database with edits is never made of pages: they would be overlooked', () => {
  const folder = tempFolder();
  const path = folder.file('test.db');
  using db = openPrivate(importingPath(path));
  migrate(db, path);
  ensureTables(db, path, products);
  const plan = planOf();
  const run = new Ledger(db).addRun(plan, 0);
  const covered = { values: ['Ann', 'a', ''], contentHash: 0n, run, line: 2 };
  new EditLedger(db, 'products').addFirst(Buffer.from('a'), ['Eve', 'a', ''], covered, 0);
  db.close();
  const { chunks, totals } = manyRows(10);
  const inMemory = new Map(chunks.map((chunk) => [chunk.index, chunk]));
  const parts = { clock: new ManualClock(), staging: new StagingFolder(path), control: neverStopped };
  expect(() =>
    publishFresh(path, { run, dataset: products, file: plan.file, totals, inMemory, ...parts }),
  ).toThrow('a new database has edits');
  expect(existsSync(path)).toBe(false);
});

test('more values than are counted in memory are counted by SQLite, with the same result', async () => {
  const folder = tempFolder();
  const [path, quiet] = [folder.file('few.db'), folder.file('quiet.db')];
  const file = manyRows(400);
  await importInto(quiet, file);

  using db = openPrivate(importingPath(path));
  migrate(db, path);
  ensureTables(db, path, products);
  const plan = planOf();
  const run = new Ledger(db).addRun(plan, 0);
  db.close();
  const inMemory = new Map(file.chunks.map((chunk) => [chunk.index, chunk]));
  const clock = new ManualClock();
  const staging = new StagingFolder(path);
  const job = {
    run,
    dataset: products,
    file: plan.file,
    totals: file.totals,
    control: neverStopped,
    clock,
    staging,
    inMemory,
  };
  publishFresh(path, job, [], { mostCountedValues: 10 });
  expect(integrity(path)).toBe('ok');
  expect(tableDigest(path, { provenance: true })).toBe(tableDigest(quiet, { provenance: true }));
});

test('a database that appears while the first run is staged is left alone, and the next import goes into it', async () => {
  const folder = tempFolder();
  const path = folder.file('appears.db');
  const file = manyRows(100);
  {
    await using store = sqliteStore(path);
    await store.lockImports();
    await store.ensureDataset(products);
    const run = await stageFile(store, file);
    using theirs = new DatabaseSync(path);
    theirs.exec('CREATE TABLE theirs (x); INSERT INTO theirs VALUES (1)');
    await expect(store.publish(run, file.totals, neverStopped)).rejects.toMatchObject({
      code: 'database_appeared',
    });
  }
  expect(value(path, 'SELECT count(*) FROM theirs')).toBe(1);
  await importInto(path, file);
  expect(value(path, 'SELECT count(*) FROM theirs')).toBe(1);
  expect(value(path, 'SELECT count(*) FROM products')).toBe(90);
  expect(existsSync(importingPath(path))).toBe(false);
});

test('a kill between the link and what follows it leaves two names of one file, and the next start mends that', async () => {
  const folder = tempFolder();
  const path = folder.file('linked.db');
  await importInto(path, manyRows(100));
  linkSync(path, publishingPath(path));
  writeFileSync(importingPath(path), 'what was the ledger');
  const before = tableDigest(path, { provenance: true });
  await importInto(path, manyRows(100));
  expect(folder.list()).toEqual(expect.not.arrayContaining(['linked.db.publishing', 'linked.db.importing']));
  expect(tableDigest(path, { provenance: false })).not.toBe('');
  expect(before).toBe(tableDigest(path, { provenance: true }));
});

test.each(['-wal', '-shm', '-journal'])(
  'a %s that a deleted database has left keeps the new way from being taken',
  (suffix) => {
    const folder = tempFolder();
    const path = folder.file('deleted.db');
    expect(isFree(path)).toBe(true);
    writeFileSync(path + suffix, '');
    expect(isFree(path)).toBe(false);
  },
);

test('a half-written ledger beside the place of a database is not trusted', async () => {
  const folder = tempFolder();
  const path = folder.file('torn.db');
  using db = openWriter(importingPath(path));
  db.exec('CREATE TABLE x (y); PRAGMA journal_mode = DELETE');
  db.close();
  writeFileSync(importingPath(path), Buffer.alloc(5000, 'SQLite format 3\0'));
  await importInto(path, manyRows(100));
  expect(value(path, 'SELECT count(*) FROM products')).toBe(90);
  expect(integrity(path)).toBe('ok');
});
