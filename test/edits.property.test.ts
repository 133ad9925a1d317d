/**
 * Promise 9, densely: few keys, few values, three files, many edits. Files, edits and edits taken back in any order end in
 * the reference's table, counts, receipts and stories. `exactness.property.test.ts` does the same through the whole import.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { defaultDialect } from '../src/csv/dialect.ts';
import { ReferenceTable } from '../src/reference/replay.ts';
import { verifyDataset } from '../src/run/verify.ts';
import { LonghaulError } from '../src/runtime/errors.ts';
import { products } from '../src/schema/dataset.ts';
import { planOf, testFile } from '../src/store/conformance-files.ts';
import { importTestFile } from '../src/store/conformance-steps.ts';
import { SqliteEditor } from '../src/store/sqlite/editor.ts';
import { SqliteReader } from '../src/store/sqlite/reader.ts';
import { SqliteStore } from '../src/store/sqlite/store.ts';
import { ManualClock } from './helpers/manual-clock.ts';
import { memoryDisk, TempFolder } from './helpers/temp-folder.ts';

const secondsInAll = 6;

const sku = fc.constantFrom('a', 'ab', 'b', '\u{10000}', '\uffee');
const value = fc.constantFrom('', '1', '2');
const record = fc.tuple(sku, value, fc.constant('d'));
const step = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      file: fc.constantFrom('a.csv', 'b.csv', 'c.csv'),
      chunks: fc.array(fc.array(record, { maxLength: 4, size: 'max' }), { minLength: 1, maxLength: 3 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ edit: sku, name: value }) },
  { weight: 1, arbitrary: fc.record({ takeBack: sku }) },
);
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

async function compare(steps: readonly Step[]): Promise<void> {
  using folder = new TempFolder(memoryDisk);
  const path = folder.file('test.db');
  const clock = new ManualClock();
  const warn = (message: string): never => expect.fail(message);
  const reference = new ReferenceTable(products);
  const importOfRun = new Map<number, number>();
  let imports = 0;
  await using store = new SqliteStore({ path, clock, stagingMemoryBytes: 1e9, stagingMemoryMs: 5000, warn });
  await store.lockImports();
  await store.ensureDataset(products);
  // From here on there is a database, so that edits can be tried.
  await importTestFile(store, testFile([[]]), planOf('empty.csv'));
  await using editor = new SqliteEditor({ path, clock });
  await using reader = new SqliteReader(path);
  const codeOf = async (edited: Promise<unknown>): Promise<string> => {
    try {
      await edited;
      return 'done';
    } catch (error) {
      return error instanceof LonghaulError ? error.code : String(error);
    }
  };
  for (const given of steps) {
    if ('file' in given) {
      const records = given.chunks.flat().map(([key, name, rest]) => `${name},${key},${rest}\n`);
      const expected = reference.importFile({
        name: given.file,
        content: new Uint8Array(Buffer.from(`name,sku,description\n${records.join('')}`)),
        dialect: defaultDialect,
        columns: null,
        maxRecordBytes: 1000,
        rejectLimit: { kind: 'number', number: 0 },
      });
      const number = imports++;
      if (expected.kind !== 'published') continue;
      const found = await importTestFile(store, testFile(given.chunks), planOf(given.file));
      importOfRun.set(found.run, number);
      expect(found).toMatchObject(expected.sums);
    } else if ('edit' in given) {
      const change = new Map([['name', given.name]]);
      const found = await codeOf(editor.editRow(products, [given.edit], change, null));
      expect(found).toBe(reference.edit(given.edit, change));
    } else {
      const found = await codeOf(editor.takeBackEdit(products, [given.takeBack], null));
      expect(found).toBe(reference.takeBack(given.takeBack));
    }
    const rows = await reader.rows(products, null, 100);
    expect(rows.map(({ values, run, line }) => ({ values, import: importOfRun.get(run), line }))).toEqual(
      reference.rows,
    );
    for (const { values } of reference.rows) {
      const key = values[1]!;
      const found = (await reader.edits(products, [key])).map(
        ({ state, covered, endedByRun, remembered }) => ({
          state,
          covered: { values: covered.values, import: importOfRun.get(covered.run), line: covered.line },
          endedByImport: endedByRun === null ? null : importOfRun.get(endedByRun),
          files: remembered.map(({ name }) => name),
        }),
      );
      const told = reference.edits(key).map(({ state, covered, endedByImport, remembered }) => ({
        ...{ state, covered, endedByImport, files: [...remembered.keys()].sort() },
      }));
      expect(found).toEqual(told.reverse());
    }
    const counts = await reader.topCounts(products, 'name', 100);
    expect(new Map(counts.map((count) => [count.value, count.number]))).toEqual(reference.counts('name'));
    expect((await verifyDataset(reader, products, null)).findings).toEqual([]);
  }
}

test('files, edits and edits taken back, in any order', async () => {
  let cases = 0;
  let running = Promise.resolve();
  const property = fc.asyncProperty(
    fc.array(step, { minLength: 1, maxLength: 25, size: 'max' }),
    (steps) => (running = compare(steps).then(() => void cases++)),
  );
  await fc.assert(property, {
    numRuns: 100_000,
    plugins: [fc.interruptAfterTimeLimit(secondsInAll * 1000)],
  });
  // The limit does not wait for the case that is under way.
  await running;
  console.log(`${cases} sequences with edits compared`);
  expect(cases).toBeGreaterThan(5);
});
