/** Tables of people's own: 100,000 records of each kind, against the slow program, and what their command lines may get wrong. */
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { defaultDialect } from '../../src/csv/dialect.ts';
import { ReferenceTable } from '../../src/reference/replay.ts';
import type { ColumnType, Dataset } from '../../src/schema/dataset.ts';
import { planDataset } from '../../src/schema/dataset-plan.ts';
import { SqliteReader } from '../../src/store/sqlite/reader.ts';
import { longhaul, longhaulJson } from '../helpers/cli.ts';
import { Random } from '../helpers/random.ts';
import { on } from '../helpers/shop.ts';
import { TempFolder } from '../helpers/temp-folder.ts';

const records = 100_000;
const options = ['--max-rejects', '50%'];

let folder: TempFolder;
beforeAll(() => {
  folder = new TempFolder();
});
afterAll(() => folder[Symbol.dispose]());

/** A column: its name, and a value of it. */
type Maker = readonly [name: string, make: (random: Random, record: number) => string];

function contentOf(columns: readonly Maker[], seed: number): Buffer {
  const random = new Random(seed);
  const quoted = (text: string): string => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const lines = [columns.map(([name]) => quoted(name)).join(',')];
  for (let record = 0; record < records; record++)
    lines.push(columns.map(([, make]) => quoted(make(random, record))).join(','));
  return Buffer.from(`${lines.join('\n')}\n`);
}

function oneOf(...values: readonly string[]): Maker[1] {
  return (random) => values[random.below(values.length)]!;
}

const day = (random: Random): string =>
  `${1990 + random.below(40)}-${String(1 + random.below(12)).padStart(2, '0')}-${String(1 + random.below(31)).padStart(2, '0')}`;

/** Every type; some values are none of theirs. */
const typed: readonly Maker[] = [
  ['id', (random) => `k${random.below(80_000)}`],
  ['text', oneOf('', 'a', '0017', 'NULL', 'é\n"', '\u{10000}')],
  [
    'whole',
    (random) =>
      random.below(50) === 0
        ? oneOf('', '007', '9223372036854775808', '-9223372036854775808', ' 1', '1e3')(random, 0)
        : String(random.below(2 ** 31) - 2 ** 30),
  ],
  [
    'part',
    (random) =>
      random.below(50) === 0
        ? oneOf('', '1,5', '9007199254740993', '1e400', '-0', '.5')(random, 0)
        : (random.below(1e6) / 100).toFixed(2),
  ],
  ['yes', oneOf('', 'yes', 'no', 'TRUE', 'f', '1', '0')],
  ['day', day],
  [
    'time',
    (random) =>
      `${day(random)}${oneOf('T', ' ')(random, 0)}12:34:56${oneOf('', '.5', '.123456', '.1234567', 'Z', '+05:30')(random, 0)}`,
  ],
];
const types: ReadonlyMap<string, ColumnType> = new Map([
  ['whole', 'integer'],
  ['part', 'real'],
  ['yes', 'boolean'],
  ['day', 'date'],
  ['time', 'timestamp'],
]);

interface Table {
  readonly name: string;
  readonly columns: readonly Maker[];
  readonly key?: readonly string[];
  readonly countBy?: readonly string[];
  readonly types?: ReadonlyMap<string, ColumnType>;
  /** Seeds of the versions of its files, in the order in which they are imported. */
  readonly versions: readonly (readonly [file: string, seed: number])[];
}

const pricesColumns: readonly Maker[] = [
  ['price', (random) => String(random.below(500))],
  ['shop', (random) => `shop ${random.below(40)}`],
  ['select', (random) => `${random.below(3000)}`.padStart(4, '0')],
  ['gr"oup', oneOf('', 'a', 'A', 'ä')],
];

