import type { Clock } from '../../runtime/clock.ts';
import { LonghaulError } from '../../runtime/errors.ts';
import { peakRssBytes } from '../../runtime/memory.ts';
import { type Dataset, tableNames } from '../../schema/dataset.ts';
import type { FileRef } from '../../schema/file-ref.ts';
import { totalOfChunks } from '../chunk-totals.ts';
import { identifier } from '../identifier.ts';
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
import { Connection } from './connection.ts';
import { takeImportLock } from './import-lock.ts';
import { Ledger } from './ledger.ts';
import { publishRun } from './publish-run.ts';
import { tableTotals } from './reader.ts';
import { checkVersion, ensureTables, migrate } from './schema.ts';
import type { Session } from './session.ts';
import { createStaging, currentEpoch, dropStaging, stageRows, sweepStaging } from './staging.ts';
import type { PostgresTarget } from './target.ts';

export interface PostgresStoreOptions {
  readonly target: PostgresTarget;
  readonly clock: Clock;
  /** Told of what went wrong after a run was published, and costs nothing but disk space. */
  readonly warn: (message: string) => void;
  /** How long to wait for another program's lock; 5 s, and 3 s for another import. */
  readonly lockWaitSeconds?: number;
}

/** The run that this process is working on. */
interface ActiveRun {
  readonly run: number;
  readonly dataset: Dataset;
  readonly file: FileRef;
  readonly epoch: string;
  readonly rejectQuota: RejectQuota;
}

/** The PostgreSQL store: one connection, which holds the import lock and does all the writing. */
export class PostgresStore implements Store {
  readonly capabilities = { shortRunsStageInMemory: false } as const;
  readonly #options: PostgresStoreOptions;
  readonly #connection: Connection;
  #locked = false;
  #active: ActiveRun | null = null;

  private constructor(connection: Connection, options: PostgresStoreOptions) {
    this.#connection = connection;
    this.#options = options;
  }

  static async open(options: PostgresStoreOptions): Promise<PostgresStore> {
    const { target, lockWaitSeconds } = options;
    return new PostgresStore(await Connection.open({ target, lockWaitSeconds }), options);
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
    await this.#sweep();
  }

  /** Drops the staged rows of all runs that have ended. */
  async #sweep(): Promise<void> {
    await this.#write(async (ledger, session) => {
      if (!(await checkVersion(this.#connection, session))) return;
      await sweepStaging(session, this.#connection.schema, await ledger.allUnfinished());
    });
  }

  async findPublished(dataset: Dataset, file: FileRef): Promise<PublishedFile | null> {
    const { session } = this.#connection;
    return this.#connection.translating(() => new Ledger(session).publishedFile(dataset.name, file));
  }

  async openRun(plan: RunPlan): Promise<OpenedRun> {
    if (!this.#locked) throw new Error('lockImports must be called before openRun');
    const { dataset, file } = plan;
    const startedMs = this.#options.clock.wallMs();
    const { run, staged, epoch } = await this.#write(async (ledger, session) => {
      const candidates = await ledger.unfinishedRuns(dataset.name, file);
      const resumed = candidates.find(
        (candidate) => candidate.settings === plan.settings && candidate.fingerprint === plan.fingerprint,
      );
      for (const candidate of candidates) {
        if (candidate !== resumed) await this.#outdate(ledger, session, candidate.run);
      }
      const present = await currentEpoch(session);
      const opened = resumed?.run ?? (await ledger.addRun(plan, startedMs));
      if (resumed !== undefined) await ledger.restart(opened, startedMs);
      const made = await createStaging(session, dataset, opened);
      const whole = [];
      for (const { epoch: stagedIn, ...chunk } of await ledger.chunks(opened)) {
        if (stagedIn === present && !made) whole.push(chunk);
        else await ledger.removeChunk(opened, chunk.index);
      }
      return { run: opened, staged: whole, epoch: present };
    });
    this.#active = { run, dataset, file, epoch, rejectQuota: new RejectQuota() };
    for (const { index, rejected } of staged) {
      const rejects = Object.values(rejected).reduce((sum, number) => sum + number, 0);
      this.#active.rejectQuota.count(index, rejects);
    }
    return { run, staged };
  }

