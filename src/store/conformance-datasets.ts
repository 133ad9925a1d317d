/** Datasets of other kinds: typed columns, none that is a key, several counts; how they are found and made anew. */
import { describe, expect, test } from 'vitest';
import type { Dataset } from '../schema/dataset.ts';
import { planOf, testFile } from './conformance-files.ts';
import { importTestFile, openImporter, seeNow, type StoreFactory } from './conformance-steps.ts';

/** In layout order as declared. */
const typed: Dataset = {
  name: 'typed',
  columns: [
    { name: 'id', type: 'text' },
    { name: 'whole', type: 'integer' },
    { name: 'part', type: 'real' },
    { name: 'yes', type: 'boolean' },
    { name: 'day', type: 'date' },
    { name: 'time', type: 'timestamp' },
  ],
  key: ['id'],
  counts: [
    { column: 'whole', table: 'typed_counts_by_whole', numberColumn: 'no_of_rows' },
    { column: 'part', table: 'typed_counts_by_part', numberColumn: 'no_of_rows' },
    { column: 'yes', table: 'typed_counts_by_yes', numberColumn: 'no_of_rows' },
    { column: 'time', table: 'typed_counts_by_time', numberColumn: 'no_of_rows' },
  ],
};

/** Numbers at the ends of every form that a database has for them; the empty text is NULL. */
const typedRows: readonly (readonly string[])[] = [
  ['a', '', '', '', '', ''],
  ['b', '0', '0', '0', '0001-01-01', '0001-01-01 00:00:00'],
  ['c', '1', '1', '1', '9999-12-31', '9999-12-31 23:59:59.999999'],
  ['d', '-1', '-1.5', '1', '2024-02-29', '2024-02-29 12:30:00.5'],
  ...['127', '128', '-128', '-129', '32767', '-32769', '8388608', '2147483647', '-2147483649']
    .concat(['140737488355328', '9007199254740993', '9223372036854775807', '-9223372036854775808'])
    .map((whole, index) => [`w${String(index).padStart(2, '0')}`, whole, '', '', '', '']),
  ...['0.1', '5e-324', '1.7976931348623157e+308', '-1e+21', '9007199254740992', '123456789.125'].map(
    (part, index) => [`x${index}`, '', part, '', '', ''],
  ),
];

const keyless: Dataset = {
  name: 'keyless',
  columns: [
    { name: 'who', type: 'text' },
    { name: 'much', type: 'integer' },
  ],
  key: [],
  counts: [{ column: 'who', table: 'keyless_counts_by_who', numberColumn: 'no_of_rows' }],
};

function shown(values: readonly string[]): string {
  return values.join('|');
}

