import { LonghaulError } from '../../runtime/errors.ts';
import type { SqlRunner } from '../../runtime/sql-runner.ts';
import type { Along, ChunkJob, ChunkJobs, OfferedChunk, SettledChunk } from '../chunk-jobs.ts';
import type { Connection } from './connection.ts';
import { ledgerChunk } from './ledger-chunk.ts';
import { Ledger } from './ledger.ts';
import type { Session } from './session.ts';

/** What a queue may do inside a transaction of ours. */
export function sqlRunner(session: Session): SqlRunner {
  return {
    executeSql: async (sql, values = []) => ({ rows: await session.rows(sql, ...values) }),
  };
}

/** The master's side of chunks that workers stage, by the connection that does all its writing. */
export class PostgresChunkJobs implements ChunkJobs {
  readonly cluster: string;
  readonly #connection: Connection;
  readonly #stageOnServer: (run: number) => Promise<string>;
  /** Of the runs that have begun: the epoch of their staged rows. */
  readonly #epochs = new Map<number, string>();

  private constructor(
    cluster: string,
    connection: Connection,
    stageOnServer: (run: number) => Promise<string>,
  ) {
    this.cluster = cluster;
    this.#connection = connection;
    this.#stageOnServer = stageOnServer;
  }

  /** @param stageOnServer makes the rows of a run wait on the server, and tells their epoch */
  static async open(
    connection: Connection,
    stageOnServer: (run: number) => Promise<string>,
  ): Promise<PostgresChunkJobs> {
    const cluster = await connection.translating(() => clusterOf(connection.session));
    return new PostgresChunkJobs(cluster, connection, stageOnServer);
  }

  get schema(): string {
    return this.#connection.schema;
  }

  async begin(run: number): Promise<void> {
    this.#epochs.clear();
    this.#epochs.set(run, await this.#stageOnServer(run));
  }

  async offer(chunks: readonly OfferedChunk[], along: Along): Promise<void> {
    await this.#write(async (session) => {
      for (const { run, chunk, job, work } of chunks) {
        await session.run(
          'INSERT INTO _longhaul_jobs (run, chunk, job, epoch, work) VALUES ($1, $2, $3, $4, $5)',
          ...[run, chunk, job, this.#epochs.get(run), work],
        );
      }
      await along(sqlRunner(session));
    });
  }

  async settled(run: number): Promise<SettledChunk[]> {
    return this.#write(async (session) => {
      const staged = await session.rows(
        `WITH done AS (DELETE FROM _longhaul_jobs WHERE run = $1 AND state = 'staged' RETURNING chunk)
         SELECT c.* FROM done JOIN _longhaul_chunks c ON c.run = $1 AND c.chunk = done.chunk`,
        run,
      );
      const failed = await session.rows(
        `SELECT chunk, losses + failures AS attempts, failure FROM _longhaul_jobs WHERE run = $1 AND state = 'failed'`,
        run,
      );
      return [
        ...staged.map((row): SettledChunk => ({ kind: 'staged', ...ledgerChunk(row) })),
        ...failed.map(
          (row): SettledChunk => ({
            ...{ kind: 'failed', index: Number(row['chunk']), attempts: Number(row['attempts']) },
            reason: (row['failure'] as string | null) ?? 'its workers were lost',
          }),
        ),
      ];
    });
  }

  async takeBack(run: number, chunk: number): Promise<boolean> {
    return this.#write(async (session) => {
      const sql = `DELETE FROM _longhaul_jobs WHERE run = $1 AND chunk = $2 AND state <> 'staged'`;
      return (await session.run(sql, run, chunk)) === 1;
    });
  }

  async quiet(run: number, of: 'held' | 'all', seconds: number): Promise<ChunkJob[]> {
    const states = of === 'held' ? "('claimed')" : "('waiting', 'claimed')";
    const rows = await this.#connection.translating(() =>
      this.#connection.session.rows(
        `SELECT chunk, job::text AS job FROM _longhaul_jobs WHERE run = $1 AND state IN ${states}
           AND changed < clock_timestamp() - $2 * interval '1 second' ORDER BY chunk LIMIT 100`,
        ...[run, seconds],
      ),
    );
    return rows.map((row) => ({ run, chunk: Number(row['chunk']), job: row['job'] as string }));
  }

  async endSession({ run, chunk, job }: ChunkJob): Promise<void> {
    const { session } = this.#connection;
    const held = await this.#connection.translating(() =>
      session.one<{ worker: string; attempt: bigint }>(
        `SELECT worker, attempt FROM _longhaul_jobs WHERE run = $1 AND chunk = $2 AND job = $3 AND state = 'claimed'`,
        ...[run, chunk, job],
      ),
    );
    if (held === undefined) return;
    const name = attemptName(held.worker, { run, chunk }, Number(held.attempt));
    await endSessions((work) => this.#connection.translating(() => work(session)), name);
  }

  async reoffer({ run, chunk, job: former }: ChunkJob, job: string, along: Along): Promise<void> {
    await this.#write(async (session) => {
      const changed = await session.run(
        `UPDATE _longhaul_jobs SET job = $4, state = 'waiting', changed = clock_timestamp()
         WHERE run = $1 AND chunk = $2 AND job = $3 AND state IN ('waiting', 'claimed')`,
        ...[run, chunk, former, job],
      );
      if (changed === 1) await along(sqlRunner(session));
    });
  }

  async withdraw(run: number): Promise<void> {
    await this.#write((session) => new Ledger(session).removeJobs(run));
  }

  async liveWorkers(seconds: number): Promise<number> {
    const row = await this.#connection.translating(() =>
      this.#connection.session.one<{ live: number }>(
        `SELECT count(*)::int AS live FROM _longhaul_workers
         WHERE state = 'working' AND seen > clock_timestamp() - $1 * interval '1 second'`,
        seconds,
      ),
    );
    return row?.live ?? 0;
  }

  /** A crash may lose what is written here: it empties the staged rows as well, and the run is then gone on with from its beginning. */
  #write<Result>(work: (session: Session) => Promise<Result>): Promise<Result> {
    return this.#connection.passingTransaction(work);
  }
}

/** What the session is called that a worker does an attempt in: the server's list of sessions has room for 63 bytes. */
export function attemptName(
  worker: string,
  { run, chunk }: Pick<ChunkJob, 'run' | 'chunk'>,
  attempt: number,
): string {
  return `longhaul worker ${worker} ${run}/${chunk}/${attempt}`;
}

/** Ends what a machine that has vanished or a process that was frozen may still hold. */
export async function endSessions(
  asking: (work: (session: Session) => Promise<unknown>) => Promise<unknown>,
  name: string,
): Promise<void> {
  const sql =
    'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1 AND pid <> pg_backend_pid()';
  try {
    await asking((session) => session.rows(sql, name));
  } catch (error) {
    // Of another role: then its keepalives have to do.
    if (!(error instanceof LonghaulError) || error.code !== 'not_allowed') throw error;
  }
}

export async function clusterOf(session: Session): Promise<string> {
  const row = await session.one<{ id: string }>('SELECT id FROM _longhaul_cluster');
  if (row === undefined) throw new Error('the ledger has no name');
  return row.id;
}