test.for<Table>([
  {
    name: 'typed',
    columns: typed,
    key: ['id'],
    types,
    versions: [
      ['a', 1],
      ['a', 2],
    ],
  },
  {
    name: 'typed and counted',
    columns: typed,
    key: ['id'],
    types,
    countBy: ['whole', 'yes', 'time'],
    versions: [
      ['a', 3],
      ['b', 4],
    ],
  },
  {
    name: 'composite key, three counts',
    columns: pricesColumns,
    key: ['shop', 'select'],
    countBy: ['shop', 'gr"oup', 'price'],
    versions: [
      ['a', 5],
      ['a', 6],
    ],
  },
  {
    name: 'no key',
    columns: pricesColumns,
    countBy: ['shop'],
    versions: [
      ['a', 7],
      ['b', 8],
      ['a', 9],
    ],
  },
  {
    name: 'no key, typed',
    columns: typed,
    types,
    countBy: ['yes', 'day'],
    versions: [
      ['a', 10],
      ['b', 11],
      ['b', 12],
    ],
  },
])('100,000 records: $name', async (table) => {
  using place = new TempFolder();
  const database = place.file('test.db');
  const names = table.columns.map(([name]) => name);
  const { key = null, countBy = null } = table;
  const said = { name: table.name, columns: null, key, countBy, types: table.types ?? null };
  const dataset = planDataset(said, names) as Dataset;
  const reference = new ReferenceTable(dataset);
  const args = ['--table', table.name, ...options];
  if (key !== null) args.push('--key', key.join());
  if (countBy !== null) args.push('--count-by', countBy.join());
  if (table.types !== undefined) args.push('--types', [...table.types].map((pair) => pair.join('=')).join());
  for (const [file, seed] of table.versions) {
    const content = contentOf(table.columns, seed);
    const expected = reference.importFile({
      ...{ name: file, content, dialect: defaultDialect, columns: null, maxRecordBytes: 2 ** 23 },
      rejectLimit: { kind: 'part', part: 0.5, atLeast: 0 },
    });
    if (expected.kind !== 'published') throw new Error(`the reference says ${expected.kind}`);
    const { receipts } = await longhaulJson<{ receipts: object[] }>([
      ...(['import', place.write(file, content), ...args, ...on(database)] as const),
    ]);
    expect(receipts).toMatchObject([{ status: 'done', dataset: table.name, ...expected.sums }]);
    await using reader = new SqliteReader(database);
    expect(await reader.dataset(table.name)).toEqual(dataset);
    const rows = await reader.rows(dataset, null, 1e6);
    const runs = await reader.runs(dataset, 100);
    const importOf = new Map(runs.map(({ run }, index) => [run, runs.length - 1 - index]));
    // `toEqual` of so many rows would take longer than all the rest.
    const seen = rows.map(({ values, run, line }) => JSON.stringify([values, importOf.get(run), line]));
    const rowsExpected = reference.rows.map((row) => JSON.stringify([row.values, row.import, row.line]));
    expect(seen.length).toBe(rowsExpected.length);
    const wrong = seen.findIndex((row, index) => row !== rowsExpected[index]);
    expect([wrong, seen[wrong]]).toEqual([-1, rowsExpected[wrong]]);
    for (const { column } of dataset.counts) {
      const counts = await reader.topCounts(dataset, column, 1e6);
      expect(new Map(counts.map(({ value, number }) => [value, number]))).toEqual(reference.counts(column));
    }
  }
  const verified = await longhaulJson<object>(['verify', ...on(database)]);
  expect(verified).toMatchObject({
    agrees: true,
    verdicts: [{ dataset: table.name, rows: reference.rows.length }],
  });
  using raw = new DatabaseSync(database, { readOnly: true });
  expect(raw.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' });
});

test('the database knows a table once it is made, and longhaul.yaml can say it instead', async () => {
  using place = new TempFolder();
  const run = (args: readonly string[], cwd = place.path) => longhaul(args, { cwd });
  place.write('o.csv', 'id;status;amount\nA;open;1.50\nB;;\n');
  place.write(
    'longhaul.yaml',
    `db: sqlite:shop.db
table: orders
datasets:
  orders: { key: id, count-by: status, types: { amount: real }, delimiter: ; }
`,
  );
  expect(await run(['import', 'o.csv'])).toMatchObject({ status: 0, stderr: '' });
  expect((await run(['show', 'rows', '--csv'])).stdout).toBe(
    'id,status,amount,_run,_line\nA,open,1.5,1,2\nB,"",,1,3\n',
  );
  const tables = await run([
    'show',
    'tables',
    '--json',
    '--db',
    'sqlite:shop.db',
    '--config',
    'longhaul.yaml',
  ]);
  expect(JSON.parse(tables.stdout)).toMatchObject({
    tables: [{ table: 'orders', rows: 2, key: ['id'], countBy: ['status'] }],
  });
  // Without the config the database still knows.
  using elsewhere = new TempFolder();
  const there = ['--db', `sqlite:${place.file('shop.db')}`];
  const next = elsewhere.write('next.csv', 'amount,id,status\n2,A,open\n');
  expect(await run(['import', next, '--table', 'orders', ...there], elsewhere.path)).toMatchObject({
    status: 0,
  });
  expect(
    JSON.parse(
      (await run(['show', 'rows', 'A', '--table', 'orders', '--json', ...there], elsewhere.path)).stdout,
    ),
  ).toMatchObject({
    rows: [{ id: 'A', status: 'open', amount: 2, _run: 2, _line: 2 }],
  });
  expect(await run(['update', 'A', '--set', 'amount=3.25', '--set', 'status='])).toMatchObject({
    status: 0,
    stdout: 'A edited: status "", amount 3.25\n',
  });
  expect((await run(['show', 'counts', '--csv'])).stdout).toBe('status,no_of_rows\n"",2\n');
  expect((await run(['verify'])).stdout).toContain('orders: 2 rows, 1 group counted');
  expect(await run(['clear', '--yes'])).toMatchObject({
    status: 0,
    stdout: 'sqlite:shop.db: orders is empty, 2 rows removed\n',
  });
  // Emptied, it can be another table.
  place.write('longhaul.yaml', 'db: sqlite:shop.db\ntable: orders\n');
  expect(
    await run(['import', 'o.csv', '--delimiter', ';', '--key', 'status,id', '--max-rejects', '1']),
  ).toMatchObject({ status: 0 });
  expect((await run(['show', 'rows', '--csv'])).stdout).toBe(
    'id,status,amount,_run,_line\nA,open,1.50,3,2\n',
  );
});

test('the rejects of a run are shown as its receipt says, whatever table is the usual one', async () => {
  using place = new TempFolder();
  const file = place.write('o.csv', 'id,n\na,1\nb,x\n');
  const where = on(place.file('test.db'));
  const { stdout } = await longhaul(['import', file, '--table', 'orders', '--types', 'n=integer', ...where]);
  const [, command = ''] = /; longhaul (show rejects \d+)\n/.exec(stdout) ?? [];
  expect(command).not.toBe('');
  const shown = await longhaul(['show', 'rejects', '1', '--csv', ...where]);
  expect(`${command}: ${shown.stdout}`).toBe(
    'show rejects 1: run,line,byte,reason,column,value,record\n1,3,9,bad_value,n,x,"b,x"\n',
  );
  const other = await longhaul(['show', 'rejects', '1', '--table', 'others', ...where]);
  expect([other.status, other.stderr]).toEqual([1, expect.stringContaining('there is no run 1')]);
});

test('what comes through a pipe into a table without a key needs a name', async () => {
  using place = new TempFolder();
  const args = ['import', '-', '--table', 'log', ...on(place.file('test.db'))];
  const unnamed = await longhaul(args, { stdin: 'a\n1\n' });
  expect([unnamed.status, unnamed.stdout]).toEqual([2, '']);
  expect(unnamed.stderr).toContain('"log" has no key, so a file replaces the rows of its last version');
  for (const name of ['one', 'two', 'two']) {
    expect(await longhaul([...args, '--as', name], { stdin: `a\n${name}\n` })).toMatchObject({ status: 0 });
  }
  expect(
    (await longhaul(['show', 'rows', '--csv', '--table', 'log', ...on(place.file('test.db'))])).stdout,
  ).toBe('a,_run,_line\none,1,2\ntwo,2,2\n');
});

test.for<[args: string[], status: number, error: string]>([
  [['--table', ''], 2, '--table cannot be "": it must be at least one character'],
  [
    ['--table', 'sqlite_x', '--key', 'sku'],
    1,
    '"sqlite_x" cannot be a table as it is described: the table name "sqlite_x" begins',
  ],
  [
    ['--table', 'x', '--key', 'nope'],
    1,
    '"x" cannot be a table as it is described: its key "nope" is no column; the columns are "name", "sku", "description"',
  ],
  [
    ['--table', 'x', '--types', 'name=money'],
    2,
    '--types cannot be "name=money": it must be columns with their types',
  ],
  [['--table', 'x', '--types', 'sku=integer', '--key', 'sku'], 1, 'its key "sku" must be text'],
  [['--table', 'stock', '--key', 'name'], 1, '"stock" is there already, and its key is "sku", not "name"'],
  [
    ['--table', 'stock', '--types', 'name=date'],
    1,
    '"stock" is there already, and its column "name" is text, not date',
  ],
  [
    ['--key', 'sku', '--table', 'STOCK'],
    1,
    'the table "STOCK" is there already, and longhaul did not make it',
  ],
  [['--table', 'x', '--no-header'], 1, '"x" is a new table, and nothing says which columns it has'],
  [['--config', 'nothing.yaml'], 1, 'nothing.yaml: no such file'],
])('%j is refused, and the database stays as it was', async ([args, status, error]) => {
  using place = new TempFolder();
  const file = place.write('a.csv', 'name,sku,description\nn,s,d\n');
  const database = place.file('test.db');
  const made = await longhaul(['import', file, '--table', 'stock', '--key', 'sku', ...on(database)]);
  expect(made).toMatchObject({ status: 0 });
  const other = place.write('b.csv', 'name,sku,description\nn2,s,d\n');
  const result = await longhaul(['import', other, ...args, ...on(database)], { cwd: place.path });
  expect([result.status, result.stdout]).toEqual([status, '']);
  expect(result.stderr).toContain(error);
  await using reader = new SqliteReader(database);
  expect(await reader.datasets()).toEqual(['stock']);
});