  async outdateRuns(dataset: Dataset, file: FileRef): Promise<void> {
    await this.#write(async (ledger, session) => {
      for (const { run } of await ledger.unfinishedRuns(dataset.name, file))
        await this.#outdate(ledger, session, run);
    });
  }

  async #outdate(ledger: Ledger, session: Session, run: number): Promise<void> {
    await ledger.setState(run, 'outdated');
    await ledger.forgetStaged(run);
    await dropStaging(session, this.#connection.schema, run);
  }

  async stageChunk(run: number, chunk: StagedChunk): Promise<void> {
    const active = this.#activeRun(run);
    const rejects = active.rejectQuota.admit(chunk.index, chunk.rejects);
    await this.#write((ledger, session) => stageRows(session, ledger, active, { ...chunk, rejects }));
  }

  async publish(run: number, totals: SnapshotTotals, control: PublishControl): Promise<RunRecord> {
    const { dataset, file } = this.#activeRun(run);
    const { clock } = this.#options;
    await this.#write((ledger) => ledger.setState(run, 'publishing'));
    const cancelling: Promise<void>[] = [];
    const cancel = (): void => {
      // If the server cannot be told, the statement ends by itself and the wish is seen then.
      cancelling.push(this.#connection.cancel().catch(() => undefined));
    };
    control.signal.addEventListener('abort', cancel);
    try {
      await publishRun(this.#connection, { run, dataset, file, totals, control, clock });
    } catch (error) {
      if (!control.signal.aborted) throw error;
      const advice = 'run the same command again to go on';
      throw LonghaulError.of('interrupted', { advice }, { cause: error });
    } finally {
      control.signal.removeEventListener('abort', cancel);
      // Or it would end the next statement.
      await Promise.all(cancelling);
    }
    await this.#ended(run);
    return this.#record(run);
  }

  async endRun(
    run: number,
    state: 'failed' | 'cancelled' | 'outdated',
    totals: SnapshotTotals | null,
    failure: Failure | null,
  ): Promise<RunRecord> {
    this.#activeRun(run);
    await this.#write(async (ledger) => {
      const read = totals?.chunks ?? Number.POSITIVE_INFINITY;
      const chunks = totalOfChunks((await ledger.chunks(run)).filter((chunk) => chunk.index < read));
      await ledger.saveTotals(run, chunks, totals, this.#options.clock.wallMs(), peakRssBytes());
      if (failure !== null) await ledger.saveFailure(run, failure);
      await ledger.trimRejects(run);
      await ledger.forgetStaged(run);
      await ledger.setState(run, state);
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
    await this.#write(async (ledger, session) => {
      await ledger.table(dataset.name, true);
      for (const name of tableNames(dataset)) await session.run(`DELETE FROM ${identifier(name)}`);
      await ledger.clear(dataset);
    });
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
   * an error here, and it must not look as if the run had failed.
   */
  async #ended(run: number): Promise<void> {
    this.#active = null;
    try {
      await this.#write((_, session) => dropStaging(session, this.#connection.schema, run));
    } catch (error) {
      const { database } = this.#connection;
      this.#options.warn(`${database}: staged rows could not be removed (${(error as Error).message})`);
    }
  }

  async #record(run: number): Promise<RunRecord> {
    const { session } = this.#connection;
    const record = await this.#connection.translating(() => new Ledger(session).record(run));
    if (record === null) throw new Error(`the ledger has no run ${run}`);
    return record;
  }

  #write<Result>(work: (ledger: Ledger, session: Session) => Promise<Result>): Promise<Result> {
    return this.#connection.transaction((session) => work(new Ledger(session), session));
  }
}
