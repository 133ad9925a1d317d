import { LonghaulError } from '../../runtime/errors.ts';
import { rowLayout } from '../../schema/packed-rows.ts';
import type { Along, ChunkJob, ClaimedChunk, WorkerFacts, WorkerLedger } from '../chunk-jobs.ts';
import { RowCursor } from '../row-cursor.ts';
import type { StagedChunk } from '../store.ts';
import { attemptName, clusterOf, endSessions, sqlRunner } from './chunk-jobs.ts';
import { Connection } from './connection.ts';
import { encodeStaged } from './encode-rows.ts';
import { hasState } from './errors.ts';
import { datasetOf, Ledger } from './ledger.ts';
import { checkVersion } from './schema.ts';
import type { Session } from './session.ts';
import { runTable } from './staging.ts';
import type { PostgresTarget } from './target.ts';

/** Errors and lost workers after which a chunk is given up: then it is the chunk, and not the machine. */
const mostFailures = 5;
const mostLosses = 10;

/** Workers that have ended or were lost are remembered for a day. */
const rememberedHours = 24;

/** What of an error is kept. */
const mostReasonLength = 1000;

/** A worker's side of the ledger, by one connection, which is made when it is needed and made anew when it breaks. */
export class PostgresWorkerLedger implements WorkerLedger {
  readonly schema: string;
  readonly cluster: string;
  readonly #target: PostgresTarget;
  readonly #facts: WorkerFacts;
  #connection: Promise<Connection> | null;

  private constructor(cluster: string, target: PostgresTarget, facts: WorkerFacts, connection: Connection) {
    this.cluster = cluster;
    this.schema = connection.schema;
    this.#target = target;
    this.#facts = facts;
    this.#connection = Promise.resolve(connection);
  }

  /** Null: there are no tables of ours yet. */
  static async open(target: PostgresTarget, facts: WorkerFacts): Promise<PostgresWorkerLedger | null> {
    const connection = await connect(target, facts);
    const cluster = await connection.transaction(async (session) =>
      (await checkVersion(connection, session)) && (await hasTables(session)) ? clusterOf(session) : null,
    );
    if (cluster !== null) return new PostgresWorkerLedger(cluster, target, facts, connection);
    await connection[Symbol.asyncDispose]();
    return null;
  }

