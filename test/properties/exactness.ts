/**
 * Promises 1 and 9: after any sequence of imports, also interrupted ones, of edits and of edits taken back, the table is what the slow, obvious program of
 * `src/reference` makes of it. fast-check prints the seed of what fails.
 */
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect } from 'vitest';
import { bytesOf } from '../../src/csv/cases.ts';
import { defaultDialect } from '../../src/csv/dialect.ts';
import { type ReferenceOutcome, ReferenceTable } from '../../src/reference/replay.ts';
import { type ImportOutcome, type ImportSettings, importFile } from '../../src/run/import-file.ts';
import { verifyDataset } from '../../src/run/verify.ts';
import { LonghaulError } from '../../src/runtime/errors.ts';
import { type ColumnMapping, mapColumns } from '../../src/schema/columns.ts';
import { products } from '../../src/schema/dataset.ts';
import type { RunRecord, StoreReader } from '../../src/store/store.ts';
import { type TestDatabase, type TestEngine } from '../helpers/engines.ts';
import { MemoryFile } from '../helpers/memory-file.ts';
import { headlessContent, type RandomContent, randomContent } from '../helpers/random-files.ts';
import { runCases } from '../helpers/run-cases.ts';
import { ShufflingPool } from '../helpers/shuffling-pool.ts';

const settingsOfStep = fc.record({
  chunkBytes: fc.constantFrom(1, 1, 20, 60, 10_000),
  maxRecordBytes: fc.constantFrom(200, 10_000),
  rejectLimit: fc.constantFrom(
    { kind: 'number', number: 1000 } as const,
    { kind: 'number', number: 1 } as const,
    { kind: 'part', part: 0.25, atLeast: 1 } as const,
  ),
});

/** Where a process dies, and what the next one does: the same again, with other settings, or never again. */
const interruption = fc.record({
  at: fc.oneof(fc.constant('publish' as const), fc.integer({ min: 1, max: 12 })),
  next: fc.constantFrom('again', 'again', 'with other settings', 'leave it'),
});

/** What a person does to a row: change columns, or take the edit back. Row 0 is none. */
const editStep = fc.record({
  row: fc.nat({ max: 19 }),
  change: fc.option(
    fc.dictionary(fc.constantFrom('name', 'description'), fc.constantFrom('', 'Eve', 'é\n"'), { minKeys: 1 }),
    { freq: 3, nil: null },
  ),
});
type EditStep = typeof editStep extends fc.Arbitrary<infer Value> ? Value : never;

const step = fc.record({
  file: fc.constantFrom('a.csv', 'b.csv', 'c.csv'),
  content: fc.nat({ max: 2 }),
  settings: settingsOfStep,
  otherSettings: settingsOfStep,
  sensing: fc.constantFrom('settled', 'settled', 'unsettled', 'stream'),
  stagingMemoryBytes: fc.constantFrom(0, 0, 500, 1e9),
  interruption: fc.option(interruption, { freq: 2, nil: null }),
  seed: fc.integer(),
  /** Made while chunks are being staged, before they are published. */
  editsMeanwhile: fc.array(editStep, { maxLength: 2 }),
  /** Made when the import has ended, in whatever way. */
  editsAfter: fc.array(editStep, { maxLength: 3 }),
});
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;
type StepSettings = Step['settings'];

/** What edits came to, so that a test without them is noticed. */
const editsMade: Record<string, number> = {};

/** Imports that were published without a header to name their columns. */
let headlessPublished = 0;

/** One database and what it should hold, step by step. */
class Comparison {
  readonly #database: TestDatabase;
  readonly #reference = new ReferenceTable(products);
  /** The reference's number of the import by the run that did it. */
  readonly #importOfRun = new Map<number, number>();
  #imports = 0;

  /** What was seen after each step, for another engine to see as well. */
  readonly seen: { readonly outcome: string | undefined; readonly table: unknown }[] = [];

