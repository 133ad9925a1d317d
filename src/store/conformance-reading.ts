/** Lists that are read page by page: rows by key and by column, counts, runs, rejects, chunks. */
import { describe, expect, test } from 'vitest';
import { columnType, type Dataset, products } from '../schema/dataset.ts';
import { compareUtf8 } from '../schema/text-order.ts';
import { numberedRecords, planOf, type TestRecord, testFile } from './conformance-files.ts';
import { importTestFile, openImporter, stageFile, type StoreFactory } from './conformance-steps.ts';
import {
  isCountPlace,
  isRowPlace,
  rowPlace,
  type CountSearch,
  type RowSearch,
  type SearchingReader,
} from './search.ts';
import type { CountedValue, StoredRow } from './store.ts';

/** Texts that prefixes, orders and cursors can get wrong. */
const texts = [
  'A',
  'Ann',
  'Ann ',
  'Anna',
  'Anné',
  'a',
  "a'b",
  'a%',
  'a_',
  'é',
  '\ud7ff',
  '\ud7ffx',
  '\ue000',
].concat(['\uffff', '\u{10000}', '\u{10ffff}', '\u{10ffff}\u{10ffff}', '\u{10ffff}a', 'b'.repeat(5000)]);
const prefixes = [
  '',
  ...texts,
  'An',
  'b',
  '\u{10ffff}\u{10ffff}\u{10ffff}',
  'b'.repeat(4999),
  'zz',
  '\0',
  '\ud800',
];

/** Each name once, twice or three times; two keys in three are names as well. */
const productRecords: readonly (readonly string[])[] = ['', ...texts].flatMap((name, index) =>
  Array.from({ length: (index % 3) + 1 }, (_, times) => [
    `${times === 2 ? index : texts[(index + 7 * times) % texts.length]!}${'-'.repeat(times)}`,
    name,
    'd',
  ]),
);

/** Two columns of text are its key, in another order than declared; counted are values of each kind. */
export const parts: Dataset = {
  name: 'parts of "all"',
  columns: [
    { name: 'left', type: 'text' },
    { name: 'weight', type: 'real' },
    { name: 'day', type: 'date' },
    { name: 'right', type: 'text' },
    { name: 'pieces', type: 'integer' },
  ],
  key: ['right', 'left'],
  counts: [
    { column: 'left', table: 'parts_by_left', numberColumn: 'n' },
    { column: 'weight', table: 'parts_by_weight', numberColumn: 'n' },
    { column: 'day', table: 'parts_by_day', numberColumn: 'n' },
    { column: 'pieces', table: 'parts_by_pieces', numberColumn: 'n' },
  ],
};

/** In layout order: right, left, weight, day, pieces. */
const partRecords = ['a', 'ab', 'b', 'é', '\u{10000}'].flatMap((right, r) =>
  ['a', 'b', 'ba', '\uffff'].map((left, l) => [
    right,
    left,
    ['', '0.1', '-1.5', '1e+21', '2'][(r + l) % 5]!,
    ['', '0001-01-01', '2026-02-28'][(r * l) % 3]!,
    ['', '-9223372036854775808', '9007199254740993', '9007199254740992', '17'][(r + 2 * l) % 5]!,
  ]),
);

export const keyless: Dataset = {
  ...parts,
  name: 'keyless',
  key: [],
  counts: ['left', 'pieces'].map((column) => ({ column, table: `keyless_by_${column}`, numberColumn: 'n' })),
};

function valueOf(dataset: Dataset, row: StoredRow, name: string): string | null {
  return row.values[dataset.columns.findIndex((column) => column.name === name)] as string | null;
}

/** By its bytes: half a character is the beginning of none. */
function beginsWith(value: string, prefix: string): boolean {
  const bytes = Buffer.from(prefix);
  return Buffer.from(value).subarray(0, bytes.length).equals(bytes);
}

function compareValues(dataset: Dataset, column: string, a: string, b: string): number {
  const type = columnType(dataset, column);
  if (type === 'integer') return Number(BigInt(a) - BigInt(b));
  return type === 'real' ? Number(a) - Number(b) : compareUtf8(a, b);
}

/** What a search must find, the slow way. @param all rows in key order */
function expectedRows(dataset: Dataset, all: readonly StoredRow[], { by, match }: RowSearch): StoredRow[] {
  const column = by ?? dataset.key[0] ?? null;
  const found = all.filter((row) => {
    if (column === null) return true;
    const value = valueOf(dataset, row, column);
    if (value === null) return by === null;
    return match === null || (match.kind === 'exact' ? value === match.text : beginsWith(value, match.text));
  });
  if (by === null) return found;
  return found.sort((a, b) => compareValues(dataset, by, valueOf(dataset, a, by)!, valueOf(dataset, b, by)!));
}

