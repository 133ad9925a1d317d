/** Edits: what they write, what survives imports, when they end, what they fall back to. */
import { describe, expect, test } from 'vitest';
import { type Dataset, products } from '../schema/dataset.ts';
import { numberedRecords, planOf, type TestRecord, testFile } from './conformance-files.ts';
import {
  importTestFile,
  neverStopped,
  openImporter,
  seeNow,
  stageFile,
  stopAfter,
  type StoreFactory,
  type StoreUnderTest,
} from './conformance-steps.ts';
import type { RunRecord, Store, StoredEdit, StoredRow } from './store.ts';

const named = (name: string): Map<string, string> => new Map([['name', name]]);

/** Short names for what the tests do again and again. */
function steps(database: StoreUnderTest, store: Store) {
  return {
    bring: (records: readonly TestRecord[], name = 'a.csv'): Promise<RunRecord> =>
      importTestFile(store, testFile([records]), planOf(name)),
    edit: async (
      sku: string,
      change: Map<string, string>,
      ifHash: bigint | null = null,
    ): Promise<StoredRow> => {
      await using editor = await database.editor();
      return await editor.editRow(products, [sku], change, ifHash);
    },
    takeBack: async (sku: string, ifHash: bigint | null = null): Promise<StoredRow> => {
      await using editor = await database.editor();
      return await editor.takeBackEdit(products, [sku], ifHash);
    },
    edits: async (sku: string): Promise<StoredEdit[]> => {
      await using reader = await database.reader();
      return await reader.edits(products, [sku]);
    },
    rows: async (): Promise<readonly string[]> => (await seeNow(database)).rows,
  };
}

