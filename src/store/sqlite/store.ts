import type { DatabaseSync } from 'node:sqlite';
import type { Clock } from '../../runtime/clock.ts';
import { LonghaulError } from '../../runtime/errors.ts';
import type { Dataset } from '../../schema/dataset.ts';
import type { FileRef } from '../../schema/file-ref.ts';
import { rowLayout } from '../../schema/packed-rows.ts';
import type {
  ChunkRef,
  ChunkSums,
  Failure,
  OpenedRun,
  PublishControl,
  PublishedFile,
  RunPlan,
  RunRecord,
  SnapshotTotals,
  StagedChunk,
  Store,
  TableTotals,
} from '../store.ts';
import { RowApplier } from './apply-rows.ts';
import { identifier, inTransaction, openReader, openWriter } from './connection.ts';
import { isSqliteError, translated } from './errors.ts';
import { existingRows } from './existing-rows.ts';
import { ImportLock } from './import-lock.ts';
import { type ChunkTotals, Ledger, totalOfChunks } from './ledger.ts';
import { RejectQuota } from './reject-quota.ts';
import { runColumns, runRecord } from './run-record.ts';
import { ensureTables, migrate } from './schema.ts';
import { StagingFolder } from './staging.ts';

export interface SqliteStoreOptions {
  readonly path: string;
  readonly clock: Clock;
  /** Staged rows that may wait in memory, in bytes; beyond it all go to files. */
  readonly stagingMemoryBytes: number;
  /** A run that has lasted this long goes to files whatever its size, so that a crash does not cost it. */
  readonly stagingMemoryMs: number;
  /** Told of what went wrong after a run was published, and costs nothing but disk space. */
  readonly warn: (message: string) => void;
}

/** What a kept reject takes in memory besides its raw bytes. */
const rejectOverheadBytes = 256;

/** The run that this process is working on. */
interface ActiveRun {
  readonly run: number;
  readonly dataset: Dataset;
  readonly file: FileRef;
  readonly startedMs: number;
  readonly startedAt: number;
  /** Chunks that wait in memory, by index; in the staging folder and the ledger are the others. */
  readonly inMemory: Map<number, StagedChunk>;
  inMemoryBytes: number;
  durable: boolean;
  readonly rejectQuota: RejectQuota;
}

/** The SQLite store: the only writer of its database's rows. Its methods do their work at once, without awaiting. */
export class SqliteStore implements Store {
  readonly capabilities = { shortRunsStageInMemory: true } as const;
  readonly #options: SqliteStoreOptions;
  readonly #db: DatabaseSync;
  readonly #ledger: Ledger;
  readonly #staging: StagingFolder;
  #lock: ImportLock | null = null;
  #active: ActiveRun | null = null;

  constructor(options: SqliteStoreOptions) {
    this.#options = options;
    this.#staging = new StagingFolder(options.path);
    this.#db = this.#translating(() => openWriter(options.path));
    try {
      this.#translating(() => migrate(this.#db, options.path));
    } catch (error) {
      this.#db.close();
      throw error;
    }
    this.#ledger = new Ledger(this.#db);
  }

