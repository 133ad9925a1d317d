/** What only the SQLite store promises: its files, its locks, and what it refuses to touch. */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from 'vitest';
import { ManualClock } from '../../../test/helpers/manual-clock.ts';
import { cutsAll } from '../../../test/helpers/part-builder.ts';
import { TempFolder } from '../../../test/helpers/temp-folder.ts';
import { products } from '../../schema/dataset.ts';
import { numberedRecords, planOf, testFile } from '../conformance-files.ts';
import { copyOf, importTestFile, neverStopped, stageFile } from '../conformance-steps.ts';
import { StagingFolder } from '../staging-folder.ts';
import { SqliteReader } from './reader.ts';
import { SqliteStore, type SqliteStoreOptions } from './store.ts';

function storeIn(folder: TempFolder, options: Partial<SqliteStoreOptions> = {}): SqliteStore {
  return new SqliteStore({
    path: folder.file('test.db'),
    clock: new ManualClock(),
    stagingMemoryBytes: 0,
    stagingMemoryMs: 5000,
    warn: (message) => expect.fail(message),
    lockWaitSeconds: 0.05,
    ...options,
  });
}

async function importerIn(
  folder: TempFolder,
  options: Partial<SqliteStoreOptions> = {},
): Promise<SqliteStore> {
  const store = storeIn(folder, options);
  await store.lockImports();
  await store.ensureDataset(products);
  return store;
}

function changeDatabase(folder: TempFolder, sql: string): void {
  using database = new DatabaseSync(folder.file('test.db'));
  database.exec(sql);
}

const file = testFile([[['a', 'Ann', '1']], [['b', 'Bob', '2']], [['c', 'Cid', '3']]]);