  constructor(database: TestDatabase) {
    this.#database = database;
  }

  async take(given: Step, content: RandomContent): Promise<void> {
    await this.#importStep(given, content);
    for (const edit of given.editsAfter) {
      await this.#edit(edit);
      await this.#compare(null, null);
    }
  }

  async #importStep(given: Step, content: RandomContent): Promise<void> {
    let { settings } = given;
    let unfinished: RunRecord | undefined;
    if (given.interruption !== null) {
      const stopped = await this.#runUntil(given.interruption.at, given, content, settings);
      if (stopped === null) {
        await this.#compare(null, null);
        if (given.interruption.next === 'leave it') return;
        [unfinished] = await this.#unfinished(given.file);
        if (given.interruption.next === 'with other settings') settings = given.otherSettings;
      }
    }
    // An interruption that came too late has changed nothing: this is then the same version again.
    const outcome = await this.#runUntil(null, given, content, settings);
    if (outcome === null) throw new Error('nobody interrupts this one');
    const goesOn = unfinished !== undefined && outcome.kind !== 'already_published';
    if (goesOn && JSON.stringify(settings) === JSON.stringify(given.settings)) {
      expect(outcome).toMatchObject({ record: { run: unfinished?.run } });
    }
    await this.#import(outcome, given, content, settings);
    // What was begun for another version ends when a run for this one begins.
    const began = outcome.kind === 'published' || (outcome.kind === 'failed' && outcome.record !== null);
    if (began) expect(await this.#unfinished(given.file)).toEqual([]);
  }

