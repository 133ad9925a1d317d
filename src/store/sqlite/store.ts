import type { Clock } from '../../runtime/clock.ts';
import { LonghaulError } from '../../runtime/errors.ts';
import { type Dataset, tableNames } from '../../schema/dataset.ts';
import type { FileRef } from '../../schema/file-ref.ts';
import type {
  ChunkRef,
  ChunkSums,
  Failure,
  KeptDataset,
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
import { identifier } from '../identifier.ts';
import { ActiveRun } from './active-run.ts';
import { inTransaction } from './connection.ts';
import { isSqliteError, lockWaitSeconds, translated } from './errors.ts';
import { isFree, removeLeftovers } from './fresh/fresh-database.ts';
import type { PartBuilder } from './fresh/build-part.ts';
import { type FreshTuning, publishFresh } from './fresh/publish-fresh.ts';
import { ImportLock } from './import-lock.ts';
import { saveEnd } from './save-end.ts';
import type { EndedAccount } from '../ended-account.ts';
import { emptyTables } from './index-tree.ts';
import type { Ledger } from './ledger.ts';
import {
  closeDatabase,
  fileIdentity,
  type OpenedDatabase,
  openExisting,
  openFresh,
  realPath,
  refuseOtherFile,
} from './open-database.ts';
import { type PublishTuning, publishIntoTable } from './publish-into-table.ts';
import { type PublishJob, tableTotals } from './publish-run.ts';
import { runColumns, runRecord } from '../run-record.ts';
import { checkVersion, ensureTables, migrate } from './schema.ts';
import { StagingFolder } from '../staging-folder.ts';
import { removeUnfinished } from './leftovers.ts';

export interface SqliteStoreOptions {
  readonly path: string;
  readonly clock: Clock;
  /** Staged rows that may wait in memory, in bytes; beyond it all go to files. */
  readonly stagingMemoryBytes: number;
  /** A run that has lasted this long goes to files whatever its size, so that a crash does not cost it. */
  readonly stagingMemoryMs: number;
  /** Told of what went wrong after a run was published, and costs nothing but disk space. */
  readonly warn: (message: string) => void;
  /** How long to wait for another program's lock; 5 s. */
  readonly lockWaitSeconds?: number;
  readonly publishTuning?: PublishTuning;
  /** Threads that can help to publish into a new database. */
  readonly partBuilders?: readonly PartBuilder[];
  readonly freshTuning?: FreshTuning;
}

/** How long a checkpoint waits for readers. */
const checkpointWaitMs = 200;

/** The SQLite store: the only writer of its database's rows. Its methods do their work at once, without awaiting. */
export class SqliteStore implements Store {
  readonly capabilities = { shortRunsStageInMemory: true, publishesByPartitions: false } as const;
  readonly #options: SqliteStoreOptions;
  /** Without symbolic links, so that all names of a database lead to the same files beside it. For errors: `#options.path`. */
  readonly #path: string;
  readonly #staging: StagingFolder;
  #opened: OpenedDatabase | null = null;
  /** Of the file that is open, once it is in its place. */
  #identity: string | null = null;
  #lock: ImportLock | null = null;
  #active: ActiveRun | null = null;

  constructor(options: SqliteStoreOptions) {
    this.#options = options;
    this.#path = realPath(options.path);
    this.#staging = new StagingFolder(this.#path);
  }

  async ensureDataset(dataset: Dataset): Promise<TableTotals> {
    return this.#write(({ db, ledger }) => {
      migrate(db, this.#options.path);
      ensureTables(db, this.#options.path, dataset);
      return tableTotals(db, ledger, dataset);
    });
  }

  async findDataset(name: string): Promise<KeptDataset | null> {
    return this.#translating(() => {
      const { db, ledger } = this.#database();
      const dataset = checkVersion(db, this.#options.path) ? ledger.dataset(name) : null;
      return dataset === null ? null : { dataset, published: ledger.table(name).publishNumber > 0 };
    });
  }

  async dropDataset(dataset: Dataset): Promise<void> {
    this.#write(({ db, ledger }) => {
      const { rows, publishNumber } = ledger.table(dataset.name);
      if (rows > 0 || publishNumber > 0) throw new Error(`${dataset.name} holds what was published`);
      for (const table of tableNames(dataset)) db.exec(`DROP TABLE ${identifier(table)}`);
      ledger.clear(dataset);
      ledger.removeDataset(dataset.name);
    });
    this.#translating(() => this.#staging.removeAllBut(this.#database().ledger.allUnfinished()));
  }

  async lockImports(program?: string): Promise<void> {
    if (this.#lock !== null) return;
    this.#translating(() => {
      refuseOtherFile(this.#path, this.#options.path);
      this.#lock = new ImportLock(this.#path, program, this.#options.path);
      // Only now, and only this process, can tell whether a database that is not there is being made.
      this.#opened ??= isFree(this.#path) ? openFresh(this.#path) : this.#open();
      // What a killed process has left behind and no run can use any more.
      const { db, ledger } = this.#opened;
      const isOurs = checkVersion(db, this.#options.path);
      this.#staging.removeAllBut(isOurs ? ledger.allUnfinished() : new Set());
      if (isOurs) removeUnfinished(db, this.#path, this.#options.lockWaitSeconds);
    });
  }

  /** Throws `database_gone` once its name leads elsewhere: what is written then nobody would ever read. */
  #database(): OpenedDatabase {
    this.#opened ??= this.#open();
    if (!this.#opened.fresh && fileIdentity(this.#path) !== this.#identity)
      throw LonghaulError.of('database_gone', { database: this.#options.path });
    return this.#opened;
  }

  #open(): OpenedDatabase {
    if (this.#lock !== null) removeLeftovers(this.#path, false);
    const opened = openExisting(this.#path, this.#options.path, this.#options.lockWaitSeconds);
    this.#identity = fileIdentity(this.#path);
    return opened;
  }

  async findPublished(dataset: Dataset, file: FileRef): Promise<PublishedFile | null> {
    return this.#translating(() => this.#database().ledger.publishedFile(dataset.name, file));
  }

  async openRun(plan: RunPlan): Promise<OpenedRun> {
    if (this.#lock === null) throw new Error('lockImports must be called before openRun');
    const { clock } = this.#options;
    const startedMs = clock.wallMs();
    const starts = new Map<number, readonly number[]>();
    const { run, staged } = this.#write(({ ledger }) => {
      const candidates = ledger.unfinishedRuns(plan.dataset.name, plan.file);
      const resumed = candidates.find(
        (candidate) => candidate.settings === plan.settings && candidate.fingerprint === plan.fingerprint,
      );
      for (const candidate of candidates)
        if (candidate !== resumed) this.#giveUp(ledger, candidate.run, 'outdated');
      if (resumed === undefined) return { run: ledger.addRun(plan, startedMs), staged: [] };
      ledger.restart(resumed.run, startedMs);
      return { run: resumed.run, staged: this.#wholeChunks(ledger, resumed.run, starts) };
    });
    const monotonicMs = clock.monotonicMs.bind(clock);
    const opened = { run, staged };
    this.#active = new ActiveRun(plan, opened, starts, { ...this.#options, monotonicMs });
    return opened;
  }

  async endRuns(dataset: Dataset, file: FileRef, state: 'cancelled' | 'outdated'): Promise<void> {
    this.#write(({ ledger }) => {
      for (const { run } of ledger.unfinishedRuns(dataset.name, file)) this.#giveUp(ledger, run, state);
    });
  }

  #giveUp(ledger: Ledger, run: number, state: 'cancelled' | 'outdated'): void {
    saveEnd(ledger, run, state, { totals: null, ...this.#accountOf(run) });
    this.#staging.remove(run);
  }

  #accountOf(run: number): Omit<EndedAccount, 'totals'> {
    const inMemory = this.#active?.run === run ? this.#active.inMemory.values() : [];
    return { inMemory, endedMs: this.#options.clock.wallMs() };
  }

  /** Chunks of an earlier process whose files are whole; of others the ledger forgets. */
  #wholeChunks(
    ledger: Ledger,
    run: number,
    starts: Map<number, readonly number[]>,
  ): (ChunkRef & ChunkSums)[] {
    return ledger.chunks(run).filter(({ index, stagedSha256 }) => {
      const found = stagedSha256 === null ? null : this.#staging.startsOfWhole(run, index, stagedSha256);
      if (found === null) ledger.removeChunk(run, index);
      else starts.set(index, found);
      return found !== null;
    });
  }

  rowsBeside(run: number): string | null {
    return this.#activeRun(run).goesToFiles ? this.#path : null;
  }

  async stageChunk(run: number, chunk: StagedChunk): Promise<void> {
    const active = this.#activeRun(run);
    active.add(chunk);
    if (active.goesToFiles) this.#spill(active);
  }

  /** Puts what waits in memory into files; then, in one transaction, the chunks into the ledger. */
  #spill(active: ActiveRun): void {
    this.#translating(() => {
      const written: [chunk: StagedChunk, sha256: string][] = [];
      for (const chunk of active.inMemory.values()) {
        const { packed, index } = chunk;
        written.push([chunk, packed.fileSha256 ?? this.#staging.write(active.run, index, packed)]);
      }
      this.#staging.sync();
      const { db, ledger, fresh } = this.#database();
      // From here on the ledger beside the place of a fresh database is worth as much as any other.
      if (fresh) db.exec('PRAGMA synchronous = FULL');
      inTransaction(db, () => {
        for (const [chunk, sha256] of written) ledger.saveChunk(active.run, chunk, sha256);
      });
    });
    active.forget();
  }

  async publish(run: number, totals: SnapshotTotals, control: PublishControl): Promise<RunRecord> {
    const { dataset, file, inMemory, starts } = this.#activeRun(run);
    const path = this.#path;
    const { clock, lockWaitSeconds: waitSeconds, publishTuning = {} } = this.#options;
    const staging = this.#staging;
    const job: PublishJob = {
      run,
      dataset,
      file,
      totals,
      control,
      clock,
      staging,
      lockWaitSeconds: waitSeconds,
      inMemory,
      starts,
    };
    const { db, fresh, ledger } = this.#database();
    if (fresh && ledger.table(dataset.name).rows === 0) {
      this.#write(() => ledger.setState(run, 'publishing'));
      this.#translating(() => {
        const { partBuilders, freshTuning } = this.#options;
        publishFresh(path, job, partBuilders, freshTuning);
        // The ledger beside it has served; from now on the database is in its place.
        this.#database().db.close();
        this.#opened = this.#open();
      });
    } else {
      this.#translating(() => publishIntoTable(db, path, ledger, job, publishTuning));
      this.#checkpoint();
    }
    this.#ended(run);
    return this.#record(run);
  }

  async endRun(
    run: number,
    state: 'failed' | 'cancelled' | 'outdated',
    totals: SnapshotTotals | null,
    failure: Failure | null,
  ): Promise<RunRecord> {
    this.#activeRun(run);
    this.#write(({ ledger }) => {
      saveEnd(ledger, run, state, { totals, ...this.#accountOf(run) });
      if (failure !== null) ledger.saveFailure(run, failure);
    });
    this.#ended(run);
    return this.#record(run);
  }

  async discardRun(run: number): Promise<void> {
    this.#activeRun(run);
    this.#write(({ ledger }) => ledger.removeRun(run));
    this.#ended(run);
  }

  async clear(dataset: Dataset): Promise<void> {
    this.#write(({ db, ledger }) => {
      emptyTables(db, dataset);
      ledger.clear(dataset);
    });
    this.#translating(() => this.#staging.removeAllBut(this.#database().ledger.allUnfinished()));
    this.#checkpoint();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#active = null;
    try {
      const opened = this.#opened;
      this.#opened = null;
      if (opened !== null) this.#translating(() => closeDatabase(opened, this.#path));
    } finally {
      this.#lock?.[Symbol.dispose]();
      this.#lock = null;
    }
  }

  #activeRun(run: number): ActiveRun {
    if (this.#active?.run !== run) throw new Error(`run ${run} is not open`);
    return this.#active;
  }

  /**
   * The files go after the commit: a crash between the two leaves files that the next `lockImports` removes. So does an
   * error here, and it must not look as if the run had failed.
   */
  #ended(run: number): void {
    this.#active = null;
    try {
      this.#staging.remove(run);
    } catch (error) {
      this.#options.warn(
        `${this.#staging.path}: staged rows could not be removed (${(error as Error).message})`,
      );
    }
  }

  #record(run: number): RunRecord {
    const { db } = this.#database();
    const row = db.prepare(`SELECT ${runColumns} FROM _longhaul_runs WHERE run = ?`).get(run);
    if (row === undefined) throw new Error(`the ledger has no run ${run}`);
    return runRecord(row);
  }

  /**
   * Moves what was committed from the WAL into the database file. What is in the WAL counts as it is, so a reader that
   * delays this, or a full disk, does no harm; the next publish tries again.
   */
  #checkpoint(): void {
    const { db } = this.#database();
    let reason = 'a program is still reading an older state';
    try {
      // Almost all of it, while others go on writing.
      db.exec('PRAGMA wal_checkpoint(PASSIVE)');
      // A reader may go on for hours, so it is not worth the wait that a lock is.
      db.exec(`PRAGMA busy_timeout = ${checkpointWaitMs}`);
      // Someone in the way is no error here but a column of the answer.
      const { busy } = db.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get() as { busy: number };
      db.exec(`PRAGMA busy_timeout = ${(this.#options.lockWaitSeconds ?? lockWaitSeconds) * 1000}`);
      if (busy === 0) return;
    } catch (error) {
      if (!isSqliteError(error)) throw error;
      reason = error.errstr;
    }
    this.#options.warn(`${this.#options.path}: the write-ahead log could not be emptied yet (${reason})`);
  }

  #write<T>(work: (database: OpenedDatabase) => T): T {
    return this.#translating(() => {
      const database = this.#database();
      return inTransaction(database.db, () => work(database), this.#options.lockWaitSeconds);
    });
  }

  #translating<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw translated(error, this.#options.path, this.#options.lockWaitSeconds);
    }
  }
}