describe('staged files', () => {
  const stagingFiles = (folder: TempFolder): string[] => {
    const path = folder.file('test.db.staging');
    return existsSync(path) ? readdirSync(path).sort() : [];
  };

  test.each([
    ['damaged', (path: string) => writeFileSync(path, new Uint8Array(statSync(path).size))],
    ['cut off', (path: string) => truncateSync(path, statSync(path).size - 4)],
    ['missing', (path: string) => rmSync(path)],
  ])('that are %s are not taken over', async (_, harm) => {
    using folder = new TempFolder();
    let run: number;
    {
      await using store = await importerIn(folder);
      run = await stageFile(store, file);
      expect(stagingFiles(folder)).toEqual([0, 1, 2].map((index) => `${run}-${index}.rows`));
    }
    harm(join(folder.file('test.db.staging'), `${run}-1.rows`));
    await using store = await importerIn(folder);
    const opened = await store.openRun(planOf());
    expect(opened.run).toBe(run);
    expect(opened.staged.map(({ index }) => index)).toEqual([0, 2]);
    await expect(store.publish(run, file.totals, neverStopped)).rejects.toMatchObject({
      code: 'sums_do_not_meet',
    });
    await store.stageChunk(run, copyOf(file.chunks[1]!));
    expect(await store.publish(run, file.totals, neverStopped)).toMatchObject({ inserted: 3 });
  });

  test('of runs that ended or never were are swept at the next start; those of others and strangers stay', async () => {
    using folder = new TempFolder();
    let run: number;
    {
      await using store = await importerIn(folder);
      run = await stageFile(store, file);
    }
    const left = ['0.rows', 'merged-1.rows', 'leaves-0.list'].map((name) => `${run + 7}-${name}`);
    for (const name of [...left, 'a stranger.txt'])
      writeFileSync(join(folder.file('test.db.staging'), name), 'x');
    await using store = await importerIn(folder);
    expect(stagingFiles(folder)).toEqual([
      ...[0, 1, 2].map((index) => `${run}-${index}.rows`),
      'a stranger.txt',
    ]);
    await store.openRun(planOf('a.csv', { settings: 'others' }));
    expect(stagingFiles(folder)).toEqual(['a stranger.txt']);
  });

  test.each([
    ['publishing', async (store: SqliteStore, run: number) => store.publish(run, file.totals, neverStopped)],
    ['failing', async (store: SqliteStore, run: number) => store.endRun(run, 'failed', null, null)],
    ['discarding', async (store: SqliteStore, run: number) => store.discardRun(run)],
    ['clearing', async (store: SqliteStore) => store.clear(products)],
  ])('go with %s their run', async (_, end) => {
    using folder = new TempFolder();
    await using store = await importerIn(folder);
    await importTestFile(store, testFile([[['z', 'Zoe', '']]]), planOf('b.csv'));
    const run = await stageFile(store, file);
    expect(stagingFiles(folder)).toHaveLength(3);
    await end(store, run);
    expect(existsSync(folder.file('test.db.staging'))).toBe(false);
  });

  test('are written once the rows in memory are more than the budget, and from then on', async () => {
    using folder = new TempFolder();
    const rowBytes = file.chunks[0]!.packed.words.byteLength;
    await using store = await importerIn(folder, { stagingMemoryBytes: 2 * rowBytes });
    const { run } = await store.openRun(planOf());
    const written: number[] = [];
    for (const chunk of [...file.chunks, file.chunks[0]!]) {
      await store.stageChunk(run, copyOf(chunk));
      written.push(stagingFiles(folder).length);
    }
    expect(written).toEqual([0, 0, 3, 3]);
    expect(await store.publish(run, file.totals, neverStopped)).toMatchObject({ inserted: 3 });
  });

  test('are written from the first one on when the file is larger than the budget, by whoever stages', async () => {
    using folder = new TempFolder();
    const [first, ...others] = file.chunks.map(copyOf);
    const aside = new StagingFolder(folder.file('test.db'));
    let run: number;
    {
      await using store = await importerIn(folder, { stagingMemoryBytes: 1000 });
      ({ run } = await store.openRun({ ...planOf(), expectedBytes: 1001 }));
      expect(store.rowsBeside(run)).toBe(folder.file('test.db'));
      const packed = aside.putAside(run, 0, first!.packed);
      expect(packed.words).toHaveLength(0);
      await store.stageChunk(run, { ...first!, packed });
    }
    await using store = await importerIn(folder, { stagingMemoryBytes: 1000 });
    const { staged } = await store.openRun({ ...planOf(), expectedBytes: 1000 });
    expect(staged.map(({ index }) => index)).toEqual([0]);
    expect(store.rowsBeside(run)).not.toBeNull();
    for (const chunk of others) await store.stageChunk(run, chunk);
    expect(await store.publish(run, file.totals, neverStopped)).toMatchObject({ inserted: 3 });
  });

  test('that take the place of others are not cut where rows of those began', async () => {
    using folder = new TempFolder();
    const [short, long] = ['n', 'longer name'].map((name) => testFile([numberedRecords(0, 9, [name, 'd'])]));
    await using store = await importerIn(folder, cutsAll());
    const run = await stageFile(store, short!);
    const chunk = long!.chunks[0]!;
    await store.stageChunk(run, { ...chunk, packed: { words: chunk.packed.words.slice(), rows: 9 } });
    expect(await store.publish(run, long!.totals, neverStopped)).toMatchObject({ inserted: 9 });
  });

  test('are not asked of others while rows wait in memory', async () => {
    using folder = new TempFolder();
    await using store = await importerIn(folder, { stagingMemoryBytes: 1000 });
    const { run } = await store.openRun({ ...planOf(), expectedBytes: 1000 });
    expect(store.rowsBeside(run)).toBeNull();
  });

  test('are written because of rejects alone', async () => {
    using folder = new TempFolder();
    await using store = await importerIn(folder, { stagingMemoryBytes: 100_000 });
    const bad = testFile([new Array<'empty_key'>(500).fill('empty_key')]);
    await stageFile(store, bad);
    expect(stagingFiles(folder)).toHaveLength(1);
  });

  test('are written once the run has lasted long enough', async () => {
    using folder = new TempFolder();
    const clock = new ManualClock();
    await using store = await importerIn(folder, { stagingMemoryBytes: 1e9, clock });
    const { run } = await store.openRun(planOf());
    await store.stageChunk(run, copyOf(file.chunks[0]!));
    clock.advance(5000);
    await store.stageChunk(run, copyOf(file.chunks[1]!));
    expect(stagingFiles(folder)).toEqual([]);
    clock.advance(1);
    await store.stageChunk(run, copyOf(file.chunks[2]!));
    expect(stagingFiles(folder)).toHaveLength(3);
    expect(await store.publish(run, file.totals, neverStopped)).toMatchObject({ inserted: 3 });
  });
});

