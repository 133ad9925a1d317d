/** What only the SQLite editor promises: what it opens, what it refuses to touch, how it waits. */
import { readFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { ManualClock } from '../../../test/helpers/manual-clock.ts';
import { TempFolder } from '../../../test/helpers/temp-folder.ts';
import { products } from '../../schema/dataset.ts';
import { testFile } from '../conformance-files.ts';
import { importTestFile } from '../conformance-steps.ts';
import { SqliteEditor } from './editor.ts';
import { SqliteReader } from './reader.ts';
import { SqliteStore } from './store.ts';

const clock = new ManualClock();
const change = new Map([['name', 'Eve']]);
/** What the second step of the schema and those after it have brought. */
const withoutEdits = `DROP TABLE _longhaul_sources; DROP TABLE _longhaul_edits; DROP TABLE _longhaul_edit_covers;
  ALTER TABLE _longhaul_rejects DROP COLUMN column_name; ALTER TABLE _longhaul_rejects DROP COLUMN value;
  ALTER TABLE _longhaul_runs DROP COLUMN removed;
  PRAGMA user_version = 1`;

async function databaseIn(folder: TempFolder, sql = ''): Promise<string> {
  const path = folder.file('test.db');
  const warn = (message: string): never => expect.fail(message);
  await using store = new SqliteStore({ path, clock, stagingMemoryBytes: 1e9, stagingMemoryMs: 5000, warn });
  await store.lockImports();
  await store.ensureDataset(products);
  await importTestFile(store, testFile([[['a', 'Ann', '1']]]));
  await store[Symbol.asyncDispose]();
  using database = new DatabaseSync(path);
  database.exec(sql);
  return path;
}

test('a database from before there were edits is read as it is, and gets their tables with the first edit', async () => {
  using folder = new TempFolder();
  const path = await databaseIn(folder, withoutEdits);
  await using reader = new SqliteReader(path);
  expect(await reader.edits(products, ['a'])).toEqual([]);
  expect(await Array.fromAsync(reader.standingEdits(products))).toEqual([]);
  expect(await reader.rejects(products, null, 10)).toEqual([]);
  expect(await reader.runs(products, 10)).toMatchObject([{ inserted: 1, removed: 0 }]);
  expect(await reader.sources()).toEqual([]);
  await using editor = new SqliteEditor({ path, clock });
  await editor.editRow(products, ['a'], change, null);
  expect(await reader.edits(products, ['a'])).toHaveLength(1);
});

test('a database of another program is refused and stays as it was, byte for byte', async () => {
  using folder = new TempFolder();
  const path = folder.file('theirs.db');
  using theirs = new DatabaseSync(path);
  theirs.exec('CREATE TABLE goods (x)');
  const before = readFileSync(path);
  expect(() => new SqliteEditor({ path, clock })).toThrow('that longhaul did not make');
  expect(readFileSync(path)).toEqual(before);
});

test.each([
  ['there is none', () => undefined, 'database_missing'],
  ['it is a folder', (folder: TempFolder) => folder.path, 'database_not_one'],
  [
    'it is some other file',
    (folder: TempFolder) => folder.write('x.csv', 'name,sku\n'.repeat(99)),
    'database_not_one',
  ],
])('%s: refused', (_, make, code) => {
  using folder = new TempFolder();
  const path = make(folder) ?? folder.file('none.db');
  expect(() => new SqliteEditor({ path, clock })).toThrow(expect.objectContaining({ code }));
});

test('another writer is waited for, then told of', async () => {
  using folder = new TempFolder();
  const path = await databaseIn(folder);
  await using editor = new SqliteEditor({ path, clock, lockWaitSeconds: 0.05 });
  using other = new DatabaseSync(path);
  other.exec('BEGIN IMMEDIATE');
  const edit = () => editor.editRow(products, ['a'], change, null);
  await expect(edit()).rejects.toMatchObject({ code: 'database_locked', facts: { waitedSeconds: 0.05 } });
  other.exec('ROLLBACK');
  expect(await edit()).toMatchObject({ values: ['Eve', 'a', '1'] });
});

test('counts that were changed from outside stop an edit', async () => {
  using folder = new TempFolder();
  const path = await databaseIn(folder, 'DELETE FROM product_counts');
  await using editor = new SqliteEditor({ path, clock });
  const edit = editor.editRow(products, ['a'], change, null);
  await expect(edit).rejects.toMatchObject({ code: 'counts_drifted', facts: { value: 'Ann' } });
  await using reader = new SqliteReader(path);
  expect(await reader.row(products, ['a'])).toMatchObject({ values: ['Ann', 'a', '1'] });
  expect(await reader.edits(products, ['a'])).toEqual([]);
});

test('edits know when they were made and when they ended', async () => {
  using folder = new TempFolder();
  const path = await databaseIn(folder);
  await using editor = new SqliteEditor({ path, clock });
  const editedMs = clock.wallMs();
  await editor.editRow(products, ['a'], change, null);
  clock.advance(1000);
  await editor.takeBackEdit(products, ['a'], null);
  await using reader = new SqliteReader(path);
  expect(await reader.edits(products, ['a'])).toMatchObject([{ editedMs, endedMs: editedMs + 1000 }]);
});
