/**
 * Promise 9, densely: few keys, few values, three files, many edits. Files, edits and edits taken back in any order end in
 * the reference's table, counts, receipts and stories. `exactness.property.test.ts` does the same through the whole import.
 */
import fc from 'fast-check';
import { expect } from 'vitest';
import { defaultDialect } from '../../src/csv/dialect.ts';
import { ReferenceTable } from '../../src/reference/replay.ts';
import { verifyDataset } from '../../src/run/verify.ts';
import { LonghaulError } from '../../src/runtime/errors.ts';
import { products } from '../../src/schema/dataset.ts';
import { planOf, testFile } from '../../src/store/conformance-files.ts';
import { importTestFile } from '../../src/store/conformance-steps.ts';
import type { TestEngine } from '../helpers/engines.ts';

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

/** @returns what was seen after each step */
async function compare(engine: TestEngine, steps: readonly Step[]): Promise<unknown[]> {
  await using database = await engine.create(false);
  const seen: unknown[] = [];
  const reference = new ReferenceTable(products);
  const importOfRun = new Map<number, number>();
  let imports = 0;
  await using store = await database.openStore(1e9);
  await store.lockImports();
  await store.ensureDataset(products);
  // From here on there is a database, so that edits can be tried.
  await importTestFile(store, testFile([[]]), planOf('empty.csv'));
  await using editor = await database.openEditor();
  await using reader = (await database.openReader())!;
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
    seen.push({ rows, counts, totals: await reader.totals(products) });
  }
  return seen;
}

/** The same steps with each engine, in as many cases as fit into so many seconds. */
export async function compareEdits(engines: readonly TestEngine[], seconds: number): Promise<void> {
  let cases = 0;
  const compareEngines = async (steps: readonly Step[]): Promise<void> => {
    const seen: unknown[] = [];
    for (const engine of engines) seen.push(await compare(engine, steps));
    for (const other of seen) expect(other).toEqual(seen[0]);
    cases++;
  };
  let running = Promise.resolve();
  const property = fc.asyncProperty(
    fc.array(step, { minLength: 1, maxLength: 25, size: 'max' }),
    (steps) => (running = compareEngines(steps)),
  );
  await fc.assert(property, {
    numRuns: 100_000,
    plugins: [fc.interruptAfterTimeLimit(seconds * 1000)],
  });
  // The limit does not wait for the case that is under way.
  await running;
  console.log(`${cases} sequences with edits compared`);
  expect(cases).toBeGreaterThan(5);
}
