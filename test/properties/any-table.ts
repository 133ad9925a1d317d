/**
 * Tables of any columns, types, keys (or none) and counts, under any names: files and edits in any order end in the
 * reference's rows, counts, receipts and rejects. `exactness.property.test.ts` does the same for products, with interruptions.
 */
import fc from 'fast-check';
import { expect } from 'vitest';
import { bytesOf } from '../../src/csv/cases.ts';
import { defaultDialect } from '../../src/csv/dialect.ts';
import { editRow } from '../../src/edit/edit-row.ts';
import { ReferenceTable } from '../../src/reference/replay.ts';
import { readValue } from '../../src/reference/values.ts';
import { importFile } from '../../src/run/import-file.ts';
import { verifyDataset } from '../../src/run/verify.ts';
import { LonghaulError } from '../../src/runtime/errors.ts';
import { type ColumnType, columnTypes, type Dataset } from '../../src/schema/dataset.ts';
import { planDataset } from '../../src/schema/dataset-plan.ts';
import type { Store } from '../../src/store/store.ts';
import type { TestDatabase, TestEngine } from '../helpers/engines.ts';
import { MemoryFile } from '../helpers/memory-file.ts';
import { runCases } from '../helpers/run-cases.ts';
import { ShufflingPool } from '../helpers/shuffling-pool.ts';

const awkwardNames = [
  'select',
  '"',
  'ñ',
  '__proto__',
  'a b',
  'ORDER',
  "o'neil",
  'constructor',
  'rowid',
  '\u{10000}',
  'x,y',
  '?1',
];

/** Most of them are values of the type. */
const valuesOf: Readonly<Record<ColumnType, readonly string[]>> = {
  text: ['', 'a', 'b', 'ab', 'a"b', 'é\n', '\u{10000}', '\uffee', '0017', 'NULL'],
  integer: [
    '',
    '0',
    '1',
    '-1',
    '127',
    '128',
    '-129',
    '70000',
    '9007199254740993',
    '-9223372036854775808',
    '007',
    'x',
  ],
  real: ['', '0', '-0', '1.5', '0.1', '1e300', '-2', '9007199254740993', '1e-320'],
  boolean: ['', 'yes', 'NO', '1', 'f', 'maybe'],
  date: ['', '2024-02-29', '2026-01-01', '2023-02-29'],
  timestamp: ['', '2026-01-01 10:00', '2026-01-01T10:00:00.5+02:00', '2026-01-01 10:00:00Z', '10:00'],
};

const shape = fc.record({
  table: fc.constantFrom(...awkwardNames, 'products'),
  names: fc.shuffledSubarray(awkwardNames, { minLength: 1, maxLength: 5 }),
  types: fc.array(fc.constantFrom<ColumnType>('text', 'text', ...columnTypes), {
    minLength: 5,
    maxLength: 5,
  }),
  keyed: fc.array(fc.boolean(), { minLength: 5, maxLength: 5 }),
  counted: fc.array(fc.boolean(), { minLength: 5, maxLength: 5 }),
});
type Shape = typeof shape extends fc.Arbitrary<infer Value> ? Value : never;

function datasetOf({ table, names, types, keyed, counted }: Shape): Dataset {
  const key = names.filter((_, column) => types[column] === 'text' && keyed[column]).toReversed();
  const countBy = names.filter((_, column) => counted[column]);
  const typed = new Map(names.map((name, column) => [name, types[column]!]));
  const dataset = planDataset({ name: table, columns: names, types: typed, key, countBy }, names);
  if (typeof dataset === 'string') throw new Error(dataset);
  return dataset;
}

/** A record as numbers that choose values; the number of a column beyond its values chooses again from the first. */
const choices = fc.array(fc.nat(1000), { minLength: 5, maxLength: 5 });
const step = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      file: fc.constantFrom('a.csv', 'b.csv'),
      records: fc.array(choices, { maxLength: 12, size: 'max' }),
      turned: fc.boolean(),
      chunkBytes: fc.constantFrom(1, 40, 10_000),
      stagingMemoryBytes: fc.constantFrom(0, 1e9),
      seed: fc.integer(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ row: fc.nat(20), column: fc.nat(4), choice: fc.nat(1000) }) },
);
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;
type ImportStep = Extract<Step, { file: string }>;
type EditStep = Exclude<Step, ImportStep>;

function valueOf(dataset: Dataset, column: number, choice: number): string {
  const values = valuesOf[dataset.columns[column]!.type];
  return values[choice % values.length]!;
}

function contentOf(dataset: Dataset, { records, turned }: ImportStep): Uint8Array {
  const order = dataset.columns.map((_, column) => column);
  if (turned) order.reverse();
  const quoted = (value: string): string => `"${value.replaceAll('"', '""')}"`;
  const header = [...order.map((column) => dataset.columns[column]!.name), ...(turned ? ['other'] : [])];
  const lines = records.map((record) => [
    ...order.map((column) => valueOf(dataset, column, record[column]!)),
    ...(turned ? ['left out'] : []),
  ]);
  return bytesOf([header, ...lines].map((line) => `${line.map(quoted).join(',')}\n`).join(''));
}

const seen = { imports: 0, edits: 0, rejects: 0, keyless: 0 };

