/** Who does which chunk, where that are processes on any number of machines. The queue hands out; whether anybody may commit is for the ledger to say. */
import type { SqlRunner } from '../runtime/sql-runner.ts';

export interface QueuedChunk {
  readonly run: number;
  readonly chunk: number;
  /** UUID. */
  readonly job: string;
}

/** A chunk that is ours as long as we renew it. */
export interface Delivery extends QueuedChunk {
  /** How often it was handed out before. */
  readonly retryCount: number;
}

/** A worker that has not renewed for so long has lost what it has in hand. pg-boss takes no less. */
export const leaseSeconds = 10;

interface ChunkQueue extends AsyncDisposable {
  /** Whether the ledger lies in the same database: then `sql` is a transaction of its; else it is left out, and the queue is told after the commit. */
  readonly isShared: boolean;
}

/** The master's side. Throws `queue_failed`. */
export interface ChunkOffers extends ChunkQueue {
  offer(chunks: readonly QueuedChunk[], sql?: SqlRunner): Promise<void>;
  /** Those that were handed out and not renewed in time. */
  lost(chunks: readonly QueuedChunk[]): Promise<QueuedChunk[]>;
  /** Hands all such out again. */
  rescue(): Promise<void>;
  /** Those that the queue will hand out no more, for whatever reason. */
  missing(chunks: readonly QueuedChunk[]): Promise<QueuedChunk[]>;
  /** Takes chunks back, whether they wait or are under way. */
  withdraw(chunks: readonly QueuedChunk[]): Promise<void>;
}

/** A worker's side. Throws `queue_failed`. */
export interface ChunkDeliveries extends ChunkQueue {
  /** @param most of them; without waiting for any */
  claim(most: number): Promise<Delivery[]>;
  /** @returns those that are still ours */
  renew(deliveries: readonly Delivery[]): Promise<Delivery[]>;
  /** @returns false: it is no longer ours */
  complete(delivery: Delivery, sql?: SqlRunner): Promise<boolean>;
  /** Somebody else is to do it. @returns as `complete` */
  giveBack(delivery: Delivery, sql?: SqlRunner): Promise<boolean>;
}

/** Does something to the queue in the transaction of `ledger`, or after it where that cannot be. */
export async function withLedger(
  { isShared }: Pick<ChunkQueue, 'isShared'>,
  ledger: (along: (sql: SqlRunner) => Promise<void>) => Promise<void>,
  queue: (sql?: SqlRunner) => Promise<void>,
): Promise<void> {
  if (isShared) {
    await ledger((sql) => queue(sql));
    return;
  }
  await ledger(async () => undefined);
  await queue();
}