export function describeEdits(create: StoreFactory, byPartitions: boolean): void {
  describe('an edit', () => {
    test('changes some columns of one row, its counts and the checksum, and is taken back without a trace', async () => {
      await using database = await create();
      await using store = await openImporter(database);
      const { bring, edit, takeBack, edits, rows } = steps(database, store);
      await bring([
        ['a', 'Ann', '1'],
        ['b', 'Ann', '2'],
        ['c', 'Cid', '3'],
      ]);
      const before = await seeNow(database);
      const row = await edit('a', named('Cid'));
      expect(row).toMatchObject({ values: ['Cid', 'a', '1'], run: 1, line: 2 });
      expect(await seeNow(database)).toMatchObject({
        rows: ['Cid|a|1 #1:2', 'Ann|b|2 #1:3', 'Cid|c|3 #1:4'],
        counts: [['Cid=2', 'Ann=1']],
      });
      await edit('b', new Map([...named('Ébé'), ['description', '']]));
      expect(await seeNow(database)).toMatchObject({ counts: [['Cid=2', 'Ébé=1']] });
      await using reader = await database.reader();
      expect(await reader.row(products, ['a'])).toEqual(row);
      expect(await edits('a')).toEqual([
        {
          edit: 1,
          state: 'standing',
          values: ['Cid', 'a', '1'],
          editedMs: expect.any(Number) as number,
          ...{ endedMs: null, endedByRun: null },
          covered: { values: ['Ann', 'a', '1'], run: 1, line: 2 },
          remembered: [{ source: 'local', name: 'a.csv', run: 1, line: 2 }],
        },
      ]);
      const standing = (await Array.fromAsync(reader.standingEdits(products))).flat();
      expect(standing).toEqual([
        { edit: 1, key: ['a'], values: ['Cid', 'a', '1'] },
        { edit: 2, key: ['b'], values: ['Ébé', 'b', ''] },
      ]);
      await takeBack('a');
      expect((await takeBack('b')).hash).toBe((await reader.row(products, ['b']))?.hash);
      expect(await seeNow(database)).toEqual(before);
      expect(await edits('a')).toMatchObject([
        { state: 'taken_back', endedMs: expect.any(Number) as number },
      ]);
      expect((await Array.fromAsync(reader.standingEdits(products))).flat()).toEqual([]);
      expect(await rows()).toHaveLength(3);
    });

    test('is kept from the same record, and ended by a new one of its file', async () => {
      await using database = await create();
      await using store = await openImporter(database);
      const { bring, edit, edits } = steps(database, store);
      await bring([['a', 'Ann', '1']]);
      await edit('a', named('Eve'));
      const rowWrites = await database.watchWrites('products');
      const record = await bring([
        ['c', 'Cid', '3'],
        ['a', 'Bob', '9'],
        ['a', 'Ann', '1'],
      ]);
      expect(record).toMatchObject({ kept: 1, inserted: 1, unchanged: 0, superseded: 1, records: 3 });
      expect(await rowWrites()).toBe(1);
      expect(await seeNow(database)).toMatchObject({
        rows: ['Eve|a|1 #1:2', 'Cid|c|3 #2:2'],
        totals: record.table,
      });
      expect(await bring([['a', 'Ann', '2']])).toMatchObject({ kept: 0, updated: 1 });
      expect(await seeNow(database)).toMatchObject({
        rows: ['Ann|a|2 #3:2', 'Cid|c|3 #2:2'],
        counts: [['Ann=1', 'Cid=1']],
      });
      expect(await edits('a')).toMatchObject([{ state: 'ended', endedByRun: 3 }]);
      expect(await bring([['a', 'Ann', '1']])).toMatchObject({ kept: 0, updated: 1 });
    });

    test('is kept from a file of which nothing is remembered, once', async () => {
      await using database = await create();
      await using store = await openImporter(database);
      const { bring, edit, edits, rows } = steps(database, store);
      await bring([['a', 'Ann', '1']]);
      await edit('a', named('Eve'));
      expect(await bring([['a', 'Cid', '3']], 'b.csv')).toMatchObject({ kept: 1, updated: 0 });
      expect(await bring(['empty_key', ['a', 'Cid', '3']], 'b.csv')).toMatchObject({ kept: 1, updated: 0 });
      expect((await edits('a'))[0]).toMatchObject({
        covered: { values: ['Cid', 'a', '3'], run: 2, line: 2 },
        remembered: [
          { name: 'a.csv', run: 1, line: 2 },
          { name: 'b.csv', run: 2, line: 2 },
        ],
      });
      expect(await rows()).toEqual(['Eve|a|1 #1:2']);
      expect(await bring([['a', 'Cid', '4']], 'b.csv')).toMatchObject({ kept: 0, updated: 1 });
      expect(await rows()).toEqual(['Cid|a|4 #4:2']);
    });

    test('falls back to what the last of all files has brought', async () => {
      await using database = await create();
      await using store = await openImporter(database);
      const { bring, edit, takeBack, rows } = steps(database, store);
      await bring([['a', 'Ann', '1']]);
      await edit('a', named('Eve'));
      await bring([['a', 'Cid', '3']], 'b.csv');
      await bring(['empty_key', ['a', 'Cid', '3']], 'c.csv');
      expect(await takeBack('a')).toMatchObject({ values: ['Cid', 'a', '3'], run: 2, line: 2 });
      expect(await rows()).toEqual(['Cid|a|3 #2:2']);
      // It is an ordinary row again.
      expect(await bring(['stray_quote', ['a', 'Cid', '3']], 'c.csv')).toMatchObject({ unchanged: 1 });
      await edit('a', named('Eve'));
      await bring(['empty_key', ['a', 'Ann', '1']], 'd.csv');
      await bring(['empty_key', 'empty_key', ['a', 'Cid', '3']], 'b.csv');
      await takeBack('a');
      expect(await rows()).toEqual(['Cid|a|3 #6:4']);
    });

    test('is ended as updated also by a record that says what it said', async () => {
      await using database = await create();
      await using store = await openImporter(database);
      const { bring, edit, edits, rows } = steps(database, store);
      await bring([['a', 'Ann', '1']]);
      await edit('a', named('Eve'));
      expect(await bring([['a', 'Eve', '1']])).toMatchObject({ updated: 1, unchanged: 0, kept: 0 });
      expect(await rows()).toEqual(['Eve|a|1 #2:2']);
      expect(await edits('a')).toMatchObject([{ state: 'ended', endedByRun: 2 }]);
    });

    test('replaces the one before it and takes over what that has remembered', async () => {
      await using database = await create();
      await using store = await openImporter(database);
      const { bring, edit, edits, takeBack, rows } = steps(database, store);
      await bring([['a', 'Ann', '1']]);
      await edit('a', named('Eve'));
      await bring([['a', 'Cid', '3']], 'b.csv');
      await edit('a', new Map([['description', 'E']]));
      expect(await rows()).toEqual(['Eve|a|E #1:2']);
      expect(await edits('a')).toMatchObject([
        {
          edit: 2,
          state: 'standing',
          covered: { run: 2 },
          remembered: [{ name: 'a.csv' }, { name: 'b.csv' }],
        },
        {
          edit: 1,
          state: 'replaced',
          values: ['Eve', 'a', '1'],
          remembered: [{ name: 'a.csv' }, { name: 'b.csv' }],
        },
      ]);
      expect(await bring(['empty_key', ['a', 'Ann', '1']])).toMatchObject({ kept: 1 });
      await takeBack('a');
      expect(await rows()).toEqual(['Ann|a|1 #3:3']);
      await expect(takeBack('a')).rejects.toMatchObject({ code: 'edit_not_standing' });
    });

    test('that cannot be is refused and leaves everything as it is', async () => {
      await using database = await create();
      await using store = await openImporter(database);
      const { bring, edit, edits, takeBack } = steps(database, store);
      await bring([['a', 'Ann', '1']]);
      const before = await seeNow(database);
      await expect(edit('b', named('Eve'))).rejects.toMatchObject({ code: 'row_not_found' });
      await expect(edit('A', named('Eve'))).rejects.toMatchObject({ code: 'row_not_found' });
      await expect(takeBack('b')).rejects.toMatchObject({ code: 'row_not_found' });
      await expect(edit('a', named('Ann'))).rejects.toMatchObject({ code: 'edit_changes_nothing' });
      await expect(edit('a', new Map())).rejects.toMatchObject({ code: 'edit_changes_nothing' });
      await expect(takeBack('a')).rejects.toMatchObject({ code: 'edit_not_standing' });
      await expect(edit('a', named('Eve'), 5n)).rejects.toMatchObject({ code: 'edit_outdated' });
      expect(await seeNow(database)).toEqual(before);
      expect(await edits('a')).toEqual([]);
    });

    test('of two who have seen the same row the first one wins', async () => {
      await using database = await create();
      await using store = await openImporter(database);
      const { bring, edit, takeBack } = steps(database, store);
      await bring([['a', 'Ann', '1']]);
      await using reader = await database.reader();
      const { hash } = (await reader.row(products, ['a']))!;
      const edited = await edit('a', named('Eve'), hash);
      await expect(edit('a', named('Zoe'), hash)).rejects.toMatchObject({ code: 'edit_outdated' });
      await expect(takeBack('a', hash)).rejects.toMatchObject({ code: 'edit_outdated' });
      expect(await takeBack('a', edited.hash)).toMatchObject({ hash });
    });

    test.skipIf(byPartitions)('is not lost with a publish that fails, nor ended by it', async () => {
      await using database = await create();
      await using store = await openImporter(database);
      const { bring, edit, edits } = steps(database, store);
      await bring([['a', 'Ann', '1']]);
      await edit('a', named('Eve'));
      const before = await seeNow(database);
      const file = testFile([
        [
          ['a', 'Bob', '2'],
          ['b', 'Bob', '2'],
        ],
        numberedRecords(0, 5000, ['x', '']),
      ]);
      const run = await stageFile(store, file);
      await expect(store.publish(run, file.totals, stopAfter(4096))).rejects.toMatchObject({
        code: 'interrupted',
      });
      expect(await seeNow(database)).toEqual(before);
      expect(await edits('a')).toMatchObject([{ state: 'standing', endedByRun: null }]);
      await edit('a', named('Zoe'));
      expect(await store.publish(run, file.totals, neverStopped)).toMatchObject({
        updated: 1,
        inserted: 5001,
      });
      expect(await edits('a')).toMatchObject([{ state: 'ended', endedByRun: run }, { state: 'replaced' }]);
    });

    test('between staging and publish is seen by the publish', async () => {
      await using database = await create();
      await using store = await openImporter(database);
      const { bring, edit, takeBack, rows } = steps(database, store);
      await bring([
        ['a', 'Ann', '1'],
        ['b', 'Bob', '2'],
        ['c', 'Cid', '3'],
      ]);
      await edit('c', named('Eve'));
      const file = testFile([
        [
          ['a', 'Ann', 'new'],
          ['b', 'Bob', '2'],
          ['c', 'Cid', '3'],
        ],
      ]);
      const run = await stageFile(store, file);
      await edit('a', named('Eve'));
      await edit('b', named('Eve'));
      await takeBack('c');
      expect(await store.publish(run, file.totals, neverStopped)).toMatchObject({
        updated: 1,
        kept: 1,
        unchanged: 1,
      });
      expect(await rows()).toEqual(['Ann|a|new #2:2', 'Eve|b|2 #1:3', 'Cid|c|3 #1:4']);
    });

    test('every one of many meets its record, among records that meet none', async () => {
      await using database = await create();
      await using store = await openImporter(database);
      const { bring } = steps(database, store);
      const records = numberedRecords(0, 60, ['Ann', '1']) as (readonly string[])[];
      await bring(records);
      await using editor = await database.editor();
      for (const [sku = ''] of records.filter((_, number) => number % 3 === 0)) {
        await editor.editRow(products, [sku], named(`E${sku}`), null);
      }
      // Of the twenty edited ones: those beyond 30 are not in the file, of the others every other one is new.
      const next = records.slice(1, 30).map(([sku = ''], at) => [sku, 'Ann', (at + 1) % 6 === 0 ? '2' : '1']);
      expect(await bring([['-', 'Ann', ''], ...next, ['~', 'Ann', '']])).toMatchObject({
        ...{ inserted: 2, updated: 4, kept: 5, unchanged: 20 },
      });
      await using reader = await database.reader();
      expect((await Array.fromAsync(reader.standingEdits(products))).flat()).toHaveLength(16);
      await seeNow(database);
    });

    test('of a row with a key of several parts and several counts', async () => {
      const stock: Dataset = {
        name: 'stock',
        columns: ['unit', 'item', 'part', 'place'].map((name) => ({ name, type: 'text' })),
        key: ['part', 'place'],
        counts: [
          { column: 'unit', table: 'stock_by_unit', numberColumn: 'n' },
          { column: 'item', table: 'stock_by_item', numberColumn: 'n' },
        ],
      };
      await using database = await create();
      await using store = await openImporter(database, stock);
      const plan = planOf('s.csv', { dataset: stock });
      const records = [
        ['a', 'bc', 'g', 'nail'],
        ['ab', 'c', 'kg', 'nut'],
        ['é', '\u{1F600}', 'kg', 'nut'],
      ];
      await importTestFile(store, testFile([records], stock), plan);
      await using editor = await database.editor();
      await editor.editRow(stock, ['ab', 'c'], new Map([['unit', 't']]), null);
      await editor.editRow(stock, ['é', '\u{1F600}'], new Map([['item', 'nail']]), null);
      expect(await seeNow(database, stock)).toMatchObject({
        rows: ['g|nail|a|bc #1:2', 't|nut|ab|c #1:3', 'kg|nail|é|\u{1F600} #1:4'],
        counts: [
          ['g=1', 'kg=1', 't=1'],
          ['nail=2', 'nut=1'],
        ],
      });
      await using reader = await database.reader();
      expect((await Array.fromAsync(reader.standingEdits(stock))).flat()).toMatchObject([
        { key: ['ab', 'c'] },
        { key: ['é', '\u{1F600}'] },
      ]);
      const again = testFile([['empty_key', ...records]], stock);
      expect(await importTestFile(store, again, plan)).toMatchObject({ kept: 2, unchanged: 1 });
      await seeNow(database, stock);
    });

    test('goes with its dataset when that is cleared', async () => {
      await using database = await create();
      await using store = await openImporter(database);
      const { bring, edit, edits } = steps(database, store);
      await bring([['a', 'Ann', '1']]);
      await edit('a', named('Eve'));
      await store.clear(products);
      expect(await edits('a')).toEqual([]);
      expect(await bring([['a', 'Ann', '1']])).toMatchObject({ inserted: 1, kept: 0 });
    });

    test('needs a database', async () => {
      await using database = await create();
      const code: unknown = expect.stringMatching(/^(database_(missing|not_ours)|tables_missing)$/);
      await expect(database.editor()).rejects.toMatchObject({ code });
    });
  });
}