export function describeDatasets(create: StoreFactory): void {
  describe('datasets', () => {
    test('typed values come back as they went in, into an empty table and over rows that are there', async () => {
      await using database = await create();
      await using store = await openImporter(database, typed);
      const plan = planOf('a.csv', { dataset: typed });
      const file = testFile([typedRows.slice(0, 5), typedRows.slice(5)], typed);
      expect(await importTestFile(store, file, plan)).toMatchObject({ inserted: typedRows.length });
      const seen = await seeNow(database, typed);
      expect(seen.rows.map((row) => row.replace(/ #.*/, ''))).toEqual(typedRows.map(shown));
      // Each gets the values of the next one.
      const turned = typedRows.map(([id = ''], index) => [
        id,
        ...typedRows[(index + 1) % typedRows.length]!.slice(1),
      ]);
      const next = testFile([turned], typed);
      expect(await importTestFile(store, next, plan)).toMatchObject({ updated: typedRows.length });
      const then = await seeNow(database, typed);
      expect(then.rows.map((row) => row.replace(/ #.*/, ''))).toEqual(turned.map(shown));
      expect(then.counts.map((count) => count.toSorted())).toEqual(
        seen.counts.map((count) => count.toSorted()),
      );
      expect(
        await importTestFile(store, testFile([turned, [['z', '', '', '', '', '']]], typed), plan),
      ).toMatchObject({
        unchanged: typedRows.length,
        inserted: 1,
      });
    });

    test('typed values can be edited, also to NULL, and taken back', async () => {
      await using database = await create();
      await using store = await openImporter(database, typed);
      await importTestFile(store, testFile([typedRows], typed), planOf('a.csv', { dataset: typed }));
      const before = await seeNow(database, typed);
      await using editor = await database.editor();
      const change = new Map([
        ['whole', null],
        ['part', '2.5'],
        ['yes', '0'],
      ]);
      await editor.editRow(typed, ['c'], change, null);
      const edited = await seeNow(database, typed);
      expect(edited.rows[2]).toMatch(/^c\|\|2.5\|0\|9999-12-31\|9999-12-31 23:59:59.999999 #/);
      await using reader = await database.reader();
      const values = ['c', null, '2.5', '0', '9999-12-31', '9999-12-31 23:59:59.999999'];
      expect(await reader.edits(typed, ['c'])).toMatchObject([{ state: 'standing', values }]);
      await editor.takeBackEdit(typed, ['c'], null);
      expect(await seeNow(database, typed)).toEqual(before);
    });

    test('without a key a version replaces the rows of its own file only, equal ones stay apart', async () => {
      await using database = await create();
      await using store = await openImporter(database, keyless);
      const [a, b] = ['a.csv', 'b.csv'].map((name) => planOf(name, { dataset: keyless }));
      const records = [
        [
          ['z', '1'],
          ['a', ''],
        ],
        [['z', '1']],
      ];
      const first = await importTestFile(store, testFile(records, keyless), a);
      expect(first).toMatchObject({ inserted: 3, superseded: 0, table: { rows: 3, groups: 2 } });
      const second = await importTestFile(store, testFile([[['a', '7']]], keyless), b);
      const third = await importTestFile(
        store,
        testFile(
          [
            [
              ['y', '2'],
              ['', ''],
            ],
          ],
          keyless,
        ),
        a,
      );
      expect(third).toMatchObject({ inserted: 2, updated: 0, unchanged: 0, removed: 3, table: { rows: 3 } });
      expect(await seeNow(database, keyless)).toMatchObject({
        rows: [`a|7 #${second.run}:2`, `y|2 #${third.run}:2`, `| #${third.run}:3`],
        counts: [['=1', 'a=1', 'y=1']],
      });
      await importTestFile(store, testFile([[]], keyless), a);
      expect(await seeNow(database, keyless)).toMatchObject({
        rows: [`a|7 #${second.run}:2`],
        counts: [['a=1']],
      });
    });

    test('a dataset is found as it was defined, and one that holds nothing can be defined anew', async () => {
      await using database = await create();
      await using store = await openImporter(database, typed);
      expect(await store.findDataset('nobody')).toBeNull();
      expect(await store.findDataset('typed')).toEqual({ dataset: typed, published: false });
      const other: Dataset = { ...keyless, name: 'typed' };
      await store.dropDataset(typed);
      expect(await store.findDataset('typed')).toBeNull();
      await store.ensureDataset(other);
      await importTestFile(store, testFile([[['a', '1']]], other), planOf('a.csv', { dataset: other }));
      expect(await store.findDataset('typed')).toEqual({ dataset: other, published: true });
      await using reader = await database.reader();
      expect(await reader.dataset('typed')).toEqual(other);
      expect(await reader.datasets()).toEqual(['typed']);
      await expect(store.dropDataset(other)).rejects.toThrow('holds what was published');
      await store.clear(other);
      await store.dropDataset(other);
      expect(await reader.datasets()).toEqual([]);
    });

    test('a reject keeps the value that was the reason', async () => {
      await using database = await create();
      await using store = await openImporter(database, typed);
      const file = testFile([[['a', '', '', '', '', ''], 'bad_value']], typed);
      const [chunk] = file.chunks;
      const rejects = chunk!.rejects.map((reject) => ({
        ...reject,
        column: 'whole',
        value: 'a "b"\n\u{10000}',
      }));
      const { run } = await importTestFile(
        store,
        { ...file, chunks: [{ ...chunk!, rejects }] },
        planOf('a.csv', { dataset: typed }),
      );
      await using reader = await database.reader();
      expect(await reader.rejects(typed, run, 10)).toEqual([{ run, ...rejects[0] }]);
    });
  });
}