  async ensureDataset(dataset: Dataset): Promise<TableTotals> {
    return this.#write(() => {
      ensureTables(this.#db, this.#options.path, dataset);
      return this.#tableTotals(dataset);
    });
  }

  async lockImports(): Promise<void> {
    this.#lock = this.#translating(() => new ImportLock(this.#options.path));
    // What a killed process has left behind and no run can use any more.
    this.#translating(() => this.#staging.removeAllBut(this.#ledger.allUnfinished()));
  }

  async findPublished(dataset: Dataset, file: FileRef): Promise<PublishedFile | null> {
    return this.#translating(() => this.#ledger.publishedFile(dataset.name, file));
  }

  async openRun(plan: RunPlan): Promise<OpenedRun> {
    if (this.#lock === null) throw new Error('lockImports must be called before openRun');
    const { clock } = this.#options;
    const startedMs = clock.wallMs();
    const { run, staged } = this.#write(() => {
      const candidates = this.#ledger.unfinishedRuns(plan.dataset.name, plan.file);
      const resumed = candidates.find(
        (candidate) => candidate.settings === plan.settings && candidate.fingerprint === plan.fingerprint,
      );
      for (const candidate of candidates) {
        if (candidate === resumed) continue;
        this.#ledger.setState(candidate.run, 'outdated');
        this.#ledger.forgetStaged(candidate.run);
        this.#staging.remove(candidate.run);
      }
      if (resumed === undefined) return { run: this.#ledger.addRun(plan, startedMs), staged: [] };
      this.#ledger.restart(resumed.run, startedMs);
      return { run: resumed.run, staged: this.#wholeChunks(resumed.run) };
    });
    this.#active = {
      run,
      dataset: plan.dataset,
      file: plan.file,
      startedMs,
      startedAt: clock.monotonicMs(),
      inMemory: new Map(),
      inMemoryBytes: 0,
      durable: staged.length > 0,
      rejectQuota: new RejectQuota(),
    };
    return { run, staged };
  }

  /** Chunks of an earlier process whose files are whole; of others the ledger forgets. */
  #wholeChunks(run: number): (ChunkRef & ChunkSums)[] {
    return this.#ledger.chunks(run).filter((chunk) => {
      const whole =
        chunk.stagedSha256 !== null && this.#staging.isWhole(run, chunk.index, chunk.stagedSha256);
      if (!whole) this.#ledger.removeChunk(run, chunk.index);
      return whole;
    });
  }

  async stageChunk(run: number, chunk: StagedChunk): Promise<void> {
    const active = this.#activeRun(run);
    const rejects = active.rejectQuota.admit(chunk.index, chunk.rejects);
    active.inMemory.set(chunk.index, { ...chunk, rejects });
    active.inMemoryBytes += chunk.packed.words.byteLength;
    for (const reject of rejects) active.inMemoryBytes += reject.raw.length + rejectOverheadBytes;
    const { stagingMemoryBytes, stagingMemoryMs, clock } = this.#options;
    active.durable ||=
      active.inMemoryBytes > stagingMemoryBytes || clock.monotonicMs() - active.startedAt > stagingMemoryMs;
    if (active.durable) this.#spill(active);
  }

  /** Puts what waits in memory into files; then, in one transaction, the chunks into the ledger. */
  #spill(active: ActiveRun): void {
    this.#translating(() => {
      const written: [chunk: StagedChunk, sha256: string][] = [];
      for (const chunk of active.inMemory.values()) {
        written.push([chunk, this.#staging.write(active.run, chunk.index, chunk.packed)]);
      }
      this.#staging.sync();
      inTransaction(this.#db, () => {
        for (const [chunk, sha256] of written) this.#ledger.saveChunk(active.run, chunk, sha256);
      });
    });
    active.inMemory.clear();
    active.inMemoryBytes = 0;
  }

  async publish(run: number, totals: SnapshotTotals, control: PublishControl): Promise<RunRecord> {
    const active = this.#activeRun(run);
    this.#write(() => this.#ledger.setState(run, 'publishing'));
    this.#write(() => this.#publish(active, totals, control));
    this.#ended(run);
    this.#checkpoint();
    return this.#record(run);
  }

  #publish(active: ActiveRun, totals: SnapshotTotals, control: PublishControl): void {
    const { run, dataset } = active;
    for (const chunk of this.#ledger.chunks(run)) {
      // Left over from a longer content that an earlier process has read under the same name.
      if (chunk.index >= totals.chunks) this.#ledger.removeChunk(run, chunk.index);
    }
    for (const chunk of active.inMemory.values()) this.#ledger.saveChunk(run, chunk, null);
    const ledgerChunks = this.#ledger.chunks(run);
    const chunks = totalOfChunks(ledgerChunks);
    const before = this.#ledger.table(dataset.name);

    const layout = rowLayout(dataset);
    const staged = ledgerChunks.map((chunk) => ({
      index: chunk.index,
      line: chunk.line,
      packed: active.inMemory.get(chunk.index)?.packed ?? null,
    }));
    const { cursors, superseded: supersededOnTheWay } = this.#staging.cursors(run, layout, staged);
    using reader = openReader(this.#options.path);
    const find = existingRows(reader, dataset, before.rows, chunks.rows);
    const applied = new RowApplier(this.#db, dataset, run, before.checksum, find).apply(cursors, control);

    const superseded = chunks.superseded + supersededOnTheWay + applied.superseded;
    const rows = before.rows + applied.inserted;
    checkSums(run, totals, chunks, applied.inserted + applied.updated + applied.unchanged + superseded);
    const publishNumber = before.publishNumber + 1;
    this.#ledger.saveTable(dataset.name, rows, applied.checksum, publishNumber);
    this.#ledger.saveFile(dataset.name, active.file, run, totals);
    this.#ledger.saveTotals(run, chunks, totals, this.#options.clock.wallMs(), peakRssBytes());
    this.#ledger.savePublished(run, publishNumber, applied, superseded, this.#tableTotals(dataset));
    this.#ledger.trimRejects(run);
    this.#ledger.forgetStaged(run);
    this.#ledger.setState(run, 'done');
  }

  async endRun(
    run: number,
    state: 'failed' | 'cancelled' | 'outdated',
    totals: SnapshotTotals | null,
    failure: Failure | null,
  ): Promise<RunRecord> {
    const active = this.#activeRun(run);
    this.#write(() => {
      for (const chunk of active.inMemory.values()) this.#ledger.saveChunk(run, chunk, null);
      const chunks = totalOfChunks(this.#ledger.chunks(run));
      this.#ledger.saveTotals(run, chunks, totals, this.#options.clock.wallMs(), peakRssBytes());
      if (failure !== null) this.#ledger.saveFailure(run, failure);
      this.#ledger.trimRejects(run);
      this.#ledger.forgetStaged(run);
      this.#ledger.setState(run, state);
    });
    this.#ended(run);
    return this.#record(run);
  }

  async discardRun(run: number): Promise<void> {
    this.#activeRun(run);
    this.#write(() => this.#ledger.removeRun(run));
    this.#ended(run);
  }

  async clear(dataset: Dataset): Promise<void> {
    this.#write(() => {
      for (const table of [dataset.name, ...dataset.counts.map((count) => count.table)]) {
        this.#db.exec(`DELETE FROM ${identifier(table)}`);
      }
      this.#ledger.clear(dataset);
    });
    this.#translating(() => this.#staging.removeAllBut(this.#ledger.allUnfinished()));
    this.#checkpoint();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#active = null;
    this.#lock?.[Symbol.dispose]();
    this.#lock = null;
    if (this.#db.isOpen) this.#db.close();
  }

  #activeRun(run: number): ActiveRun {
    if (this.#active?.run !== run) throw new Error(`run ${run} is not open`);
    return this.#active;
  }

  /** The files go after the commit: a crash between the two leaves files that the next `lockImports` removes. */
  #ended(run: number): void {
    this.#active = null;
    this.#translating(() => this.#staging.remove(run));
  }

  #tableTotals(dataset: Dataset): TableTotals {
    const { rows, checksum } = this.#ledger.table(dataset.name);
    const [first] = dataset.counts;
    const groups =
      first === undefined
        ? 0
        : (this.#db.prepare(`SELECT count(*) AS n FROM ${identifier(first.table)}`).get() as { n: number }).n;
    return { rows, groups, checksum };
  }

  #record(run: number): RunRecord {
    const row = this.#db.prepare(`SELECT ${runColumns} FROM _longhaul_runs WHERE run = ?`).get(run);
    if (row === undefined) throw new Error(`the ledger has no run ${run}`);
    return runRecord(row);
  }

  /**
   * Moves what was committed from the WAL into the database file. What is in the WAL counts as it is, so a reader that
   * delays this, or a full disk, does no harm; the next publish tries again.
   */
  #checkpoint(): void {
    try {
      this.#db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    } catch (error) {
      if (!isSqliteError(error)) throw error;
      this.#options.warn(
        `${this.#options.path}: the write-ahead log could not be emptied yet (${error.errstr})`,
      );
    }
  }

  #write<T>(work: () => T): T {
    return this.#translating(() => inTransaction(this.#db, work));
  }

  #translating<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw translated(error, this.#options.path);
    }
  }
}

/** The receipt's promise, checked before the commit: what was read, what was staged and what was written are the same. */
function checkSums(
  run: number,
  totals: SnapshotTotals,
  chunks: ChunkTotals & { tiled: boolean },
  accounted: number,
): void {
  const sums = [
    ['every byte in one chunk', totals.contentBytes, chunks.tiled ? chunks.contentBytes : -1],
    ['chunks', totals.chunks, chunks.chunks],
    ['records', totals.records, chunks.records],
    [
      'inserted + updated + unchanged + superseded + kept + rejected',
      totals.records,
      accounted + chunks.rejected,
    ],
  ] as const;
  const wrong = sums.filter(([, expected, found]) => expected !== found);
  if (wrong.length === 0) return;
  const text = wrong
    .map(([what, expected, found]) => `${what}: ${expected} expected, ${found} found`)
    .join('; ');
  throw LonghaulError.of('sums_do_not_meet', { run, sums: text });
}

/** Of the whole process, so far. */
function peakRssBytes(): number {
  return process.resourceUsage().maxRSS * 1024;
}
