import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Kernel } from '../kernel/kernel.ts';
import type { Clock } from '../runtime/clock.ts';
import { peakRssBytes } from '../runtime/memory.ts';
import type { Dataset } from '../schema/dataset.ts';
import type { FileRef } from '../schema/file-ref.ts';
import { dropRows, rowLayout } from '../schema/packed-rows.ts';
import { checkSums, totalOfChunks } from './chunk-totals.ts';
import type { OpenedRows } from './opened-rows.ts';
import { lookWhetherToStop } from './publish-control.ts';
import { type ComparedSums, noOutcomes } from './row-outcomes.ts';
import { StagingFolder } from './staging-folder.ts';
import type {
  Failure,
  KeptDataset,
  OpenedRun,
  PublishControl,
  PublishedFile,
  RunPlan,
  RunRecord,
  RunState,
  SnapshotTotals,
  StagedChunk,
  Store,
  TableTotals,
} from './store.ts';

/** What a trial reads of a database: all of one committed state. */
export interface TrialView {
  dataset(name: string): Promise<KeptDataset | null>;
  publishedFile(dataset: Dataset, file: FileRef): Promise<PublishedFile | null>;
  /** Rows of a table; 0 where there is none. */
  rows(dataset: Dataset): Promise<number>;
  /** Those of one run; of a dataset without a key. */
  rowsOfRun(dataset: Dataset, run: number): Promise<number>;
  /** What would become of each winner, in a table with a key that is there. `stagedRows`: how many rows are merged. */
  compare(
    run: TrialFile,
    rows: OpenedRows,
    stagedRows: number,
    control: PublishControl,
  ): Promise<ComparedSums>;
}

export interface TrialFile {
  readonly dataset: Dataset;
  readonly file: FileRef;
}

/** A database to be read. */
export interface TrialDatabase extends AsyncDisposable {
  /** Calls `work` with null when there is nothing of ours. */
  reading<Result>(work: (view: TrialView | null) => Promise<Result>): Promise<Result>;
}

export interface TrialStoreOptions {
  readonly database: TrialDatabase;
  readonly clock: Clock;
  /** Staged rows that may wait in memory, in bytes; beyond it they go to a folder of their own below the system's. */
  readonly stagingMemoryBytes: number;
}

/** A run of a trial has no number of its own. */
const trialRun = 0;

interface TrialRun {
  readonly plan: RunPlan;
  readonly startedMs: number;
  readonly chunks: Map<number, StagedChunk>;
  inMemoryBytes: number;
}

/**
 * A store that takes a run as far as its publish and says what that would do, to the last row, by one committed state of the
 * database. It writes nothing into the database nor beside it, takes no lock, and there need not be a database.
 */
export class TrialStore implements Store {
  readonly capabilities = { shortRunsStageInMemory: true, publishesByPartitions: false } as const;
  readonly #options: TrialStoreOptions;
  #run: TrialRun | null = null;
  /** Made when the first chunk is put there. */
  #folder: string | null = null;

  constructor(options: TrialStoreOptions) {
    this.#options = options;
  }

  async findDataset(name: string): Promise<KeptDataset | null> {
    return this.#reading(async (view) => (await view?.dataset(name)) ?? null);
  }

  async dropDataset(): Promise<void> {}
  async lockImports(): Promise<void> {}
  async endRuns(): Promise<void> {}

