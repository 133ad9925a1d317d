import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import type { Clock } from '../../runtime/clock.ts';
import { peakRssBytes } from '../../runtime/memory.ts';
import { Kernel } from '../../kernel/kernel.ts';
import type { Dataset } from '../../schema/dataset.ts';
import type { FileRef } from '../../schema/file-ref.ts';
import { rowLayout } from '../../schema/packed-rows.ts';
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
} from '../store.ts';
import { compareRows, type ComparedSums, type DifferenceSink, insertRows } from './compare-rows.ts';
import { identifier } from '../identifier.ts';
import { openReader } from './connection.ts';
import { hasEdits } from './edit-reader.ts';
import { translating } from './errors.ts';
import { existingRows } from './existing-rows.ts';
import { totalOfChunks } from '../chunk-totals.ts';
import { Ledger } from './ledger.ts';
import { StandingEdits } from './meetings.ts';
import { checkSums } from '../chunk-totals.ts';
import { noOutcomes } from './row-outcomes.ts';
import { checkVersion } from './schema.ts';
import { StagingFolder } from './staging.ts';

export interface TrialStoreOptions {
  readonly path: string;
  readonly clock: Clock;
  /** Staged rows that may wait in memory, in bytes; beyond it they go to a folder of their own below the system's. */
  readonly stagingMemoryBytes: number;
}

/** A run of a trial has no number of its own. */
const trialRun = 0;

/** A database of ours, to be read. */
interface Found {
  readonly db: DatabaseSync;
  readonly ledger: Ledger;
}

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
  readonly capabilities = { shortRunsStageInMemory: true } as const;
  readonly #options: TrialStoreOptions;
  #run: TrialRun | null = null;
  /** Made when the first chunk is put there. */
  #folder: string | null = null;

  constructor(options: TrialStoreOptions) {
    this.#options = options;
  }

  async findDataset(name: string): Promise<KeptDataset | null> {
    return this.#reading((found) => {
      const dataset = found?.ledger.dataset(name) ?? null;
      if (found === null || dataset === null) return null;
      return { dataset, published: found.ledger.table(name).publishNumber > 0 };
    });
  }

  async dropDataset(): Promise<void> {}
  async lockImports(): Promise<void> {}
  async outdateRuns(): Promise<void> {}

  async ensureDataset(dataset: Dataset): Promise<TableTotals> {
    return this.#reading((found) => ({ rows: rowsOf(found, dataset), groups: 0, checksum: 0n }));
  }

  async findPublished(dataset: Dataset, file: FileRef): Promise<PublishedFile | null> {
    return this.#reading((found) => found?.ledger.publishedFile(dataset.name, file) ?? null);
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
      staged.packed.words.buffer.transfer(0);
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
    const nothing: DifferenceSink = { compared: () => undefined, met: () => undefined };
    const { outcomes, rowsAfter, removed } = this.#reading((found) => {
      // A table that is not there holds no row, and without a key there is nothing to compare by.
      if (found === null || !found.ledger.knows(dataset.name) || dataset.key.length === 0) {
        const inserting = insertRows(new Kernel(), rows, control, nothing);
        const stay = rowsThatStay(found, dataset, file);
        const rowsGone = rowsOf(found, dataset) - stay;
        return { outcomes: inserting, rowsAfter: stay + inserting.inserted, removed: rowsGone };
      }
      const { db, ledger } = found;
      const before = ledger.table(dataset.name).rows;
      const compare = existingRows(db, dataset, before, total.rows);
      const edits = hasEdits(db)
        ? new StandingEdits(db, dataset, file)
        : { meet: () => null, mayMeet: () => false };
      const compared = compareRows(new Kernel(), rows, { compare, edits }, control, nothing);
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

  /** All that `work` reads is of one committed state; it gets `null` when there is no database of ours. */
  #reading<Result>(work: (found: Found | null) => Result): Result {
    const { path } = this.#options;
    if (!existsSync(path)) return work(null);
    return translating(path, () => {
      using db = openReader(path);
      if (!checkVersion(db, path)) return work(null);
      db.exec('BEGIN');
      return work({ db, ledger: new Ledger(db) });
    });
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
      table,
      failure,
    };
  }
}

function rowsOf(found: Found | null, dataset: Dataset): number {
  return found?.ledger.knows(dataset.name) === true ? found.ledger.table(dataset.name).rows : 0;
}

/** Of a dataset without a key: rows that those of a version of this file do not replace. */
function rowsThatStay(found: Found | null, dataset: Dataset, file: FileRef): number {
  const former = found?.ledger.publishedFile(dataset.name, file) ?? null;
  if (found === null || former === null) return rowsOf(found, dataset);
  const counted = found.db.prepare(`SELECT count(*) AS n FROM ${identifier(dataset.name)} WHERE _run <> ?`);
  return (counted.get(former.run) as { n: number }).n;
}
