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
import type { RunRecord } from '../../src/store/store.ts';
import { products } from '../../src/schema/dataset.ts';
import { planOf, testFile } from '../../src/store/conformance-files.ts';
import { importTestFile, neverStopped, stageFile } from '../../src/store/conformance-steps.ts';
import type { TestEngine } from '../helpers/engines.ts';
import { runCases } from '../helpers/run-cases.ts';

const sku = fc.constantFrom('a', 'ab', 'b', '\u{10000}', '\uffee');
const value = fc.constantFrom('', '1', '2');
const record = fc.tuple(sku, value, fc.constant('d'));
const edit = fc.oneof(
  { weight: 3, arbitrary: fc.record({ edit: sku, name: value }) },
  { weight: 1, arbitrary: fc.record({ takeBack: sku }) },
);
const step = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      file: fc.constantFrom('a.csv', 'b.csv', 'c.csv'),
      chunks: fc.array(fc.array(record, { maxLength: 4, size: 'max' }), { minLength: 1, maxLength: 3 }),
      // While the publish is under way: at which of the moments at which somebody else gets at the lock, and what.
      meanwhile: fc.array(fc.tuple(fc.nat({ max: 4 }), edit), { maxLength: 4, size: 'max' }),
    }),
  },
  { weight: 3, arbitrary: edit },
);
type Edit = typeof edit extends fc.Arbitrary<infer Value> ? Value : never;
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

export interface EditTuning {
  readonly bySuccessors: boolean;
  /**
   * Edits come in the middle of publishes: with an engine whose editors do their work at once when they are called. Else
   * they come just before.
   */
  readonly inTheMiddle: boolean;
}

/** @returns what was seen after each step, and how many edits came in the middle of a publish */
async function compare(
  engine: TestEngine,
  steps: readonly Step[],
  { bySuccessors, inTheMiddle }: EditTuning,
): Promise<{ seen: unknown[]; meanwhile: number }> {
  await using database = await engine.create(false);
  let cameMeanwhile = 0;
  const published = new Map<string, string>();
  const seen: unknown[] = [];
  const reference = new ReferenceTable(products);
  const importOfRun = new Map<number, number>();
  let imports = 0;
  await using store = await database.openStore({ stagingMemoryBytes: 1e9, bySuccessors });
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
  const carryOut = (given: Edit): Promise<string> =>
    codeOf(
      'edit' in given
        ? editor.editRow(products, [given.edit], new Map([['name', given.name]]), null)
        : editor.takeBackEdit(products, [given.takeBack], null),
    );
  const expectedOf = (given: Edit): string =>
    'edit' in given
      ? reference.edit(given.edit, new Map([['name', given.name]]))
      : reference.takeBack(given.takeBack);
  for (const given of steps) {
    if ('file' in given) {
      const { file: name, chunks } = given;
      const meanwhile = given.meanwhile.toSorted(([first], [second]) => first - second);
      const records = chunks.flat().map(([key, first, rest]) => `${first},${key},${rest}\n`);
      const content = `name,sku,description\n${records.join('')}`;
      const number = imports++;
      const found: { run: RunRecord | null; codes: string[] } = { run: null, codes: [] };
      if (published.get(name) !== content) {
        const codes: Promise<string>[] = [];
        let moment = 0;
        const progress = (): void => {
          while (codes.length < meanwhile.length && meanwhile[codes.length]![0] <= moment) {
            codes.push(carryOut(meanwhile[codes.length]![1]));
          }
          moment++;
        };
        const file = testFile(chunks);
        const run = await stageFile(store, file, planOf(name));
        if (!inTheMiddle)
          for (const [, before] of meanwhile) codes.push(Promise.resolve(await carryOut(before)));
        found.run = await store.publish(run, file.totals, { ...neverStopped, progress });
        found.codes = await Promise.all(codes);
        importOfRun.set(run, number);
        published.set(name, content);
      }
      // They come before the run in the order of commits. A publish with fewer moments leaves some undone.
      for (const [index, code] of found.codes.entries()) {
        expect(code).toBe(expectedOf(meanwhile[index]![1]));
        cameMeanwhile++;
      }
      const expected = reference.importFile({
        name,
        content: new Uint8Array(Buffer.from(content)),
        dialect: defaultDialect,
        columns: null,
        maxRecordBytes: 1000,
        rejectLimit: { kind: 'number', number: 0 },
      });
      if (expected.kind === 'published') expect(found.run).toMatchObject(expected.sums);
      else expect(found.run).toBeNull();
    } else {
      const found = await carryOut(given);
      expect(found).toBe(expectedOf(given));
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
  return { seen, meanwhile: cameMeanwhile };
}

/** The same steps with each engine. */
export async function compareEdits(
  engines: readonly TestEngine[],
  howMany: { readonly least: number; readonly seconds: number },
  tuning: EditTuning,
): Promise<void> {
  let edited = 0;
  const compareEngines = async (steps: readonly Step[]): Promise<void> => {
    const seen: unknown[] = [];
    for (const engine of engines) {
      const compared = await compare(engine, steps, tuning);
      seen.push(compared.seen);
      edited += compared.meanwhile;
    }
    for (const other of seen) expect(other).toEqual(seen[0]);
  };
  const steps = fc.array(step, { minLength: 1, maxLength: 25, size: 'max' });
  const cases = await runCases([steps], howMany, compareEngines);
  console.log(`${cases} sequences compared, with ${edited} edits in the middle of publishes`);
  expect(edited).toBeGreaterThan(20);
}