  /** Compares one finished import with the reference's. */
  async #import(
    outcome: ImportOutcome,
    given: Step,
    content: RandomContent,
    settings: StepSettings,
  ): Promise<void> {
    const expected = this.#reference.importFile({
      name: given.file,
      content: content.bytes,
      dialect: content.dialect,
      columns: content.columns,
      ...settings,
    });
    const number = this.#imports++;
    if (outcome.kind === 'published' && content.columns !== null) headlessPublished++;
    if (outcome.kind === 'published') this.#importOfRun.set(outcome.record.run, number);
    await this.#compare(outcome, expected);
  }

  /** One process, from its start to its end. Null: it was interrupted. */
  async #runUntil(
    stopAt: number | 'publish' | null,
    given: Step,
    content: RandomContent,
    settings: StepSettings,
  ): Promise<ImportOutcome | null> {
    const { stagingMemoryBytes, seed } = given;
    const abort = new AbortController();
    await using pool = new ShufflingPool(seed, (number) => {
      if (number === stopAt) abort.abort();
      // All that waits for the first chunk waits for the edits: what they come to must not depend on which is faster.
      return number === 1 ? this.#editAll(given.editsMeanwhile) : undefined;
    });
    await using store = await this.#database.openStore({
      stagingMemoryBytes,
      bySuccessors: seed % 2 === 0,
    });
    await store.lockImports();
    await store.ensureDataset(products);
    const file = new MemoryFile(given.file, stored(content), given.sensing, seed);
    const { dialect } = content;
    const mapping = headlessMapping(content);
    const importSettings: ImportSettings = { dataset: products, dialect, mapping, ...settings };
    const parts = {
      store,
      pool,
      signal: abort.signal,
      onProgress: ({ phase }: { phase: string }) => {
        if (phase === 'publishing' && stopAt === 'publish') abort.abort();
      },
    };
    try {
      const outcome = await importFile(parts, file, importSettings);
      if (stopAt !== null) await this.#import(outcome, given, content, settings);
      return outcome;
    } catch (error) {
      if (abort.signal.aborted && error instanceof LonghaulError && error.code === 'interrupted') return null;
      throw error;
    }
  }

  async #editAll(edits: readonly EditStep[]): Promise<void> {
    for (const edit of edits) await this.#edit(edit);
  }

  /** One edit by another process, in the database and in the reference: both at once, when this is called. */
  async #edit({ row, change }: EditStep): Promise<void> {
    const { rows } = this.#reference;
    if (rows.length === 0) return;
    const sku = row === 0 ? 'no such sku' : rows[row % rows.length]!.values[1]!;
    const columns = new Map(Object.entries(change ?? {}));
    const expected = change === null ? this.#reference.takeBack(sku) : this.#reference.edit(sku, columns);
    await using editor = await this.#database.openEditor();
    const edited =
      change === null
        ? editor.takeBackEdit(products, [sku], null)
        : editor.editRow(products, [sku], columns, null);
    const found = await edited.then(
      () => 'done',
      (error: unknown) => (error instanceof LonghaulError ? error.code : String(error)),
    );
    expect(found).toBe(expected);
    editsMade[expected] = (editsMade[expected] ?? 0) + 1;
  }

  /** All edits that the rows ever had, as the reference tells of them. */
  async #compareEdits(reader: StoreReader): Promise<void> {
    for (const { values } of this.#reference.rows) {
      const key = values[1]!;
      const found = (await reader.edits(products, [key])).map((edit) => ({
        state: edit.state,
        values: edit.values,
        endedByImport: edit.endedByRun === null ? null : this.#importOfRun.get(edit.endedByRun),
        covered: {
          values: edit.covered.values,
          import: this.#importOfRun.get(edit.covered.run),
          line: edit.covered.line,
        },
        files: edit.remembered.map(({ name }) => name),
      }));
      const expected = this.#reference.edits(key).map(({ remembered, ...edit }) => ({
        ...edit,
        files: [...remembered.keys()].sort(),
      }));
      expect(found).toEqual(expected.reverse());
      for (const { state } of found) editsMade[state] = (editsMade[state] ?? 0) + 1;
    }
  }

  async #unfinished(file: string): Promise<RunRecord[]> {
    await using reader = await this.#database.openUnfinished();
    if (reader === null) return [];
    const runs = await reader.runs(products, 1000);
    return runs.filter(({ name, state }) => name === file && (state === 'staging' || state === 'publishing'));
  }

  async #compare(outcome: ImportOutcome | null, expected: ReferenceOutcome | null): Promise<void> {
    await using reader = await this.#database.openReader();
    if (reader === null) {
      expect(outcome?.kind === 'published').toBe(false);
      expect(this.#reference.rows).toEqual([]);
      if (outcome !== null) expect(expected).toMatchObject(summaryOf(outcome));
      return;
    }
    const rows = await reader.rows(products, null, 1e6);
    const counts = await reader.topCounts(products, 'name', 1e6);
    const seen = rows.map(({ values, run, line }) => ({ values, import: this.#importOfRun.get(run), line }));
    expect(seen).toEqual(this.#reference.rows);
    expect(new Map(counts.map(({ value, number }) => [value, number]))).toEqual(
      this.#reference.counts('name'),
    );

    await this.#compareEdits(reader);

    const verdict = await verifyDataset(reader, products, null);
    expect(verdict).toMatchObject({ agrees: true, findings: [], rows: rows.length, groups: counts.length });
    const table = { rows, counts, totals: await reader.totals(products) };
    this.seen.push({ outcome: outcome?.kind, table });

    if (outcome === null || expected === null) return;
    expect(expected).toMatchObject(summaryOf(outcome));
    if (outcome.kind !== 'published' || expected.kind !== 'published') return;
    const { record } = outcome;
    editsMade['kept'] = (editsMade['kept'] ?? 0) + record.kept;
    expect(record).toMatchObject({
      state: 'done',
      ...expected.sums,
      ignoredColumns: expected.ignoredColumns,
    });
    expect(record.rejectedBy).toEqual(expected.sums.rejectedBy);
    expect(record.table).toMatchObject({ rows: rows.length, groups: counts.length });
    const rejects = await reader.rejects(products, record.run, 1e6);
    expect(rejects).toEqual(expected.rejects.map((reject) => ({ run: record.run, ...reject })));
    const runs = await reader.runs(products, 1000);
    await this.#database.checkSound(runs.some(({ endedMs }) => endedMs === null));
  }
}

function summaryOf(outcome: ImportOutcome): { kind: string; code?: string } {
  return outcome.kind === 'failed' ? { kind: 'failed', code: outcome.error.code } : { kind: outcome.kind };
}

function headlessMapping({ columns }: RandomContent): ColumnMapping | null {
  if (columns === null) return null;
  const mapped = mapColumns(products, columns);
  if (mapped.kind !== 'mapping') throw new Error(mapped.kind);
  return mapped.mapping;
}

const content = fc.oneof({ weight: 3, arbitrary: randomContent }, { weight: 1, arbitrary: headlessContent });

/** Three files; now and then two of them are the same bytes, in which other fields are said to be other columns. */
const contents = fc.tuple(content, content, content, fc.boolean()).map(([a, b, c, areSame]) => {
  const turned = a.columns?.toReversed() ?? null;
  return areSame && turned !== null ? [a, { ...a, columns: turned }, c] : [a, b, c];
});

/** Equal content is stored alike, so that versions are equal exactly when contents are. */
function stored({ bytes }: RandomContent): Uint8Array {
  return bytes.length % 4 === 3 ? gzipSync(bytes) : bytes;
}

/** A step like any other, but that nothing happens to it. */
const plainStep: Step = {
  file: 'a.csv',
  content: 0,
  settings: { chunkBytes: 20, maxRecordBytes: 200, rejectLimit: { kind: 'number', number: 1000 } },
  otherSettings: { chunkBytes: 1, maxRecordBytes: 200, rejectLimit: { kind: 'number', number: 1000 } },
  sensing: 'settled',
  stagingMemoryBytes: 1e9,
  interruption: null,
  seed: 1,
  editsMeanwhile: [],
  editsAfter: [],
};

const headless: RandomContent = {
  bytes: bytesOf('Ann,a,1\nBob,b,2\nAnn,a,3\n'),
  dialect: { ...defaultDialect, header: false },
  columns: ['name', 'sku', 'description'],
};

/** The same steps with each engine; a case takes some 30 ms with SQLite. */
export async function compareImports(
  engines: readonly TestEngine[],
  howMany: { readonly least: number; readonly seconds: number },
): Promise<void> {
  let compared = 0;
  const compare = async (
    contentsOfCase: readonly RandomContent[],
    stepsOfCase: readonly Step[],
    exists: boolean,
  ) => {
    const seen: Comparison['seen'][] = [];
    for (const engine of engines) {
      await using database = await engine.create(exists);
      const comparison = new Comparison(database);
      for (const given of stepsOfCase) await comparison.take(given, contentsOfCase[given.content]!);
      seen.push(comparison.seen);
    }
    for (const other of seen.slice(1)) {
      // An interruption may come too late with one engine and in time with the other.
      if (courseOf(other) !== courseOf(seen[0]!)) continue;
      expect(other).toEqual(seen[0]);
      compared++;
    }
  };
  const steps = fc.array(step, { minLength: 1, maxLength: 6, size: 'max' });
  const cases = await runCases(
    [contents, steps, fc.boolean()],
    { ...howMany, examples: [[[headless, headless, headless], [plainStep], false]] },
    compare,
  );
  console.log(
    `${cases} sequences of imports compared (${compared} between engines); ${headlessPublished} imports without a header; edits: ${JSON.stringify(editsMade)}`,
  );
  expect(headlessPublished).toBeGreaterThan(0);
  expect(compared).toBeGreaterThanOrEqual(((engines.length - 1) * cases) / 4);
}

function courseOf(seen: Comparison['seen']): string {
  return seen.map(({ outcome }) => outcome).join();
}