describe('a database', () => {
  test.each([
    [
      'written by a newer version',
      (folder: TempFolder) => changeDatabase(folder, 'PRAGMA user_version = 99'),
      'database_newer',
    ],
    [
      'that is none',
      (folder: TempFolder) => folder.write('test.db', 'name,sku,description\nn,s,d\n'),
      'database_not_one',
    ],
    ['that is a folder', (folder: TempFolder) => mkdirSync(folder.file('test.db')), 'database_not_one'],
    [
      'whose pages are damaged',
      (folder: TempFolder) => truncateSync(folder.file('test.db'), 4096),
      'database_damaged',
    ],
  ])('%s is refused', async (_, harm, code) => {
    using folder = new TempFolder();
    if (code === 'database_newer' || code === 'database_damaged') {
      await using store = await importerIn(folder);
      await importTestFile(store, file);
    }
    harm(folder);
    const attempt = async (): Promise<void> => {
      await using store = await importerIn(folder);
      await importTestFile(store, testFile([[['z', 'Zoe', '']]]), planOf('b.csv'));
    };
    await expect(attempt()).rejects.toMatchObject({ code });
  });

  test('of an encoding that sorts differently is refused and left alone', async () => {
    using folder = new TempFolder();
    changeDatabase(folder, "PRAGMA encoding = 'UTF-16le'; CREATE TABLE theirs (x)");
    await expect(importerIn(folder)).rejects.toMatchObject({ code: 'database_not_utf8' });
    using database = new DatabaseSync(folder.file('test.db'));
    expect(database.prepare('SELECT name FROM sqlite_schema').all()).toHaveLength(1);
  });

  test('in a folder that is not there is refused', async () => {
    using folder = new TempFolder();
    const path = folder.file('no such folder/test.db');
    await expect(importerIn(folder, { path })).rejects.toMatchObject({ code: 'database_not_writable' });
  });

  test('that another program has locked is waited for, then told of; nothing changes', async () => {
    using folder = new TempFolder();
    await using store = await importerIn(folder);
    await importTestFile(store, testFile([[['a', 'Ann', '0']]]), planOf('b.csv'));
    const run = await stageFile(store, file);
    using other = new DatabaseSync(folder.file('test.db'));
    other.exec('BEGIN IMMEDIATE');
    const facts = { database: folder.file('test.db'), waitedSeconds: 0.05 };
    await expect(store.publish(run, file.totals, neverStopped)).rejects.toMatchObject({
      code: 'database_locked',
      facts,
    });
    other.exec('ROLLBACK');
    expect(await store.publish(run, file.totals, neverStopped)).toMatchObject({ inserted: 2, updated: 1 });
  });

  test('has one lock, whatever links lead to it', async () => {
    using folder = new TempFolder();
    await using store = await importerIn(folder);
    await importTestFile(store, file);
    symlinkSync(folder.file('test.db'), folder.file('link.db'));
    await expect(importerIn(folder, { path: folder.file('link.db') })).rejects.toMatchObject({
      code: 'import_running',
    });
  });

  test('of other programs keeps their tables, and gets ours', async () => {
    using folder = new TempFolder();
    changeDatabase(
      folder,
      'CREATE TABLE theirs (x); INSERT INTO theirs VALUES (1); CREATE VIEW v AS SELECT x FROM theirs',
    );
    await using store = await importerIn(folder);
    await importTestFile(store, file);
    using database = new DatabaseSync(folder.file('test.db'));
    expect(database.prepare('SELECT count(*) AS n FROM products, v').get()).toEqual({ n: 3 });
  });
});

describe('the write-ahead log', () => {
  test('is empty after each publish', async () => {
    using folder = new TempFolder();
    await using store = await importerIn(folder);
    for (const name of ['a.csv', 'b.csv', 'c.csv']) {
      await importTestFile(store, testFile([numberedRecords(0, 1000, [name, ''])]), planOf(name));
      const log = folder.file('test.db-wal');
      expect(existsSync(log) ? statSync(log).size : 0).toBe(0);
    }
  });

  test('stays while somebody reads an older state, which is told', async () => {
    using folder = new TempFolder();
    const warnings: string[] = [];
    await using store = await importerIn(folder, { warn: (message) => warnings.push(message) });
    await importTestFile(store, file);
    await using reader = new SqliteReader(folder.file('test.db'));
    await reader.consistently(async () => {
      await reader.totals(products);
      await importTestFile(store, testFile([[['a', 'Ann', 'new']]]), planOf('b.csv'));
    });
    expect(warnings).toEqual([expect.stringContaining('write-ahead log')]);
    await importTestFile(store, testFile([[['a', 'Ann', 'newer']]]), planOf('b.csv'));
    expect(warnings).toHaveLength(1);
    expect(statSync(folder.file('test.db-wal')).size).toBe(0);
  });
});

test('counts that were changed from outside stop a publish', async () => {
  using folder = new TempFolder();
  await using store = await importerIn(folder);
  await importTestFile(store, file);
  changeDatabase(folder, "DELETE FROM product_counts WHERE name = 'Ann'");
  const change = importTestFile(
    store,
    testFile([
      [
        ['a', 'Dan', '1'],
        ['d', 'Dan', '1'],
      ],
    ]),
    planOf('b.csv'),
  );
  await expect(change).rejects.toMatchObject({
    code: 'counts_drifted',
    facts: { table: 'product_counts', value: 'Ann' },
  });
  await using reader = new SqliteReader(folder.file('test.db'));
  expect(await reader.row(products, ['a'])).toMatchObject({ values: ['Ann', 'a', '1'] });
  expect(await reader.row(products, ['d'])).toBeNull();
});
