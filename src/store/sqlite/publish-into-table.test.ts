/** Both ways to publish into tables that are there: what becomes of what others have made or written meanwhile. */
import { describe, expect, test } from 'vitest';
import { integrity } from '../../../test/helpers/dump.ts';
import { ManualClock } from '../../../test/helpers/manual-clock.ts';
import { meanwhile, Place, publish } from '../../../test/helpers/sqlite-place.ts';
import { type Dataset, products } from '../../schema/dataset.ts';
import { numberedRecords, planOf, type TestFile, testFile } from '../conformance-files.ts';
import { importTestFile, neverStopped, stageFile, stopAfter } from '../conformance-steps.ts';
import type { RunRecord } from '../store.ts';
import { SqliteEditor } from './editor.ts';
import type { PublishTuning } from './publish-into-table.ts';
import { SqliteReader } from './reader.ts';

const inPlace: PublishTuning = {};
const throughSuccessors: PublishTuning = { mostMsInPlace: 0 };
const ways = [
  ['in place', inPlace],
  ['through successor tables', throughSuccessors],
] as const;

const first = testFile([
  [
    ['a', 'Ann', '1'],
    ['b', 'Bob', '2'],
    ['c', 'Cid', '3'],
    ['d', 'Dan', '4'],
  ],
]);
/** Updates a, b and d, leaves c, inserts e. */
const second = testFile([
  [
    ['b', 'Ann', '2'],
    ['a', 'Ann', 'new'],
    ['c', 'Cid', '3'],
    ['e', 'Eve', '5'],
    ['d', 'Cid', '4'],
  ],
]);
const afterSecond = ['Ann|a|new #2:3', 'Ann|b|2 #2:2', 'Cid|c|3 #1:4', 'Cid|d|4 #2:6', 'Eve|e|5 #2:5'];

/** Another program, which knows the ledger, changes rows that the run names or does not name. */
async function anotherWrites(tuning: PublishTuning, moment: number): Promise<void> {
  using place = new Place();
  await using store = await place.importer(tuning);
  const others = [
    ['y', 'Yan', '8'],
    ['z', 'Zoe', '9'],
  ];
  await publish(store, testFile([['a', 'b', 'c', 'd'].map((sku) => [sku, 'Ann', '1']).concat(others)]));
  let done = false;
  const control = meanwhile(moment, () => {
    place.change(`
      UPDATE products SET name = 'Xan', _hash = _hash + 1 WHERE sku IN ('a', 'z');
      DELETE FROM products WHERE sku IN ('b', 'y');
      INSERT INTO products VALUES ('Own', 'e', 'x', 1, 1, 5), ('Own', 'n', 'x', 1, 1, 6);
      DELETE FROM product_counts;
      INSERT INTO product_counts SELECT name, count(*) FROM products GROUP BY name`);
    done = true;
  });
  const file = testFile([['a', 'b', 'd', 'e'].map((sku) => [sku, 'Ann', '2']).concat([['c', 'Ann', '1']])]);
  const record = await publish(store, file, control);
  expect(done).toBe(true);
  expect(record).toMatchObject({ inserted: 1, updated: 3, unchanged: 1 });
  expect(place.all('SELECT name, sku, description FROM products ORDER BY sku')).toEqual([
    ...['Ann|a|2', 'Ann|b|2', 'Ann|c|1', 'Ann|d|2', 'Ann|e|2', 'Own|n|x', 'Xan|z|9'],
  ]);
  await using reader = new SqliteReader(place.database);
  expect(await reader.countDifferences(products, 10)).toEqual([]);
  expect(integrity(place.database)).toBe('ok');
  expect(place.leftovers).toEqual([]);
}