/** @returns what was seen after each step */
async function compare(engine: TestEngine, dataset: Dataset, steps: readonly Step[]): Promise<unknown[]> {
  await using database = await engine.create(false);
  const told: unknown[] = [];
  const reference = new ReferenceTable(dataset);
  const importOfRun = new Map<number, number>();
  let imports = 0;
  if (dataset.key.length === 0) seen.keyless++;
  for (const given of steps) {
    if ('file' in given) {
      const run = await importStep(dataset, reference, database, given);
      if (run !== null) importOfRun.set(run, imports);
      imports++;
      seen.imports++;
    } else {
      await editStep(dataset, reference, database, given);
      seen.edits++;
    }
    await using reader = (await database.openReader())!;
    const rows = await reader.rows(dataset, null, 1e6);
    expect(rows.map(({ values, run, line }) => ({ values, import: importOfRun.get(run), line }))).toEqual(
      reference.rows,
    );
    for (const { column } of dataset.counts) {
      const counts = await reader.topCounts(dataset, column, 1e6);
      expect(new Map(counts.map(({ value, number }) => [value, number]))).toEqual(reference.counts(column));
    }
    expect(await verifyDataset(reader, dataset, null)).toMatchObject({ findings: [], rows: rows.length });
    await database.checkSound(false);
    told.push({ rows, totals: await reader.totals(dataset) });
  }
  return told;
}

/** @returns the run, if one was made */
async function importStep(
  dataset: Dataset,
  reference: ReferenceTable,
  database: TestDatabase,
  given: ImportStep,
): Promise<number | null> {
  const content = contentOf(dataset, given);
  const rejectLimit = { kind: 'number', number: 1000 } as const;
  const reading = { dialect: defaultDialect, maxRecordBytes: 10_000, rejectLimit };
  const expected = reference.importFile({ name: given.file, content, columns: null, ...reading });
  const importInto = async (into: Store) => {
    await using pool = new ShufflingPool(given.seed);
    const parts = { store: into, pool, onProgress: () => undefined, signal: new AbortController().signal };
    const file = new MemoryFile(given.file, content, 'settled', given.seed);
    return await importFile(parts, file, { dataset, ...reading, chunkBytes: given.chunkBytes });
  };
  const tuning = { stagingMemoryBytes: given.stagingMemoryBytes, bySuccessors: given.seed % 2 === 0 };
  await using trial = await database.openTrial(tuning);
  const tried = await importInto(trial);
  await using store = await database.openStore(tuning);
  await store.lockImports();
  await store.ensureDataset(dataset);
  const outcome = await importInto(store);
  expect([tried.kind, outcome.kind]).toEqual([expected.kind, expected.kind]);
  if (tried.kind === 'published' && expected.kind === 'published') {
    expect(tried.record).toMatchObject({ ...expected.sums, table: { rows: reference.rows.length } });
  }
  if (outcome.kind !== 'published' || expected.kind !== 'published') return null;
  const { record } = outcome;
  expect(record).toMatchObject({ ...expected.sums, ignoredColumns: expected.ignoredColumns });
  await using reader = (await database.openReader())!;
  const rejects = await reader.rejects(dataset, record.run, 1e6);
  expect(rejects).toEqual(expected.rejects.map((reject) => ({ run: record.run, ...reject })));
  seen.rejects += rejects.length;
  return record.run;
}

async function editStep(
  dataset: Dataset,
  reference: ReferenceTable,
  database: TestDatabase,
  given: EditStep,
): Promise<void> {
  const { rows } = reference;
  const row = rows[given.row];
  const column = dataset.columns[given.column];
  if (
    dataset.key.length === 0 ||
    row === undefined ||
    column === undefined ||
    dataset.key.includes(column.name)
  )
    return;
  const key = dataset.key.map((name) => row.values[dataset.columns.findIndex((own) => own.name === name)]!);
  const text = valueOf(dataset, given.column, given.choice);
  const value = readValue(column.type, text);
  const expected =
    value === undefined ? 'edit_bad_value' : reference.edit(key.join('\0'), new Map([[column.name, value]]));
  await using editor = await database.openEditor();
  const found = await editRow(editor, dataset, {
    key,
    change: new Map([[column.name, text]]),
    ifHash: null,
  }).then(
    () => 'done',
    (error: unknown) => (error instanceof LonghaulError ? error.code : String(error)),
  );
  expect(found).toBe(expected);
}

/** The same steps with each engine; a case takes some 30 ms with SQLite. */
export async function compareTables(
  engines: readonly TestEngine[],
  howMany: { readonly least: number; readonly seconds: number },
): Promise<void> {
  // The first step makes the database.
  const first = fc.record({
    file: fc.constant('a.csv'),
    records: fc.array(choices, { maxLength: 12, size: 'max' }),
  });
  const cases = await runCases(
    [
      shape,
      first.map((begin) => ({
        ...begin,
        turned: false,
        chunkBytes: 40 as const,
        stagingMemoryBytes: 1e9 as const,
        seed: 1,
      })),
      fc.array(step, { maxLength: 6, size: 'max' }),
    ],
    howMany,
    async (of, begin, steps) => {
      const dataset = datasetOf(of);
      const told: unknown[] = [];
      for (const engine of engines) told.push(await compare(engine, dataset, [begin, ...steps]));
      for (const other of told) expect(other).toEqual(told[0]);
    },
  );
  console.log(`${cases} tables compared: ${JSON.stringify(seen)}`);
  expect(Math.min(...Object.values(seen))).toBeGreaterThan(5);
}
