import { createHash } from 'node:crypto';
import { PgBoss } from 'pg-boss';
import { LonghaulError } from '../../runtime/errors.ts';
import type { SqlRunner } from '../../runtime/sql-runner.ts';
import {
  type ChunkDeliveries,
  type ChunkOffers,
  type Delivery,
  leaseSeconds,
  type QueuedChunk,
} from '../chunk-queue.ts';
import { QueueConnection } from './queue-connection.ts';

export interface ChunkQueueOptions {
  /** For the driver. */
  readonly connectionString: string;
  /** The schema that the ledger lies in, or that the URL of a queue of its own names. */
  readonly schema: string;
  /** What the ledger is called: several may share a queue's database. */
  readonly cluster: string;
  /** What the server's list of sessions calls its session. */
  readonly name: string;
  /** Whether the ledger lies in the same database, so that a transaction can have both. */
  readonly isShared: boolean;
  /** The queue's database in errors: its URL without the password. */
  readonly shown: string;
}

/**
 * How the queue treats a job. It never gives one up: the ledger counts failures and losses, and knows what a chunk is. `expireInSeconds`: a
 * worker that renews for so long and does not come to an end hangs.
 */
const treatment = {
  retryLimit: 1_000_000,
  retryDelay: 1,
  heartbeatSeconds: leaseSeconds,
  expireInSeconds: 3600,
  deleteAfterSeconds: 60,
} as const;

/** pg-boss looks for lost leases when we ask it to, which is while chunks are under way; at most this often. */
const monitorSeconds = 1;

/** pg-boss on one connection of ours. */
export class BossChunkQueue implements ChunkOffers, ChunkDeliveries {
  readonly #boss: PgBoss;
  readonly #connection: QueueConnection;
  readonly #queue: string;
  readonly #schema: string;
  readonly isShared: boolean;
  readonly #shown: string;

  private constructor(
    boss: PgBoss,
    connection: QueueConnection,
    { cluster, schema, isShared, shown }: ChunkQueueOptions,
  ) {
    this.#boss = boss;
    this.#connection = connection;
    this.#queue = queueName(cluster);
    this.#schema = bossSchema(schema);
    this.isShared = isShared;
    this.#shown = shown;
  }

