/** Values that are easily confused: keys of several parts, the ends of Unicode, the order of bytes. */
import { describe, expect, test } from 'vitest';
import type { Dataset } from '../schema/dataset.ts';
import { products } from '../schema/dataset.ts';
import { numberedRecords, planOf, testFile } from './conformance-files.ts';
import { importTestFile, openImporter, seeNow, type StoreFactory } from './conformance-steps.ts';

/** Key columns last and in another order than declared, a counted key column, names that are words of SQL. */
const stock: Dataset = {
  name: 'stock "of" all',
  columns: ['select', "it'em", 'place', 'unit'].map((name) => ({ name, type: 'text' })),
  key: ['place', 'select'],
  counts: [
    { column: 'unit', table: 'stock_by_unit', numberColumn: 'no_of_rows' },
    { column: 'place', table: 'group', numberColumn: 'order' },
  ],
};

/** In the order of their UTF-8 bytes; JavaScript would put the last one before the two before it. */
const keysInOrder = [
  '\u0001',
  ' ',
  'A',
  'a',
  'a ',
  'ab',
  'é',
  '\u0800',
  '\ud7ff',
  '\ue000',
  '\uffee',
  '\u{10000}',
];

export function describeValues(create: StoreFactory): void {
  describe('values', () => {
    test('keys of several parts, several count tables, names that need quoting', async () => {
      await using database = await create();
      await using store = await openImporter(database, stock);
      const plan = planOf('a.csv', { dataset: stock });
      const first = testFile(
        [
          [
            ['ab', 'c', 'nail', 'kg'],
            ['a', 'bc', 'nail', 'kg'],
          ],
          [['a', 'b', 'nut', 'g']],
        ],
        stock,
      );
      expect(await importTestFile(store, first, plan)).toMatchObject({
        inserted: 3,
        table: { rows: 3, groups: 2 },
      });
      expect(await seeNow(database, stock)).toMatchObject({
        rows: ['b|nut|a|g #1:4', 'bc|nail|a|kg #1:3', 'c|nail|ab|kg #1:2'],
        counts: [
          ['kg=2', 'g=1'],
          ['a=2', 'ab=1'],
        ],
      });
      const second = testFile(
        [
          [
            ['a', 'bc', 'nail', 'g'],
            ['ab', 'c', 'nail', 'kg'],
            ['abc', 'c', 'nail', 'kg'],
          ],
        ],
        stock,
      );
      expect(await importTestFile(store, second, plan)).toMatchObject({
        inserted: 1,
        updated: 1,
        unchanged: 1,
      });
      expect(await seeNow(database, stock)).toMatchObject({
        counts: [
          ['g=2', 'kg=2'],
          ['a=2', 'ab=1', 'abc=1'],
        ],
      });
      await using reader = await database.reader();
      expect(await reader.row(stock, ['a', 'bc'])).toMatchObject({
        values: ['bc', 'nail', 'a', 'g'],
        line: 2,
      });
      const after = await reader.rows(stock, ['a', 'bc'], 1);
      expect(after.map(({ values }) => values)).toEqual([['c', 'nail', 'ab', 'kg']]);
    });

    test('values moved from one column to the next are another row', async () => {
      await using database = await create();
      await using store = await openImporter(database);
      await importTestFile(store, testFile([[['s', 'ab', 'c']]]));
      expect(await importTestFile(store, testFile([[['s', 'a', 'bc']]]))).toMatchObject({ updated: 1 });
      expect(await importTestFile(store, testFile([[['s', 'abc', '']]]))).toMatchObject({ updated: 1 });
      expect(await importTestFile(store, testFile([[['s', '', 'abc']]]))).toMatchObject({ updated: 1 });
      expect(await seeNow(database)).toMatchObject({ rows: ['|s|abc #4:2'], counts: [['=1']] });
    });

    test.each([
      ['many rows change', 0],
      ['few of many rows change', 200],
    ])('keys are found in the order of their bytes when %s', async (_, otherRows) => {
      await using database = await create();
      await using store = await openImporter(database);
      const others = numberedRecords(0, otherRows, ['Ann', '']);
      const keys = keysInOrder.toReversed();
      const rest = (name: string) => keys.map((key) => [key, name, key.repeat(2)]);
      await importTestFile(store, testFile([rest('old'), others]));
      await importTestFile(store, testFile([rest('new').slice(0, 5), rest('new').slice(5)]));
      await using reader = await database.reader();
      const rows = await reader.rows(products, ['00000200'], 100);
      expect(rows.map(({ values }) => values)).toEqual(
        keysInOrder.filter((key) => key > '00000200').map((key) => ['new', key, key.repeat(2)]),
      );
      expect((await seeNow(database)).totals.rows).toBe(keysInOrder.length + otherRows);
      const again = await importTestFile(store, testFile([rest('new')]), planOf('b.csv'));
      expect(again).toMatchObject({ unchanged: keysInOrder.length, updated: 0, inserted: 0 });
    });

    test('line breaks, quotes, a byte order mark, spaces and long text stay as they are', async () => {
      await using database = await create();
      await using store = await openImporter(database);
      const values = ['\uFEFFs', ' Ann ', `"a"\r\n\n\t'${'\u{1F600}é'.repeat(70_000)}`];
      await importTestFile(store, testFile([[['s', '', ''], values], [['\uFEFFt', '', '']]]));
      await using reader = await database.reader();
      expect((await reader.row(products, ['\uFEFFs']))?.values).toEqual([values[1], values[0], values[2]]);
      expect(await importTestFile(store, testFile([[values]]), planOf('b.csv'))).toMatchObject({
        unchanged: 1,
      });
    });
  });
}
