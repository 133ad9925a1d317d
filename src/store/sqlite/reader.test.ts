import { DatabaseSync } from 'node:sqlite';
import { expect, test, vi } from 'vitest';
import { ManualClock } from '../../../test/helpers/manual-clock.ts';
import { TempFolder } from '../../../test/helpers/temp-folder.ts';
import { products } from '../../schema/dataset.ts';
import { numberedRecords, testFile } from '../conformance-files.ts';
import { importTestFile } from '../conformance-steps.ts';
import { SqliteReader } from './reader.ts';
import { SqliteStore } from './store.ts';

async function databaseIn(folder: TempFolder): Promise<string> {
  const path = folder.file('test.db');
  const warn = (message: string): never => expect.fail(message);
  const options = { path, clock: new ManualClock(), stagingMemoryBytes: 1e9, stagingMemoryMs: 5000, warn };
  await using store = new SqliteStore(options);
  await store.lockImports();
  await store.ensureDataset(products);
  await importTestFile(store, testFile([numberedRecords(0, 2500, ['Ann', ''])]));
  return path;
}

test('one call sees one state, also when somebody commits between its statements', async () => {
  using folder = new TempFolder();
  const path = await databaseIn(folder);
  await using reader = new SqliteReader(path);
  const prepare = Reflect.get(DatabaseSync.prototype, 'prepare');
  const spy = vi.spyOn(DatabaseSync.prototype, 'prepare').mockImplementation(function (
    this: DatabaseSync,
    sql,
  ) {
    if (sql.includes('count(*)')) {
      using other = new DatabaseSync(path);
      other.exec(
        "BEGIN; UPDATE _longhaul_datasets SET rows = 9; INSERT INTO product_counts VALUES ('Bob', 1); COMMIT",
      );
    }
    return prepare.call(this, sql);
  });
  try {
    expect(await reader.totals(products)).toMatchObject({ rows: 2500, groups: 1 });
  } finally {
    spy.mockRestore();
  }
  expect(await reader.totals(products)).toMatchObject({ rows: 9, groups: 2 });
});

test('a scan that is given up leaves the reader usable, and the database free', async () => {
  using folder = new TempFolder();
  const path = await databaseIn(folder);
  await using reader = new SqliteReader(path);
  for await (const batch of reader.scan(products)) {
    expect(batch.length).toBeLessThan(2500);
    break;
  }
  expect(await reader.rows(products, ['00000007'], 2)).toMatchObject([{ line: 10 }, { line: 11 }]);
  using other = new DatabaseSync(path, { timeout: 0 });
  expect(other.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get()).toMatchObject({ busy: 0 });
});

test('a reader cannot write', async () => {
  using folder = new TempFolder();
  const path = await databaseIn(folder);
  await using reader = new SqliteReader(path);
  const evil = { ...products, name: 'products"; DELETE FROM products; --' };
  await expect(reader.rows(evil, null, 1)).rejects.toMatchObject({ code: 'table_mismatch' });
  expect((await reader.totals(products)).rows).toBe(2500);
});

test('counts of a column that has none are a mistake of the caller', async () => {
  using folder = new TempFolder();
  await using reader = new SqliteReader(await databaseIn(folder));
  await expect(reader.topCounts(products, 'sku', 1)).rejects.toThrow('no counts by sku');
});

test('a database whose first import is under way is told from one that nobody is making', () => {
  using folder = new TempFolder();
  folder.write('test.db.importing', '');
  expect(() => new SqliteReader(folder.file('test.db'))).toThrow(
    expect.objectContaining({ code: 'database_not_published' }),
  );
});

test.each([
  ['is not there', (_: string) => undefined],
  ['is empty', (path: string) => new DatabaseSync(path).close()],
])('a database that %s is missing', (_, make) => {
  using folder = new TempFolder();
  make(folder.file('test.db'));
  expect(() => new SqliteReader(folder.file('test.db'))).toThrow(
    expect.objectContaining({ code: 'database_missing' }),
  );
  expect(folder.list().filter((name) => name !== 'test.db')).toEqual([]);
});