/** All pages of a list, one after the other. */
async function pages<Item>(
  limit: number,
  page: (after: Item | null) => Promise<readonly Item[]>,
): Promise<Item[]> {
  const all: Item[] = [];
  for (;;) {
    const items = await page(all.at(-1) ?? null);
    expect(items.length).toBeLessThanOrEqual(limit);
    all.push(...items);
    if (items.length < limit) return all;
  }
}

async function allRows(reader: SearchingReader, dataset: Dataset): Promise<StoredRow[]> {
  const rows: StoredRow[] = [];
  for await (const batch of reader.scan(dataset)) rows.push(...batch);
  return rows;
}

/** Every search by one column, in pages of some sizes. */
export async function checkRows(reader: SearchingReader, dataset: Dataset, by: string | null): Promise<void> {
  const all = await allRows(reader, dataset);
  const column = by ?? dataset.key[0];
  const isText = column !== undefined && columnType(dataset, column) === 'text';
  const values = new Set(all.map((row) => (column === undefined ? null : valueOf(dataset, row, column))));
  const exact = [...values]
    .filter((value) => value !== null)
    .map((text) => ({ kind: 'exact' as const, text }));
  const begins = isText ? prefixes.map((text) => ({ kind: 'prefix' as const, text })) : [];
  for (const match of [null, ...(column === undefined ? [] : exact), ...begins]) {
    const list = { by, match, after: null };
    const forwards = expectedRows(dataset, all, list);
    for (const [limit, isBackwards] of [
      [2, false],
      [1000, false],
      [2, true],
      [1000, true],
    ] as const) {
      const search = { ...list, isBackwards };
      const expected = isBackwards ? forwards.toReversed() : forwards;
      const found = await pages<StoredRow>(limit, (last) => {
        const after = last === null ? null : rowPlace(dataset, by, last);
        if (after !== null) expect(isRowPlace(dataset, by, after)).toBe(true);
        return reader.findRows(dataset, { ...search, after }, limit);
      });
      expect(found, JSON.stringify({ by, match, limit, isBackwards })).toEqual(expected);
    }
  }
}

export async function checkCounts(reader: SearchingReader, dataset: Dataset, by: string): Promise<void> {
  const all = await reader.topCounts(dataset, by, 1e9);
  const byValue = (a: CountedValue, b: CountedValue): number => compareValues(dataset, by, a.value, b.value);
  const isText = columnType(dataset, by) === 'text';
  const check = async (
    search: Omit<CountSearch, 'by' | 'after'>,
    forwards: CountedValue[],
  ): Promise<void> => {
    for (const isBackwards of [false, true]) {
      const expected = isBackwards ? forwards.toReversed() : forwards;
      for (const limit of [1, 3, 1000]) {
        const found = await pages<CountedValue>(limit, (after) => {
          if (after !== null) expect(isCountPlace(dataset, by, after)).toBe(true);
          return reader.findCounts(dataset, { by, ...search, isBackwards, after }, limit);
        });
        expect(found, JSON.stringify({ by, ...search, limit, isBackwards })).toEqual(expected);
      }
    }
  };
  const none = { match: null, number: null };
  await check(
    { order: '-number', ...none },
    all.toSorted((a, b) => b.number - a.number || byValue(a, b)),
  );
  await check(
    { order: 'number', ...none },
    all.toSorted((a, b) => a.number - b.number || byValue(a, b)),
  );
  await check({ order: 'value', ...none }, all.toSorted(byValue));
  for (const number of [1, 2, 3, 7]) {
    const had = all.filter((count) => count.number === number).sort(byValue);
    await check({ order: '-number', match: null, number }, had);
    await check({ order: 'value', match: null, number }, had);
    for (const text of isText ? prefixes : []) {
      const match = { kind: 'prefix', text } as const;
      await check(
        { order: 'number', match, number },
        had.filter(({ value }) => beginsWith(value, text)),
      );
    }
  }
  for (const text of isText ? prefixes : []) {
    const begins = all.filter(({ value }) => beginsWith(value, text)).sort(byValue);
    await check({ order: '-number', match: { kind: 'prefix', text }, number: null }, begins);
  }
  for (const count of all) {
    await check({ order: '-number', match: { kind: 'exact', text: count.value }, number: null }, [count]);
  }
}

