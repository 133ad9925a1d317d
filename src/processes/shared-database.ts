/** A database that several machines work on, and the queue of its chunks. What it takes is loaded when it is asked for. */
import { type DatabaseUrl, databaseName } from '../config/database-url.ts';
import type { ChunkDeliveries, ChunkOffers } from '../queue/chunk-queue.ts';
import type { ChunkQueueOptions } from '../queue/pg-boss/chunk-queue.ts';
import { LonghaulError } from '../runtime/errors.ts';
import type { ChunkShelf } from '../run/chunk-shelf.ts';
import type { LedgerName, WorkerFacts, WorkerLedger } from '../store/chunk-jobs.ts';
import type { Leadership } from '../store/leadership.ts';
import { postgresTarget } from '../store/postgres/target.ts';

export interface SharedDatabase {
  /** `postgres://…` */
  readonly url: string;
  /** Where the queue is. */
  readonly queueUrl: string;
  /** Whether both are one. */
  readonly isShared: boolean;
}

/** A master of a database that several machines reach: workers stage its chunks, where there are any. */
export interface SharedEngine {
  readonly database: SharedDatabase;
  /** In which it leads. */
  readonly term: number;
  /** Where workers get what only the master has. */
  readonly shelf: ChunkShelf;
}

/** @param queueUrl null: the queue is in the database itself. Throws `workers_need_server`. */
export function sharedDatabase(database: DatabaseUrl, queueUrl: DatabaseUrl | null): SharedDatabase {
  for (const each of [database, queueUrl ?? database]) {
    if (each.engine !== 'postgres')
      throw LonghaulError.of('workers_need_server', { database: databaseName(each) });
  }
  const { url } = database as { url: string };
  const queue = queueUrl as { url: string } | null;
  return { url, queueUrl: queue?.url ?? url, isShared: queue === null };
}

/** Makes the ledger, if it is not there. */
export async function openLeadership(url: string): Promise<Leadership> {
  const { PostgresLeadership } = await import('../store/postgres/leadership.ts');
  return PostgresLeadership.open(postgresTarget(url));
}

/** Null: no master has made its tables yet. */
export async function openWorkerLedger(
  { url }: SharedDatabase,
  facts: WorkerFacts,
): Promise<WorkerLedger | null> {
  const { PostgresWorkerLedger } = await import('../store/postgres/worker-ledger.ts');
  return PostgresWorkerLedger.open(postgresTarget(url), facts);
}

/** Null: no master has made the queue yet. @param name what the server's list of sessions calls its session */
export async function openDeliveries(
  database: SharedDatabase,
  ledger: LedgerName,
  name: string,
): Promise<ChunkDeliveries | null> {
  const { BossChunkQueue } = await import('../queue/pg-boss/chunk-queue.ts');
  return BossChunkQueue.deliveries(queueOptions(database, ledger, name));
}

/** As `openDeliveries`; makes what is missing. */
export async function openOffers(
  database: SharedDatabase,
  ledger: LedgerName,
  name: string,
): Promise<ChunkOffers> {
  const { BossChunkQueue } = await import('../queue/pg-boss/chunk-queue.ts');
  return BossChunkQueue.offers(queueOptions(database, ledger, name));
}

function queueOptions(
  { queueUrl, isShared }: SharedDatabase,
  { schema, cluster }: LedgerName,
  name: string,
): ChunkQueueOptions {
  const target = postgresTarget(queueUrl);
  return {
    connectionString: target.connectionString,
    schema: isShared ? schema : (target.schema ?? 'public'),
    ...{ cluster, name, isShared, shown: target.shown },
  };
}
