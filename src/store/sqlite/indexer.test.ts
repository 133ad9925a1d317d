/** Search indexes are made while people edit and files are published, and whatever the moment at which the process dies. */
import { cpSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ManualClock } from '../../../test/helpers/manual-clock.ts';
import { runCases } from '../../../test/helpers/run-cases.ts';
import { memoryDisk, TempFolder } from '../../../test/helpers/temp-folder.ts';
import { type Dataset, products } from '../../schema/dataset.ts';
import { planOf, testFile } from '../conformance-files.ts';
import { importTestFile, neverStopped, seeTable, stageFile } from '../conformance-steps.ts';
import { SqliteEditor } from './editor.ts';
import { searchIndexes } from '../search-indexes.ts';
import { IndexTree } from './index-tree.ts';
import { SqliteIndexer } from './indexer.ts';
import { SqliteReader } from './reader.ts';
import { SqliteStore } from './store.ts';

const keys = Array.from({ length: 40 }, (_, number) => `k${String(number).padStart(2, '0')}`);
const names = ['', 'a', 'ab', 'b', '\u{10000}', '\uffff'];
const all = testFile([keys.map((key, number) => [key, names[number % names.length]!, ''])]);
const clock = new ManualClock();
/** Pieces of so few entries that much can happen between them. */
const entriesAtOnce = 7;

function storeAt(path: string, mostMsInPlace?: number): SqliteStore {
  return new SqliteStore({
    ...{ path, clock, stagingMemoryBytes: 1e9, stagingMemoryMs: 5000, warn: () => undefined },
    publishTuning: { mostMsInPlace, mostEntriesOneByOne: 2 },
  });
}

/** What there must be afterwards: both indexes, whole, and nothing else of ours. */
async function checkIndexes(path: string, dataset: Dataset = products): Promise<void> {
  await using reader = new SqliteReader(path);
  expect(await reader.indexesReady(dataset)).toEqual({ rowsBy: ['sku', 'name'], countsBy: ['name'] });
  expect(await reader.indexFaults(dataset, 10)).toEqual([]);
  await seeTable(reader, dataset);
  expect(leftIn(path)).toEqual([]);
}