  async beat(state: 'working' | 'draining' | 'ended', inHand: readonly ChunkJob[]): Promise<void> {
    const { worker, host, process, threads } = this.#facts;
    await this.#transaction(async (session) => {
      const chunks = JSON.stringify(inHand.map(({ run, chunk }) => [run, chunk]));
      await session.run(
        `INSERT INTO _longhaul_workers (worker, host, process, threads, state, in_hand) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (worker) DO UPDATE SET state = excluded.state, in_hand = excluded.in_hand, seen = clock_timestamp()`,
        ...[worker, host, process, threads, state, chunks],
      );
      await session.run(
        `DELETE FROM _longhaul_workers WHERE seen < clock_timestamp() - interval '${rememberedHours} hours'`,
      );
    });
  }

  async claim(job: ChunkJob): Promise<ClaimedChunk | null> {
    const { worker } = this.#facts;
    const found = await this.#transaction((session) =>
      session.one<{ attempt: bigint; state: string; worker: string | null }>(
        `SELECT attempt, state, worker FROM _longhaul_jobs WHERE run = $1 AND chunk = $2 AND job = $3`,
        ...[job.run, job.chunk, job.job],
      ),
    );
    if (found === undefined || (found.state !== 'waiting' && found.state !== 'claimed')) return null;
    const isRescue = found.state === 'claimed' && found.worker !== null;
    if (isRescue) {
      const name = attemptName(String(found.worker), job, Number(found.attempt));
      await endSessions((work) => this.#transaction(work), name);
    }
    return this.#transaction(async (session) => {
      const row = await session.one<ClaimedRow>(
        `UPDATE _longhaul_jobs j SET attempt = attempt + 1, worker = $5, changed = clock_timestamp(),
           losses = losses + CASE WHEN j.state = 'claimed' THEN 1 ELSE 0 END,
           state = CASE WHEN j.state = 'claimed' AND losses + 1 >= ${mostLosses} THEN 'failed' ELSE 'claimed' END
         FROM _longhaul_runs r, _longhaul_datasets d
         WHERE j.run = $1 AND j.chunk = $2 AND j.job = $3 AND j.attempt = $4 AND j.state IN ('waiting', 'claimed')
           AND r.run = j.run AND d.name = r.dataset
         RETURNING j.state, j.attempt, j.work, d.name, d.definition`,
        ...[job.run, job.chunk, job.job, found.attempt, worker],
      );
      if (row === undefined || row.state === 'failed') return null;
      const { attempt, work, name, definition } = row;
      return { ...job, attempt: Number(attempt), work, dataset: datasetOf(name, definition) };
    });
  }

  async commit(claimed: ClaimedChunk, chunk: StagedChunk, along: Along): Promise<void> {
    const { run, dataset } = claimed;
    const { worker } = this.#facts;
    try {
      await this.#transaction(async (session) => {
        // A crash that loses this commit has emptied the rows as well.
        await session.run(
          `SET LOCAL synchronous_commit = off; SET LOCAL application_name = '${attemptName(worker, claimed, claimed.attempt)}'`,
        );
        const layout = rowLayout(dataset);
        const cursor = RowCursor.ofMemory(layout, chunk.line, chunk.packed);
        const blocks = encodeStaged(layout, cursor, run, chunk.index);
        const copied = await session.copyIn(
          `COPY ${runTable('staged', run)} FROM STDIN (FORMAT binary)`,
          blocks,
        );
        if (copied !== chunk.packed.rows)
          throw new Error(`of ${chunk.packed.rows} rows of chunk ${chunk.index} the server took ${copied}`);
        // What others may wait for comes last and at once: a machine that vanishes while it sends rows holds none of it.
        const [fenced] = await session.rows<{ epoch: string }>(
          `UPDATE _longhaul_jobs j SET state = 'staged', changed = clock_timestamp() FROM _longhaul_epoch e
           WHERE run = $1 AND chunk = $2 AND attempt = $3 AND state = 'claimed' AND e.epoch = j.epoch RETURNING j.epoch`,
          ...[run, claimed.chunk, claimed.attempt],
        );
        if (fenced === undefined) throw lost(claimed);
        await new Ledger(session).addChunk(run, chunk, fenced.epoch);
        await session.run(
          'UPDATE _longhaul_workers SET chunks = chunks + 1, rows = rows + $2, bytes = bytes + $3 WHERE worker = $1',
          ...[worker, chunk.packed.rows, chunk.length],
        );
        await along(sqlRunner(session));
      });
    } catch (error) {
      // The run has ended, and its tables have gone.
      throw hasState(error, '42P01') ? lost(claimed, error) : error;
    }
  }

  giveBack(claimed: ClaimedChunk, along: Along): Promise<void> {
    return this.#release(claimed, `state = 'waiting'`, [], along);
  }

  fail(claimed: ClaimedChunk, reason: string, along: Along): Promise<void> {
    const state = `CASE WHEN failures + 1 >= ${mostFailures} THEN 'failed' ELSE 'waiting' END`;
    const text = `${reason} (worker ${this.#facts.worker} on ${this.#facts.host})`.slice(0, mostReasonLength);
    return this.#release(
      claimed,
      `failures = failures + 1, failure = $4, state = ${state}`,
      [text.replaceAll('\0', '\ufffd')],
      along,
    );
  }

  async masterUrl(): Promise<string | null> {
    const row = await this.#transaction((session) =>
      session.one<{ url: string }>('SELECT url FROM _longhaul_leader'),
    );
    return row === undefined || row.url === '' ? null : row.url;
  }

  break(): void {
    const connection = this.#connection;
    this.#connection = null;
    void connection?.then(
      (opened) => opened.break(),
      () => undefined,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const connection = this.#connection;
    this.#connection = null;
    await (await connection?.catch(() => null))?.[Symbol.asyncDispose]();
  }

  async #release(claimed: ClaimedChunk, change: string, values: unknown[], along: Along): Promise<void> {
    await this.#transaction(async (session) => {
      const released = await session.run(
        `UPDATE _longhaul_jobs SET changed = clock_timestamp(), ${change}
         WHERE run = $1 AND chunk = $2 AND attempt = $3 AND state = 'claimed'`,
        ...[claimed.run, claimed.chunk, claimed.attempt, ...values],
      );
      if (released === 1) await along(sqlRunner(session));
    });
  }

  async #transaction<Result>(work: (session: Session) => Promise<Result>): Promise<Result> {
    const opening = (this.#connection ??= connect(this.#target, this.#facts));
    try {
      return await (await opening).transaction(work);
    } catch (error) {
      if (error instanceof LonghaulError && brokenCodes.has(error.code)) {
        if (this.#connection === opening) this.#connection = null;
        void opening.then(
          (opened) => opened.break(),
          () => undefined,
        );
      }
      throw error;
    }
  }
}

interface ClaimedRow {
  readonly state: string;
  readonly attempt: bigint;
  readonly work: string;
  readonly name: string;
  readonly definition: string;
}

const brokenCodes: ReadonlySet<string> = new Set([
  'connection_lost',
  'server_unreachable',
  'too_many_connections',
]);

function connect(target: PostgresTarget, { worker }: WorkerFacts): Promise<Connection> {
  return Connection.open({ target, perTransaction: true, name: `longhaul worker ${worker}` });
}

/** A ledger of an older program has no place for workers. */
async function hasTables(session: Session): Promise<boolean> {
  const sql = "SELECT 1 FROM pg_class WHERE oid = to_regclass('_longhaul_workers')";
  return (await session.one(sql)) !== undefined;
}

function lost({ run, chunk }: ClaimedChunk, cause?: unknown): LonghaulError {
  return LonghaulError.of('chunk_lost', { run, chunk }, { cause });
}