  async ensureDataset(dataset: Dataset): Promise<TableTotals> {
    return this.#reading(async (view) => ({
      ...{ rows: (await view?.rows(dataset)) ?? 0, groups: 0, checksum: 0n },
    }));
  }

  async findPublished(dataset: Dataset, file: FileRef): Promise<PublishedFile | null> {
    return this.#reading(async (view) => (await view?.publishedFile(dataset, file)) ?? null);
  }

  async openRun(plan: RunPlan): Promise<OpenedRun> {
    this.#forget();
    const startedMs = this.#options.clock.wallMs();
    this.#run = { plan, startedMs, chunks: new Map(), inMemoryBytes: 0 };
    return { run: trialRun, staged: [] };
  }

  async stageChunk(_run: number, chunk: StagedChunk): Promise<void> {
    const run = this.#active();
    // Rejects are counted; nobody will ask for them.
    run.chunks.set(chunk.index, { ...chunk, rejects: [] });
    run.inMemoryBytes += chunk.packed.words.byteLength;
    if (run.inMemoryBytes <= this.#options.stagingMemoryBytes) return;
    for (const [index, staged] of run.chunks) {
      if (staged.packed.words.length === 0) continue;
      this.#staging().write(trialRun, index, staged.packed);
      run.chunks.set(index, { ...staged, packed: { words: new Uint32Array(0), rows: 0 } });
      dropRows(staged.packed);
    }
    run.inMemoryBytes = 0;
  }

  async publish(_run: number, totals: SnapshotTotals, control: PublishControl): Promise<RunRecord> {
    const { plan } = this.#active();
    const { dataset, file } = plan;
    const chunks = this.#chunks();
    const total = totalOfChunks(chunks);
    const staged = chunks.map(({ index, line, packed, rows }) => ({
      ...{ index, line },
      packed: packed.rows === rows ? packed : null,
    }));
    const rows = this.#staging().open(trialRun, rowLayout(dataset), staged);
    const { outcomes, rowsAfter, removed } = await this.#reading(async (view) => {
      const before = (await view?.rows(dataset)) ?? 0;
      // A table without rows has none to compare with, and without a key there is nothing to compare by.
      if (view === null || before === 0 || dataset.key.length === 0) {
        const inserting = countRows(rows, control);
        const former = dataset.key.length > 0 ? null : await view?.publishedFile(dataset, file);
        const gone = view === null || !former ? 0 : await view.rowsOfRun(dataset, former.run);
        return { outcomes: inserting, rowsAfter: before - gone + inserting.inserted, removed: gone };
      }
      const compared = await view.compare({ dataset, file }, rows, total.rows, control);
      return { outcomes: compared, rowsAfter: before + compared.inserted, removed: 0 };
    });
    const { inserted, updated, unchanged, kept } = outcomes;
    const superseded = total.superseded + outcomes.superseded;
    checkSums(trialRun, totals, total, inserted + updated + unchanged + kept + superseded);
    const table = { rows: rowsAfter, groups: 0, checksum: 0n };
    return this.#record('done', totals, { ...outcomes, superseded, removed }, table, null);
  }

  async endRun(
    _run: number,
    state: 'failed' | 'cancelled' | 'outdated',
    totals: SnapshotTotals | null,
    failure: Failure | null,
  ): Promise<RunRecord> {
    return this.#record(state, totals, { ...noOutcomes(), superseded: 0, removed: 0 }, null, failure);
  }

  async discardRun(): Promise<void> {
    this.#forget();
  }

  async clear(): Promise<void> {
    throw new Error('a trial clears nothing');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#forget();
    await this.#options.database[Symbol.asyncDispose]();
  }

  #active(): TrialRun {
    if (this.#run === null) throw new Error('no run is open');
    return this.#run;
  }

  #staging(): StagingFolder {
    this.#folder ??= mkdtempSync(join(tmpdir(), 'longhaul-trial-'));
    return new StagingFolder(join(this.#folder, 'trial'));
  }

  #forget(): void {
    this.#run = null;
    if (this.#folder !== null) rmSync(this.#folder, { recursive: true, force: true });
    this.#folder = null;
  }

  #chunks(): StagedChunk[] {
    return [...this.#active().chunks.values()].sort((a, b) => a.index - b.index);
  }

  #reading<Result>(work: (view: TrialView | null) => Promise<Result>): Promise<Result> {
    return this.#options.database.reading(work);
  }

  #record(
    state: RunState,
    totals: SnapshotTotals | null,
    outcome: ComparedSums & Pick<RunRecord, 'removed'>,
    table: TableTotals | null,
    failure: Failure | null,
  ): RunRecord {
    const { plan, startedMs } = this.#active();
    const total = totalOfChunks(this.#chunks());
    return {
      run: trialRun,
      dataset: plan.dataset.name,
      ...plan.file,
      state,
      publishNumber: null,
      version: totals?.version ?? null,
      bytes: totals?.bytes ?? 0,
      contentBytes: total.contentBytes,
      chunks: total.chunks,
      chunksTakenOver: 0,
      records: total.records,
      blankLines: total.blankLines,
      ...outcome,
      rejected: total.rejected,
      rejectedBy: total.rejectedBy,
      ignoredColumns: plan.ignoredColumns,
      startedMs,
      endedMs: this.#options.clock.wallMs(),
      peakRssBytes: peakRssBytes(),
      partitions: null,
      table,
      failure,
    };
  }
}

/** All winners, none of which has a row. */
function countRows(rows: OpenedRows, control: PublishControl): ComparedSums {
  const merge = rows.startMerge(new Kernel());
  let inserted = 0;
  for (let winners = merge.next(); winners > 0; winners = merge.next()) {
    inserted += winners;
    lookWhetherToStop(control, inserted);
  }
  lookWhetherToStop(control, inserted);
  return { ...noOutcomes(), inserted, superseded: rows.superseded + merge.superseded };
}