describe.each(ways)('published %s', (_, tuning) => {
  test('a database keeps the views, indexes and foreign keys that others have on our tables', async () => {
    using place = new Place();
    await using store = await place.importer(tuning);
    await publish(store, first);
    place.change(`
      CREATE VIEW names AS SELECT name, group_concat(sku) FROM products GROUP BY name;
      CREATE INDEX by_name ON products (name COLLATE NOCASE DESC, description);
      CREATE UNIQUE INDEX by_text ON products (name, sku);
      CREATE INDEX by_number ON product_counts (no_of_products);
      CREATE TABLE stock (sku TEXT REFERENCES products (sku) ON DELETE CASCADE, n);
      INSERT INTO stock VALUES ('a', 5), ('c', 7);
      CREATE TRIGGER products AFTER INSERT ON stock BEGIN DELETE FROM theirs; END;
      ANALYZE`);
    const schema =
      "SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE sql NOT LIKE '%_longhaul%' ORDER BY name";
    const before = place.all(schema);
    await publish(store, second);
    expect(place.all(schema)).toEqual(before);
    expect(place.leftovers).toEqual([]);
    expect((await place.see()).rows).toEqual(afterSecond);
    expect(place.all('SELECT * FROM names')).toEqual(['Ann|a,b', 'Cid|c,d', 'Eve|e']);
    expect(
      place.all("SELECT sku FROM products INDEXED BY by_name WHERE name = 'ann' COLLATE NOCASE"),
    ).toEqual(['b', 'a']);
    expect(
      place.all('SELECT name FROM product_counts INDEXED BY by_number WHERE no_of_products = 1'),
    ).toEqual(['Eve']);
    expect(place.all('SELECT * FROM stock')).toEqual(['a|5', 'c|7']);
    expect(place.all('PRAGMA foreign_key_check')).toEqual([]);
  });

  test.each([
    ['CREATE UNIQUE INDEX odd ON products (name)', 'UNIQUE constraint failed'],
    [
      "CREATE TRIGGER odd BEFORE INSERT ON products BEGIN SELECT RAISE(ABORT, 'nothing more'); END",
      'nothing more',
    ],
  ])('what others do not let in is not published, and that is told: %s', async (made, reason) => {
    using place = new Place();
    await using store = await place.importer(tuning);
    await publish(store, testFile([[['a', 'Ann', '1']]]));
    place.change(made);
    await expect(publish(store, testFile([[['b', 'Ann', '2']]]))).rejects.toMatchObject({
      code: 'table_refuses',
      facts: { reason: expect.stringContaining(reason) as string },
    });
    expect(place.all('SELECT sku FROM products')).toEqual(['a']);
    place.change('DROP INDEX IF EXISTS odd; DROP TRIGGER IF EXISTS odd');
    expect(await publish(store, testFile([[['b', 'Ann', '2']]]))).toMatchObject({ inserted: 1 });
    expect(place.leftovers).toEqual([]);
  });

  test('triggers see each row that is written, and as what', async () => {
    using place = new Place();
    await using store = await place.importer(tuning);
    await publish(store, first);
    place.change(`
      CREATE TABLE log (what);
      CREATE TRIGGER t1 BEFORE INSERT ON products BEGIN INSERT INTO log VALUES ('new ' || new.sku); END;
      CREATE TRIGGER t2 AFTER UPDATE ON products BEGIN INSERT INTO log VALUES (old.sku || ' ' || old.name); END;
      CREATE TRIGGER t3 AFTER DELETE ON products BEGIN INSERT INTO log VALUES ('gone ' || old.sku); END`);
    await publish(store, second);
    expect(place.all('SELECT what FROM log ORDER BY 1')).toEqual(['a Ann', 'b Bob', 'd Dan', 'new e']);
    expect((await place.see()).rows).toEqual(afterSecond);
  });

  test('indexes that cannot be carried are kept all the same', async () => {
    using place = new Place();
    await using store = await place.importer(tuning);
    await publish(store, first);
    place.change(`
      CREATE INDEX some ON products (name) WHERE description > '2';
      CREATE INDEX computed ON products (length(description))`);
    await publish(store, second);
    expect((await place.see()).rows).toEqual(afterSecond);
    expect(place.all('SELECT sku FROM products INDEXED BY computed WHERE length(description) = 3')).toEqual([
      'a',
    ]);
  });

  test.each([0, 1])('what another program writes meanwhile is noticed, at moment %i', async (moment) => {
    await anotherWrites(tuning, moment);
  });

  test.each([0, 1])(
    'edits that come, go and change meanwhile are met as they are then, at moment %i',
    async (moment) => {
      using place = new Place();
      await using store = await place.importer(tuning);
      const keys = ['a', 'b', 'c', 'd', 'e', 'f', 'h'];
      await publish(store, testFile([keys.map((sku) => [sku, 'Ann', '1'])]));
      await using editor = new SqliteEditor({ path: place.database, clock: new ManualClock() });
      const edit = (sku: string, name: string) =>
        editor.editRow(products, [sku], new Map([['name', name]]), null);
      for (const sku of ['a', 'b', 'e', 'h']) await edit(sku, 'Eve');
      const codes: Promise<unknown>[] = [];
      const control = meanwhile(moment, () => {
        codes.push(
          editor.takeBackEdit(products, ['a'], null), // kept, before
          edit('b', 'Zoe'), // kept, and still
          edit('c', 'Zoe'), // unchanged, before
          edit('d', 'Zoe'), // updated, and now it ends the edit
          editor.takeBackEdit(products, ['e'], null), // to be ended, before
          edit('f', 'Zoe'), // not in the file
          edit('g', 'Zoe').catch((error: unknown) => (error as { code: string }).code), // to be inserted
          edit('h', 'Zoe'), // to be ended, and still
        );
      });
      const records = ['a', 'b', 'c', 'd', 'e', 'g', 'h'].map((sku) => [
        sku,
        'Ann',
        'degh'.includes(sku) ? '2' : '1',
      ]);
      const record = await publish(store, testFile([['empty_key', ...records]]), control);
      expect((await Promise.all(codes)).at(6)).toBe('row_not_found');
      expect(record).toMatchObject({ inserted: 1, updated: 3, unchanged: 1, kept: 2, rejected: 1 });
      expect((await place.see()).rows).toEqual([
        ...['Ann|a|1 #1:2', 'Zoe|b|1 #1:3', 'Zoe|c|1 #1:4', 'Ann|d|2 #2:6', 'Ann|e|2 #2:7', 'Zoe|f|1 #1:7'],
        ...['Ann|g|2 #2:8', 'Ann|h|2 #2:9'],
      ]);
      const states = 'SELECT CAST(key AS TEXT) AS k, state FROM _longhaul_edits ORDER BY edit';
      expect(place.all(states)).toEqual([
        ...['a|taken_back', 'b|replaced', 'e|taken_back', 'h|replaced'],
        ...['b|standing', 'c|standing', 'd|ended', 'f|standing', 'h|ended'],
      ]);
    },
  );

  test('a run that is stopped leaves the tables as they were, and nothing else', async () => {
    using place = new Place();
    await using store = await place.importer(tuning);
    await publish(store, first);
    const before = await place.see();
    const file = testFile([numberedRecords(0, 30_000, ['x', 'y'])]);
    const run = await stageFile(store, file);
    await expect(store.publish(run, file.totals, stopAfter(30_000))).rejects.toMatchObject({
      code: 'interrupted',
    });
    expect(await place.see()).toEqual(before);
    expect(place.leftovers).toEqual([]);
    expect(await store.publish(run, file.totals, neverStopped)).toMatchObject({ inserted: 30_000 });
    await place.see();
  });

  test('of many rows those between come from the table', async () => {
    using place = new Place();
    await using store = await place.importer(tuning);
    await publish(store, testFile([numberedRecords(0, 45_000, ['old', 'o'])]));
    const every = (step: number, from: number): TestFile =>
      testFile([
        numberedRecords(from, 60_000, [`new ${step}`, 'n']).filter((_record, index) => index % step === 0),
      ]);
    for (const [step, from] of [
      [3, 100],
      [1, 20_000],
      [7, 0],
    ] as const) {
      const keys = new Set(place.all('SELECT sku FROM products'));
      const file = every(step, from);
      const { inserted, updated } = await publish(store, file);
      const seen = await place.see();
      expect(inserted).toBe(seen.rows.length - keys.size);
      expect(inserted + updated).toBe(file.totals.records);
      expect(seen.rows.filter((row) => row.startsWith(`new ${step}|`))).toHaveLength(inserted + updated);
    }
  });

  const readings: Dataset = {
    name: 'readings',
    columns: [
      { name: 'value', type: 'real' },
      { name: 'by', type: 'text' },
      { name: 'n', type: 'integer' },
      { name: 'day', type: 'date' },
    ],
    key: ['by'],
    counts: [
      { column: 'n', table: 'readings_by_n', numberColumn: 'number' },
      { column: 'value', table: 'readings_by_value', numberColumn: 'number' },
      { column: 'day', table: 'readings_by_day', numberColumn: 'number' },
    ],
  };

  test('values keep their types, and NULLs are not counted', async () => {
    using place = new Place();
    await using store = await place.importer(tuning, readings);
    const plan = planOf('r.csv', { dataset: readings });
    const big = '9223372036854775807';
    const before = [
      ['a', '1.5', big, '2026-01-02'],
      ['b', '2', '5', ''],
      ['c', '', '', ''],
      ['d', '1.5', '5', '2026-01-02'],
    ];
    const after = [
      ['a', '2', big, '2026-01-02'],
      ['b', '', '5', ''],
      ['c', '1.5', '-3', '2026-01-03'],
      ['d', '1.5', '', '2026-01-02'],
      ['e', '-0.25', big, ''],
    ];
    await importTestFile(store, testFile([before], readings), plan);
    const record = await importTestFile(store, testFile([after], readings), plan);
    expect(record).toMatchObject({ inserted: 1, updated: 4, unchanged: 0 });
    await using reader = new SqliteReader(place.database);
    expect(await reader.countDifferences(readings, 10)).toEqual([]);
    expect(place.all('SELECT "by", typeof(value), typeof(n), typeof(day) FROM readings')).toEqual([
      ...['a|real|integer|text', 'b|null|integer|null', 'c|real|integer|text', 'd|real|null|text'],
      'e|real|integer|null',
    ]);
    expect(place.all('SELECT * FROM readings_by_value')).toEqual(['-0.25|1', '1.5|2', '2|1']);
    expect(integrity(place.database)).toBe('ok');
  });

  test('a version without a key replaces the rows of the one before', async () => {
    using place = new Place();
    const log: Dataset = { ...readings, name: 'log', key: [], counts: readings.counts.slice(0, 1) };
    await using store = await place.importer(tuning, log);
    const rows = (from: number, number: number): string[][] =>
      Array.from({ length: number }, (__, index) => ['1.5', `b${index}`, `${(from + index) % 11}`, '']);
    const bring = (name: string, records: string[][]): Promise<RunRecord> =>
      importTestFile(
        store,
        testFile([records.slice(0, 5), records.slice(5)], log),
        planOf(name, { dataset: log }),
      );
    expect((await bring('a.csv', rows(0, 12_000))).table).toMatchObject({ rows: 12_000 });
    expect((await bring('b.csv', rows(3, 500))).table).toMatchObject({ rows: 12_500 });
    expect((await bring('a.csv', rows(5, 15_000))).table).toMatchObject({ rows: 15_500, groups: 11 });
    await using reader = new SqliteReader(place.database);
    expect(await reader.countDifferences(log, 10)).toEqual([]);
    expect(place.all('SELECT _run, count(*) FROM log GROUP BY 1')).toEqual(['2|500', '3|15000']);
    const sum = 'SELECT sum(_hash & 0xffffffff) & 0xffffffff FROM log';
    expect(place.all('SELECT checksum & 0xffffffff FROM _longhaul_datasets')).toEqual(place.all(sum));
    expect(place.leftovers).toEqual([]);
  });
});

test.each([2, 3])('successors notice what another program writes, at moment %i', async (moment) => {
  await anotherWrites(throughSuccessors, moment);
});

test('writing in place that takes longer than was thought goes on through successors', async () => {
  using place = new Place();
  const clock = new ManualClock();
  // Each look at the clock finds a second gone.
  const slow = {
    wallMs: () => clock.wallMs(),
    monotonicMs: () => (clock.advance(1000), clock.monotonicMs()),
  };
  await using store = await place.importer({ mostMsInPlace: 1500 }, products, { clock: slow });
  await publish(store, first);
  await using editor = new SqliteEditor({ path: place.database, clock });
  await editor.editRow(products, ['c'], new Map([['name', 'Ed']]), null);
  const control = meanwhile(0, () => void editor.editRow(products, ['b'], new Map([['name', 'Ed']]), null));
  expect(await publish(store, second, control)).toMatchObject({ inserted: 1, updated: 3, kept: 1 });
  expect((await place.see()).rows).toEqual(afterSecond.with(2, 'Ed|c|3 #1:4'));
});