function leftIn(path: string): unknown[] {
  using database = new DatabaseSync(path, { readOnly: true });
  expect(database.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' });
  const left = "name GLOB '_longhaul_indexing_*' OR name GLOB '_longhaul_next_*' OR type = 'trigger'";
  const found = database.prepare(`SELECT name FROM sqlite_schema WHERE ${left}`).all();
  return existsSync(`${path}.indexing`) ? [...found, 'its file'] : found;
}

const edits = fc.array(fc.tuple(fc.nat({ max: 25 }), fc.constantFrom(...keys), fc.constantFrom(...names)), {
  maxLength: 6,
});
const publishing = fc.record({
  at: fc.nat({ max: 25 }),
  bySuccessors: fc.boolean(),
  records: fc.array(
    fc.tuple(fc.constantFrom(...keys, 'k', 'z'), fc.constantFrom(...names), fc.constant('new')),
    {
      minLength: 1,
      maxLength: 30,
      size: 'max',
    },
  ),
});

/** A database with a filled table, and a store that may import into it. */
async function filled(path: string, mostMsInPlace?: number): Promise<SqliteStore> {
  // Of a database that is there already the tables are written to as others see them.
  new DatabaseSync(path).exec('CREATE TABLE theirs (x)');
  const store = storeAt(path, mostMsInPlace);
  await store.lockImports();
  await store.ensureDataset(products);
  await importTestFile(store, all);
  return store;
}

test('edits and a publish in the middle: the indexes hold what the tables hold', {
  timeout: 60_000,
}, async () => {
  let begun = 0;
  const cases = await runCases(
    [edits, publishing],
    { least: 40, seconds: 5 },
    async (edited, { at, bySuccessors, records }) => {
      using folder = new TempFolder(memoryDisk);
      const path = folder.file('test.db');
      await using store = await filled(path, bySuccessors ? 0 : undefined);
      const file = testFile([records]);
      const run = await stageFile(store, file, planOf('b.csv'));
      await using editor = new SqliteEditor({ path, clock });
      // All that happens works at once when it is called, in this thread.
      const happening: Promise<unknown>[] = [];
      let step = 0;
      const onStep = (name: string): void => {
        if (name === 'begin') begun++;
        for (const [, key, value] of edited.filter(([when]) => when === step)) {
          const change = new Map([['name', value]]);
          happening.push(editor.editRow(products, [key], change, null).catch(() => undefined));
        }
        if (step === at) happening.push(store.publish(run, file.totals, neverStopped));
        step++;
      };
      await using indexer = new SqliteIndexer({ path, onStep, entriesAtOnce });
      expect(await indexer.makeIndexes(products)).toBe(true);
      await Promise.all(happening);
      await checkIndexes(path);
    },
  );
  console.log(`${cases} cases; an index was begun anew ${begun - cases} times`);
  expect(begun).toBeGreaterThan(cases);
});

test('a process that dies leaves nothing that the next one does not tidy up and begin anew', async () => {
  using folder = new TempFolder(memoryDisk);
  const place = folder.file('place');
  mkdirSync(place);
  const path = join(place, 'test.db');
  await (await filled(path))[Symbol.asyncDispose]();
  let moments = 0;
  const onStep = (): void => cpSync(place, folder.file(`moment ${moments++}`), { recursive: true });
  await using indexer = new SqliteIndexer({ path, onStep, entriesAtOnce });
  expect(await indexer.makeIndexes(products)).toBe(true);
  expect(moments).toBeGreaterThan(10);
  for (let moment = 0; moment < moments; moment++) {
    const left = join(folder.file(`moment ${moment}`), 'test.db');
    // Somebody edits before any master is there again.
    await using editor = new SqliteEditor({ path: left, clock });
    await editor.editRow(products, ['k07'], new Map([['name', 'edited']]), null);
    await using store = storeAt(left);
    await store.lockImports();
    expect(leftIn(left)).toEqual([]);
    await using next = new SqliteIndexer({ path: left, entriesAtOnce });
    expect(await next.makeIndexes(products)).toBe(true);
    await checkIndexes(left);
  }
});

test('one that is stopped leaves nothing, and of a table without rows no index is made', async () => {
  using folder = new TempFolder(memoryDisk);
  const path = folder.file('test.db');
  await using store = await filled(path);
  for (let steps = 0; ; steps++) {
    let asked = 0;
    await using indexer = new SqliteIndexer({ path, entriesAtOnce });
    if (await indexer.makeIndexes(products, () => asked++ >= steps)) break;
    expect(leftIn(path)).toEqual([]);
  }
  await checkIndexes(path);
  await store.clear(products);
  await using reader = new SqliteReader(path);
  await using indexer = new SqliteIndexer({ path, entriesAtOnce });
  expect(await indexer.makeIndexes(products)).toBe(true);
  expect(await reader.indexesReady(products)).toEqual({ rowsBy: ['sku'], countsBy: [] });
});

test('an index that does not hold what its table does is told of', async () => {
  using folder = new TempFolder(memoryDisk);
  const path = folder.file('test.db');
  await using _ = await filled(path);
  await using indexer = new SqliteIndexer({ path });
  await indexer.makeIndexes(products);
  using database = new DatabaseSync(path);
  const index = searchIndexes(products)[0]!;
  const tree = new IndexTree(database, products, index, 'tree');
  tree.becomeTable();
  database.exec("DELETE FROM tree WHERE sku = 'k07'");
  tree.becomeIndex();
  await using reader = new SqliteReader(path);
  expect(await reader.indexFaults(products, 10)).toEqual([
    'products: wrong # of entries in index _longhaul_search_products_by_name',
    'products: row 8 missing from index _longhaul_search_products_by_name',
  ]);
});