export function describeReading(create: StoreFactory): void {
  describe('lists', () => {
    test('products by sku and by name: all, exactly and by what they begin with, page by page', async () => {
      await using database = await create();
      await using store = await openImporter(database);
      await importTestFile(store, testFile([productRecords]));
      await using reader = await database.reader();
      await checkRows(reader, products, null);
      await checkRows(reader, products, 'name');
      expect(await reader.findRows(products, { by: 'sku', match: null, after: null }, 5)).toEqual(
        await reader.rows(products, null, 5),
      );
      await checkCounts(reader, products, 'name');
    });

    test.each([
      ['with a key of two columns', parts],
      ['without a key', keyless],
    ])('typed values, and a table %s', async (_, dataset) => {
      await using database = await create();
      await using store = await openImporter(database, dataset);
      const records =
        dataset.key.length > 0
          ? partRecords
          : partRecords.map(([right = '', left = '', ...rest]) => [
              left,
              rest[0]!,
              rest[1]!,
              right,
              rest[2]!,
            ]);
      await importTestFile(store, testFile([records], dataset), planOf('a.csv', { dataset }));
      await using reader = await database.reader();
      await checkRows(reader, dataset, null);
      for (const by of [...dataset.key, ...dataset.counts.map(({ column }) => column)]) {
        if (by !== dataset.key[0]) await checkRows(reader, dataset, by);
      }
      for (const { column } of dataset.counts) await checkCounts(reader, dataset, column);
    });

    test('values are looked for as files write them, and what is no value is not found', async () => {
      await using database = await create();
      await using store = await openImporter(database, parts);
      await importTestFile(store, testFile([partRecords], parts), planOf('a.csv', { dataset: parts }));
      await using reader = await database.reader();
      const find = (by: string, text: string): Promise<StoredRow[]> =>
        reader.findRows(parts, { by, match: { kind: 'exact', text }, after: null }, 100);
      expect((await find('weight', '2.00')).length).toBe((await find('weight', '2')).length);
      expect(await find('weight', '2.00')).not.toEqual([]);
      for (const text of ['', 'two', 'NaN', '\0']) expect(await find('weight', text)).toEqual([]);
      expect(await find('day', '2026-02-30')).toEqual([]);
    });

    test('what cannot be searched is refused', async () => {
      await using database = await create();
      await using store = await openImporter(database, parts);
      await store.ensureDataset(keyless);
      await importTestFile(store, testFile([partRecords], parts), planOf('a.csv', { dataset: parts }));
      await using reader = await database.reader();
      const prefix = { kind: 'prefix', text: '2' } as const;
      const find = (dataset: Dataset, by: string | null): Promise<StoredRow[]> =>
        reader.findRows(dataset, { by, match: prefix, after: null }, 10);
      for (const by of ['weight', 'day', 'nothing']) {
        await expect(find(parts, by)).rejects.toMatchObject({
          code: 'not_searchable',
          facts: { column: by },
        });
      }
      await expect(find(keyless, null)).rejects.toMatchObject({ code: 'not_searchable' });
      await expect(find(keyless, 'right')).rejects.toMatchObject({ code: 'not_searchable' });
      const counts = { order: 'value', match: prefix, number: null, after: null } as const;
      const notCounted = { code: 'not_counted', facts: { known: parts.counts.map(({ column }) => column) } };
      await expect(reader.findCounts(parts, { by: 'right', ...counts }, 10)).rejects.toMatchObject(
        notCounted,
      );
      await expect(reader.distribution(parts, 'right')).rejects.toMatchObject(notCounted);
      await expect(reader.findCounts(parts, { by: 'pieces', ...counts }, 10)).rejects.toMatchObject({
        code: 'not_searchable',
      });
      expect(await reader.row(parts, ['a\0', 'b'])).toBeNull();
    });

    test('how many names are had by how many products', async () => {
      await using database = await create();
      await using store = await openImporter(database);
      const times = [1, 1, 2, 3, 4, 7, 8, 9];
      const records = times.flatMap((number, name) =>
        Array.from({ length: number }, (_, at) => [`${name}-${at}`, `n${name}`, '']),
      );
      await importTestFile(store, testFile([records]));
      await using reader = await database.reader();
      expect(await reader.distribution(products, 'name')).toEqual([
        { from: 1, to: 1, groups: 2, rows: 2 },
        { from: 2, to: 3, groups: 2, rows: 5 },
        { from: 4, to: 7, groups: 2, rows: 11 },
        { from: 8, to: 15, groups: 2, rows: 17 },
      ]);
    });

    test('a large table without its indexes says so, but for what its own order serves', async () => {
      await using database = await create();
      await using store = await openImporter(database);
      await importTestFile(store, testFile([numberedRecords(0, 50_002, ['Ann', ''])]));
      await using reader = await database.reader();
      const ready = database.isIndexed
        ? { rowsBy: ['sku', 'name'], countsBy: ['name'] }
        : { rowsBy: ['sku'], countsBy: [] };
      expect(await reader.indexesReady(products)).toEqual(ready);
      const byName = { by: 'name', match: { kind: 'prefix', text: 'A' }, after: null } as const;
      const found = reader.findRows(products, byName, 10);
      if (database.isIndexed) expect(await found).toEqual(await reader.rows(products, null, 10));
      else await expect(found).rejects.toMatchObject({ code: 'index_not_ready', retryable: true });
      const counts = { by: 'name', order: '-number', match: null, number: null, after: null } as const;
      // A name only: a table so small needs no index.
      expect(await reader.findCounts(products, counts, 10)).toEqual([{ value: 'Ann', number: 50_002 }]);
      const last = await reader.findRows(
        products,
        { by: null, match: { kind: 'prefix', text: '0005' }, after: { value: null, key: ['00050000'] } },
        10,
      );
      expect(last.map(({ values }) => values[1])).toEqual(['00050001']);
    });

    test('runs of all tables, rejects of one and its chunks', async () => {
      await using database = await create();
      await using store = await openImporter(database);
      await store.ensureDataset(keyless);
      const bad: TestRecord[] = ['too_few_fields', 'empty_key', 'too_few_fields'];
      await importTestFile(store, testFile([[['a', 'Ann', ''], ...bad], [['b', '', '']], [['c', '', '']]]));
      const other = testFile([[['x', '', '', '', '']]], keyless);
      await importTestFile(
        store,
        other,
        planOf('x.csv', { dataset: keyless, file: { source: 'shop', name: 'x' } }),
      );
      const failing = await stageFile(store, testFile([[['d', '', '']]]), planOf('b.csv'));
      await store.endRun(failing, 'failed', null, { code: 'reject_limit', message: 'too many' });
      await using reader = await database.reader();
      const find = async (search: object, limit = 10): Promise<number[]> => {
        const all = { dataset: null, source: null, state: null, before: null };
        return (await reader.findRuns({ ...all, ...search }, limit)).map(({ run }) => run);
      };
      expect(await find({})).toEqual([3, 2, 1]);
      expect(await find({}, 2)).toEqual([3, 2]);
      expect(await find({ before: 2 })).toEqual([1]);
      expect(await find({ dataset: 'products' })).toEqual([3, 1]);
      expect(await find({ source: 'shop' })).toEqual([2]);
      expect(await find({ state: 'done', dataset: 'products' })).toEqual([1]);
      expect(await find({ state: 'failed', before: 3 })).toEqual([]);

      const rejects = async (search: object, limit = 10): Promise<number[]> =>
        (await reader.findRejects(1, { code: null, after: null, ...search }, limit)).map(({ line }) => line);
      expect(await rejects({})).toEqual([3, 4, 5]);
      expect(await reader.findRejects(1, { code: null, after: null }, 10)).toEqual(
        await reader.rejects(products, 1, 10),
      );
      const [, second] = await reader.rejects(products, 1, 10);
      expect(await rejects({ after: second!.byteOffset })).toEqual([5]);
      expect(await rejects({ code: 'too_few_fields' }, 1)).toEqual([3]);
      expect(await rejects({ code: 'empty_key', after: second!.byteOffset })).toEqual([]);
      expect(await reader.findRejects(2, { code: null, after: null }, 10)).toEqual([]);

      const chunks = async (run: number, after: number | null, limit = 10): Promise<number[]> =>
        (await reader.findChunks(run, after, limit)).map(({ index }) => index);
      expect(await chunks(1, null)).toEqual([0, 1, 2]);
      expect(await chunks(1, null, 2)).toEqual([0, 1]);
      expect(await chunks(1, 1)).toEqual([2]);
      expect(await chunks(7, null)).toEqual([]);
      expect(await reader.findChunks(1, null, 10)).toEqual(await reader.chunks(1));
    });
  });
}
