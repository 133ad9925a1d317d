import type { Clock } from '../../runtime/clock.ts';
import { LonghaulError } from '../../runtime/errors.ts';
import { type Dataset, tableNames } from '../../schema/dataset.ts';
import type { FileRef } from '../../schema/file-ref.ts';
import { dropRows, rowLayout } from '../../schema/packed-rows.ts';
import { saveEnd } from './save-end.ts';
import type { EndedAccount } from '../ended-account.ts';
import { identifier } from '../identifier.ts';
import { openRowsInMemory } from '../opened-rows.ts';
import { RejectQuota } from '../reject-quota.ts';
import type {
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
import { type ActiveRun, compareHereAbove, mostChunksInMemory, rejectOverheadBytes } from './active-run.ts';
import { openBeside } from './beside.ts';
import { cancelWhenAborted } from './cancel.ts';
import { PostgresChunkJobs } from './chunk-jobs.ts';
import { clearDataset } from './clear-dataset.ts';
import { Connection } from './connection.ts';
import { takeImportLock } from './import-lock.ts';
import { fenceOfTerm } from './leadership.ts';
import { Ledger } from './ledger.ts';
import type { PublishJob } from './publish-job.ts';
import { finishHalfPublished, publishByPartitions } from './publish-by-partitions.ts';
import { publishRun } from './publish-run.ts';
import { tableTotals } from './reader.ts';
import { checkVersion, ensureTables, migrate } from './schema.ts';
import type { Session } from './session.ts';
import {
  createStaging,
  currentEpoch,
  dropStaging,
  dropSuccessors,
  removeStaged,
  stageRows,
  sweepStaging,
} from './staging.ts';
import type { PostgresTarget } from './target.ts';
import { wholeChunks } from './unfinished-runs.ts';

export interface PostgresStoreOptions {
  readonly target: PostgresTarget;
  readonly clock: Clock;
  /** Staged rows that may wait in memory, in bytes; beyond it all go to the server. */
  readonly stagingMemoryBytes: number;
  /** A run that has lasted this long goes to the server whatever its size, so that a crash does not cost it. */
  readonly stagingMemoryMs: number;
  /** Told of what went wrong after a run was published, and costs nothing but disk space. */
  readonly warn: (message: string) => void;
  /** How long to wait for another program's lock; 5 s, and 3 s for another import. */
  readonly lockWaitSeconds?: number;
  readonly publishTuning?: { readonly mostMsInPlace?: number | undefined };
  /** Into how many key ranges a run is cut that is staged on the server, each of which is published by itself; 1: it is published in one step. */
  readonly publishPartitions?: number | undefined;
  /** Of the master that writes, if one does: nothing is written once another master has begun a term. */
  readonly term?: number | undefined;
}

/** Errors that a person has to mend in the table. */
const ofOneTable: ReadonlySet<string> = new Set([
  ...['counts_drifted', 'sums_do_not_meet', 'table_refuses', 'value_too_long'],
]);

/** The PostgreSQL store: one connection, which holds the import lock and does all the writing. */
export class PostgresStore implements Store {
  readonly capabilities = { shortRunsStageInMemory: true, publishesByPartitions: true } as const;
  readonly #options: PostgresStoreOptions;
  readonly #connection: Connection;
  #locked = false;
  #active: ActiveRun | null = null;

  private constructor(connection: Connection, options: PostgresStoreOptions) {
    this.#connection = connection;
    this.#options = options;
  }

  static async open(options: PostgresStoreOptions): Promise<PostgresStore> {
    const { target, lockWaitSeconds, term } = options;
    const connection = await Connection.open({ target, lockWaitSeconds });
    if (term !== undefined) connection.fence = fenceOfTerm(target.shown, term);
    return new PostgresStore(connection, options);
  }

  async ensureDataset(dataset: Dataset): Promise<TableTotals> {
    return this.#write(async (_ledger, session) => {
      await migrate(this.#connection, session);
      await ensureTables(this.#connection, session, dataset);
      return await tableTotals(session, dataset);
    });
  }

  async findDataset(name: string): Promise<KeptDataset | null> {
    return this.#connection.translating(async () => {
      const { session } = this.#connection;
      if (!(await checkVersion(this.#connection, session))) return null;
      const ledger = new Ledger(session);
      const [dataset, table] = [await ledger.dataset(name), await ledger.table(name)];
      return dataset === null || table === null ? null : { dataset, published: table.publishNumber > 0 };
    });
  }

  async dropDataset(dataset: Dataset): Promise<void> {
    await this.#write(async (ledger, session) => {
      const table = await ledger.table(dataset.name, true);
      if (table === null || table.rows > 0 || table.publishNumber > 0) {
        throw new Error(`${dataset.name} holds what was published`);
      }
      for (const name of tableNames(dataset)) await session.run(`DROP TABLE ${identifier(name)}`);
      await ledger.clear(dataset);
      await ledger.removeDataset(dataset.name);
    });
    await this.#sweep();
  }

  async lockImports(program?: string): Promise<void> {
    if (this.#locked) return;
    await takeImportLock(this.#connection, this.#options.lockWaitSeconds, program);
    this.#locked = true;
    // What a killed process has left behind and no run can use any more.
    if (!(await this.#sweep())) return;
    try {
      await this.#finishHalfPublished(null);
    } catch (error) {
      // What is wrong with one table is for the next run of its to say, and keeps no other from being imported.
      if (!(error instanceof LonghaulError) || !ofOneTable.has(error.code)) throw error;
      this.#options.warn(`a run that is half published cannot be finished: ${error.message}`);
    }
  }

  #finishHalfPublished(dataset: string | null): Promise<void> {
    const { clock } = this.#options;
    return finishHalfPublished(this.#connection, clock, dataset, (run) => this.#dropStaged(run));
  }

  /** Drops the staged rows of all runs that have ended. @returns whether there is a ledger of ours */
  async #sweep(): Promise<boolean> {
    const isOurs = await this.#write(async (_, session) => {
      if (!(await checkVersion(this.#connection, session))) return false;
      await migrate(this.#connection, session);
      return true;
    });
    if (!isOurs) return false;
    await this.#drop(async (ledger, session) => {
      await sweepStaging(session, this.#connection.schema, await ledger.allUnfinished());
      await dropSuccessors(session, this.#connection.schema, null);
    });
    return true;
  }

  /** A worker that vanished in the middle of a COPY may still hold the table: then it is for the next sweep. */
  async #drop(work: (ledger: Ledger, session: Session) => Promise<void>): Promise<void> {
    try {
      await this.#writePassing(work);
    } catch (error) {
      const { database } = this.#connection;
      this.#options.warn(`${database}: staged rows could not be removed (${(error as Error).message})`);
    }
  }

  async findPublished(dataset: Dataset, file: FileRef): Promise<PublishedFile | null> {
    const { session } = this.#connection;
    return this.#connection.translating(() => new Ledger(session).publishedFile(dataset.name, file));
  }

  async openRun(plan: RunPlan): Promise<OpenedRun> {
    if (!this.#locked) throw new Error('lockImports must be called before openRun');
    const { dataset, file } = plan;
    const { clock } = this.#options;
    await this.#finishHalfPublished(dataset.name);
    const startedMs = clock.wallMs();
    const { run, staged, epoch, overtaken } = await this.#writePassing(async (ledger, session) => {
      const candidates = await ledger.unfinishedRuns(dataset.name, file);
      const resumed = candidates.find(
        (candidate) => candidate.settings === plan.settings && candidate.fingerprint === plan.fingerprint,
      );
      const others = candidates.filter((candidate) => candidate !== resumed);
      for (const { run: other } of others)
        await saveEnd(ledger, other, 'outdated', { totals: null, ...this.#accountOf(other) });
      if (resumed === undefined)
        return { run: await ledger.addRun(plan, startedMs), staged: [], epoch: null, overtaken: others };
      await ledger.restart(resumed.run, startedMs);
      // Before its chunks are looked at: from here on no worker of an earlier process adds one.
      await ledger.removeJobs(resumed.run);
      return {
        run: resumed.run,
        ...(await wholeChunks(ledger, session, resumed.run)),
        overtaken: others,
      };
    });
    for (const { run: other } of overtaken) await this.#dropStaged(other);
    this.#active = {
      ...{ run, dataset, file, inMemory: new Map(), inMemoryBytes: 0 },
      startedAt: clock.monotonicMs(),
      epoch: epoch === null ? null : Promise.resolve(epoch),
      rejectQuota: new RejectQuota(),
    };
    for (const { index, rejected } of staged) {
      const rejects = Object.values(rejected).reduce((sum, number) => sum + number, 0);
      this.#active.rejectQuota.count(index, rejects);
    }
    return { run, staged };
  }

  async endRuns(dataset: Dataset, file: FileRef, state: 'cancelled' | 'outdated'): Promise<void> {
    await this.#finishHalfPublished(dataset.name);
    const unfinished = await this.#write(async (ledger) => {
      const runs = await ledger.unfinishedRuns(dataset.name, file);
      for (const { run } of runs)
        await saveEnd(ledger, run, state, { totals: null, ...this.#accountOf(run) });
      return runs;
    });
    for (const { run } of unfinished) await this.#dropStaged(run);
  }

  #accountOf(run: number): Omit<EndedAccount, 'totals'> {
    const inMemory = this.#active?.run === run ? this.#active.inMemory.values() : [];
    return { inMemory, endedMs: this.#options.clock.wallMs() };
  }

  async stageChunk(run: number, chunk: StagedChunk): Promise<void> {
    const active = this.#activeRun(run);
    const rejects = active.rejectQuota.admit(chunk.index, chunk.rejects);
    active.inMemory.set(chunk.index, { ...chunk, rejects });
    active.inMemoryBytes += chunk.packed.words.byteLength;
    for (const reject of rejects) active.inMemoryBytes += reject.raw.length + rejectOverheadBytes;
    const { stagingMemoryBytes, stagingMemoryMs, clock } = this.#options;
    const isLong = clock.monotonicMs() - active.startedAt > stagingMemoryMs;
    const isMuch = active.inMemoryBytes > stagingMemoryBytes || active.inMemory.size > mostChunksInMemory;
    if (active.epoch !== null || isLong || isMuch) {
      await this.#spill(active);
    }
  }

  /** Puts what waits in memory into a table of the server. */
  async #spill(active: ActiveRun): Promise<void> {
    const { run, dataset } = active;
    // Taken out at once: while these are on their way others may come.
    const chunks = [...active.inMemory.values()];
    active.inMemory.clear();
    active.inMemoryBytes = 0;
    active.epoch ??= this.#writePassing(async (_, session) => {
      await createStaging(session, dataset, run);
      return currentEpoch(session);
    });
    const epoch = await active.epoch;
    for (const chunk of chunks) {
      await this.#writePassing((ledger, session) => stageRows(session, ledger, active, epoch, chunk));
      // Given back now, not whenever the collector comes round.
      dropRows(chunk.packed);
    }
  }

  /** The chunks of its runs that workers stage. */
  chunkJobs(): Promise<PostgresChunkJobs> {
    return PostgresChunkJobs.open(this.#connection, async (run) => {
      const active = this.#activeRun(run);
      await this.#spill(active);
      if (active.epoch === null) throw new Error(`run ${run} has nothing on the server`);
      return await active.epoch;
    });
  }

  /** Where the run's rows are when it is published: as `PublishJob` has it. */
  async #rowsToPublish(active: ActiveRun): Promise<Pick<PublishJob, 'rows' | 'rowsInMemory' | 'side'>> {
    const { dataset, inMemory } = active;
    const onServer = { rows: null, rowsInMemory: 0, side: null };
    if (active.epoch !== null) return onServer;
    const chunks = [...inMemory.values()];
    const rows = openRowsInMemory(rowLayout(dataset), chunks);
    const rowsInMemory = chunks.reduce((sum, { packed }) => sum + packed.rows, 0);
    const table = await this.#connection.translating(() =>
      new Ledger(this.#connection.session).table(dataset.name),
    );
    if (dataset.key.length === 0 || table === null || table.rows === 0)
      return { rows, rowsInMemory, side: null };
    const isWorthReading = rowsInMemory > table.rows * compareHereAbove;
    const side = isWorthReading ? await openBeside(this.#connection) : null;
    if (side !== null) return { rows, rowsInMemory, side };
    await this.#spill(active);
    return onServer;
  }

  async publish(run: number, totals: SnapshotTotals, control: PublishControl): Promise<RunRecord> {
    const active = this.#activeRun(run);
    const { dataset, file } = active;
    const { clock, warn, publishTuning: { mostMsInPlace } = {}, publishPartitions = 1 } = this.#options;
    const { side, ...waiting } = await this.#rowsToPublish(active);
    await using _ = side;
    await this.#writePassing(async (ledger, session) => {
      await ledger.setState(run, 'publishing');
      for (const { index } of await ledger.chunks(run)) {
        // Left over from a longer content that an earlier process has read under the same name.
        if (index >= totals.chunks) await removeStaged(session, ledger, run, index, active.epoch !== null);
      }
      for (const chunk of active.inMemory.values()) await ledger.saveChunk(run, chunk);
    });
    const cancelling = cancelWhenAborted(control.signal, [
      this.#connection,
      ...(side === null ? [] : [side]),
    ]);
    try {
      const job = { run, dataset, file, totals, control, clock, side, mostMsInPlace, ...waiting };
      const isForPartitions = publishPartitions > 1 && waiting.rows === null && dataset.key.length > 0;
      const isPublished =
        isForPartitions && (await publishByPartitions(this.#connection, job, publishPartitions, warn));
      if (!isPublished) await publishRun(this.#connection, job);
    } catch (error) {
      if (!control.signal.aborted) throw error;
      const advice = 'run the same command again to go on';
      throw LonghaulError.of('interrupted', { advice }, { cause: error });
    } finally {
      await cancelling[Symbol.asyncDispose]();
    }
    await this.#ended(run);
    return await this.#record(run);
  }

  async endRun(
    run: number,
    state: 'failed' | 'cancelled' | 'outdated',
    totals: SnapshotTotals | null,
    failure: Failure | null,
  ): Promise<RunRecord> {
    this.#activeRun(run);
    await this.#write(async (ledger) => {
      await saveEnd(ledger, run, state, { totals, ...this.#accountOf(run) });
      if (failure !== null) await ledger.saveFailure(run, failure);
    });
    await this.#ended(run);
    return this.#record(run);
  }

  async discardRun(run: number): Promise<void> {
    this.#activeRun(run);
    await this.#write((ledger) => ledger.removeRun(run));
    await this.#ended(run);
  }

  async clear(dataset: Dataset): Promise<void> {
    await this.#write((ledger, session) => clearDataset(session, ledger, dataset));
    await this.#sweep();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#active = null;
    this.#locked = false;
    await this.#connection[Symbol.asyncDispose]();
  }

  #activeRun(run: number): ActiveRun {
    if (this.#active?.run !== run) throw new Error(`run ${run} is not open`);
    return this.#active;
  }

  /**
   * The staged rows go after the commit: a crash between the two leaves a table that the next `lockImports` removes. So does
   * an error here, and it must not look as if the run had failed. And who drops while he holds jobs that workers commit would wait in a circle.
   */
  async #ended(run: number): Promise<void> {
    this.#active = null;
    await this.#dropStaged(run);
  }

  #dropStaged(run: number): Promise<void> {
    return this.#drop((_, session) => dropStaging(session, this.#connection.schema, run));
  }

  async #record(run: number): Promise<RunRecord> {
    const { session } = this.#connection;
    const record = await this.#connection.translating(() => new Ledger(session).record(run));
    if (record === null) throw new Error(`the ledger has no run ${run}`);
    return record;
  }

  /** As `#write`, without waiting for the disk: what a crash may lose, and the next process does again. */
  #writePassing<Result>(work: (ledger: Ledger, session: Session) => Promise<Result>): Promise<Result> {
    return this.#connection.passingTransaction((session) => work(new Ledger(session), session));
  }

  #write<Result>(work: (ledger: Ledger, session: Session) => Promise<Result>): Promise<Result> {
    return this.#connection.transaction((session) => work(new Ledger(session), session));
  }
}