  /** The master's: makes what is missing of pg-boss's own tables and the queue. */
  static offers(options: ChunkQueueOptions): Promise<ChunkOffers> {
    return BossChunkQueue.#open(options, async (boss, queue) => {
      if ((await boss.getQueue(queue)) === null) await boss.createQueue(queue, treatment);
      else await boss.updateQueue(queue, treatment);
    });
  }

  /** A worker's; null: no master has made the queue yet. */
  static async deliveries(options: ChunkQueueOptions): Promise<ChunkDeliveries | null> {
    await using connection = connectionOf(options);
    const table = `${bossSchema(options.schema)}.queue`;
    try {
      const made = await connection.executeSql('SELECT 1 FROM pg_class WHERE oid = to_regclass($1)', [table]);
      if (made.rows.length === 0) return null;
      const sql = `SELECT 1 FROM ${table} WHERE name = $1`;
      const { rows } = await connection.executeSql(sql, [queueName(options.cluster)]);
      return rows.length === 0 ? null : await BossChunkQueue.#open(options, null);
    } catch (error) {
      throw error instanceof LonghaulError ? error : failed(options.shown, error);
    }
  }

  static async #open(
    options: ChunkQueueOptions,
    make: ((boss: PgBoss, queue: string) => Promise<void>) | null,
  ): Promise<BossChunkQueue> {
    const connection = connectionOf(options);
    const boss = new PgBoss({
      db: connection,
      schema: bossSchema(options.schema),
      migrate: make !== null,
      createSchema: make !== null,
      supervise: false,
      schedule: false,
      registerInstance: false,
      reindex: false,
      monitorVacuum: false,
      monitorIntervalSeconds: monitorSeconds,
      // What it tells on its own is of its timers, all of which are off or only look for what we do not use.
      openTelemetry: { enabled: false },
    });
    boss.on('error', () => undefined);
    try {
      await boss.start();
      const queue = queueName(options.cluster);
      await make?.(boss, queue);
      return new BossChunkQueue(boss, connection, options);
    } catch (error) {
      await boss.stop({ graceful: false }).catch(() => undefined);
      await connection[Symbol.asyncDispose]();
      throw failed(options.shown, error);
    }
  }

  async offer(chunks: readonly QueuedChunk[], sql?: SqlRunner): Promise<void> {
    const jobs = chunks.map(({ run, chunk, job: id }) => ({ id, data: { run, chunk } }));
    await this.#asking(sql, () => this.#boss.insert(this.#queue, jobs, inside(sql)));
  }

  async rescue(): Promise<void> {
    await this.#asking(undefined, () => this.#boss.supervise(this.#queue, { reindex: false }));
  }

  async lost(chunks: readonly QueuedChunk[]): Promise<QueuedChunk[]> {
    // By the server's clock, and of all at once: pg-boss, which is pinned exactly, tells one job at a time, and when it was renewed.
    const sql = `SELECT id::text AS id FROM ${this.#schema}.job WHERE name = $1 AND id = ANY($2::uuid[])
      AND state = 'active' AND heartbeat_on + heartbeat_seconds * interval '1 second' < now()`;
    const ids = chunks.map(({ job }) => job);
    if (ids.length === 0) return [];
    const { rows } = await this.#asking(undefined, () =>
      this.#connection.executeSql(sql, [this.#queue, ids]),
    );
    const lost = new Set((rows as { id: string }[]).map(({ id }) => id));
    return chunks.filter(({ job }) => lost.has(job));
  }

  async missing(chunks: readonly QueuedChunk[]): Promise<QueuedChunk[]> {
    const missing: QueuedChunk[] = [];
    for (const chunk of chunks) {
      const [job] = await this.#asking(undefined, () => this.#boss.findJobs(this.#queue, { id: chunk.job }));
      if (job === undefined || !underWay.has(job.state)) missing.push(chunk);
    }
    return missing;
  }

  async withdraw(chunks: readonly QueuedChunk[]): Promise<void> {
    if (chunks.length === 0) return;
    const ids = chunks.map(({ job }) => job);
    await this.#asking(undefined, () => this.#boss.deleteJob(this.#queue, ids));
  }

  async claim(most: number): Promise<Delivery[]> {
    const jobs = await this.#asking(undefined, () =>
      this.#boss.fetch<Pick<QueuedChunk, 'run' | 'chunk'>>(this.#queue, { batchSize: most }),
    );
    return jobs.map(({ id, data, retryCount }) => ({
      ...{ run: data.run, chunk: data.chunk, job: id, retryCount },
    }));
  }

  async renew(deliveries: readonly Delivery[]): Promise<Delivery[]> {
    if (deliveries.length === 0) return [];
    const touched = await this.#asking(undefined, () =>
      this.#boss.touch(this.#queue, deliveries.map(attempt)),
    );
    const { settled } = outcome(touched);
    const ours = new Set(settled);
    return deliveries.filter(({ job }) => ours.has(job));
  }

  async complete(delivery: Delivery, sql?: SqlRunner): Promise<boolean> {
    return this.#asking(sql, async () =>
      hasSettled(await this.#boss.complete(this.#queue, attempt(delivery), null, inside(sql))),
    );
  }

  async giveBack(delivery: Delivery, sql?: SqlRunner): Promise<boolean> {
    return this.#asking(sql, async () =>
      hasSettled(await this.#boss.fail(this.#queue, attempt(delivery), null, inside(sql))),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#boss.stop({ graceful: false }).catch(() => undefined);
    await this.#connection[Symbol.asyncDispose]();
  }

  /** In somebody's transaction an error is his to understand. */
  async #asking<Result>(sql: SqlRunner | undefined, ask: () => Promise<Result>): Promise<Result> {
    try {
      return await ask();
    } catch (error) {
      throw sql === undefined ? failed(this.#shown, error) : error;
    }
  }
}

function inside(sql: SqlRunner | undefined) {
  return sql === undefined ? {} : { db: sql };
}

function failed(database: string, error: unknown): LonghaulError {
  const reason = error instanceof Error && error.message !== '' ? error.message : String(error);
  return LonghaulError.of('queue_failed', { database, reason }, { cause: error });
}

/** What pg-boss answers, and its types do not tell. A job's id stands in `jobs` also when the attempt was fenced out. */
interface Settled {
  readonly affected: number;
  readonly settled: readonly string[];
}

function outcome(response: object): Settled {
  return response as Settled;
}

function hasSettled(response: object): boolean {
  return outcome(response).affected === 1;
}

const underWay: ReadonlySet<string> = new Set(['created', 'retry', 'active']);

function attempt({ job: id, retryCount }: Delivery): { id: string; retryCount: number } {
  return { id, retryCount };
}

function connectionOf({ connectionString, name }: ChunkQueueOptions): QueueConnection {
  return new QueueConnection(connectionString, name);
}

function queueName(cluster: string): string {
  return `chunks_${cluster}`;
}

/** pg-boss has a schema of its own; names that it would not take are told apart by a hash. */
function bossSchema(schema: string): string {
  const isPlain = /^[a-z_][a-z0-9_]{0,30}$/.test(schema);
  const suffix = isPlain ? schema : createHash('sha256').update(schema).digest('hex').slice(0, 16);
  return `longhaul_queue_${suffix}`;
}
