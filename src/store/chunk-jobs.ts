/** What the ledger knows of chunks that workers stage: the master's side and a worker's. */
import type { SqlRunner } from '../runtime/sql-runner.ts';
import type { Dataset } from '../schema/dataset.ts';
import type { ChunkRef, ChunkSums, StagedChunk } from './store.ts';

/** A chunk that a worker is to stage. */
export interface ChunkJob {
  readonly run: number;
  /** Its index in the run. */
  readonly chunk: number;
  /** UUID of the job in the queue. */
  readonly job: string;
}

export interface OfferedChunk extends ChunkJob {
  /** What is to be done, for the worker alone to understand. */
  readonly work: string;
}

export type SettledChunk =
  | ({ readonly kind: 'staged' } & ChunkRef & ChunkSums)
  /** Given up: `attempts` workers have failed or died over it. */
  | { readonly kind: 'failed'; readonly index: number; readonly attempts: number; readonly reason: string };

/** Something else done in the same transaction. */
export type Along = (sql: SqlRunner) => Promise<void>;

/** A ledger, as a queue in whatever database needs to know it. */
export interface LedgerName {
  readonly schema: string;
  /** What tells it from all others. */
  readonly cluster: string;
}

/** The master's side. All of it throws when another master leads. */
export interface ChunkJobs extends LedgerName {
  /** The run's rows wait on the server from here on, so that others can add to them. */
  begin(run: number): Promise<void>;
  offer(chunks: readonly OfferedChunk[], along: Along): Promise<void>;
  /** What has been staged or given up since this was last asked. */
  settled(run: number): Promise<SettledChunk[]>;
  /** Takes a chunk away from whoever has it. @returns false: it is staged */
  takeBack(run: number, chunk: number): Promise<boolean>;
  /** Chunks that nobody has touched for so long, those that a worker holds or all; 100 at most. */
  quiet(run: number, of: 'held' | 'all', seconds: number): Promise<ChunkJob[]>;
  /** Ends the session in which whoever holds the chunk may be about to commit it: a process that was frozen then holds locks that others wait for. */
  endSession(chunk: ChunkJob): Promise<void>;
  /** The chunk is handed out by another job from now on; `along` as with `offer`. */
  reoffer(chunk: ChunkJob, job: string, along: Along): Promise<void>;
  /** Takes all chunks of the run away. */
  withdraw(run: number): Promise<void>;
  /** Workers that have been heard of within so many seconds and take chunks. */
  liveWorkers(seconds: number): Promise<number>;
}

/** A worker as others see it. */
export interface WorkerStatus {
  readonly worker: string;
  readonly host: string;
  readonly process: number;
  readonly threads: number;
  /** `lost`: not heard of for longer than a lease. */
  readonly state: 'working' | 'draining' | 'ended' | 'lost';
  /** Milliseconds since 1970. */
  readonly startedMs: number;
  readonly seenMs: number;
  readonly inHand: readonly { readonly run: number; readonly chunk: number }[];
  /** Chunks that it has staged, with their rows and bytes. */
  readonly chunks: number;
  readonly rows: number;
  readonly bytes: number;
}

export interface WorkerFacts {
  /** Its name: 8 hexadecimal digits. */
  readonly worker: string;
  readonly host: string;
  readonly process: number;
  readonly threads: number;
}

/** A chunk that is ours until somebody claims it after us. */
export interface ClaimedChunk extends ChunkJob {
  readonly attempt: number;
  readonly work: string;
  readonly dataset: Dataset;
}

/** A worker's side. Everything is one transaction each, with its settings in it: a pooler may lie between. */
export interface WorkerLedger extends LedgerName, AsyncDisposable {
  /** Tells that the worker is there and what it has in hand. */
  beat(state: 'working' | 'draining' | 'ended', inHand: readonly ChunkJob[]): Promise<void>;
  /**
   * Makes the chunk ours. Whoever had it before can commit no more, and a session of his that is still open is ended, so that it
   * holds no locks. Null: it is no longer to be done.
   */
  claim(job: ChunkJob): Promise<ClaimedChunk | null>;
  /**
   * Puts the rows in place, with the ledger's row and `along`. Throws `chunk_lost` when it is no longer ours, and then nothing has
   * happened.
   */
  commit(claimed: ClaimedChunk, chunk: StagedChunk, along: Along): Promise<void>;
  /** It waits for another worker again. */
  giveBack(claimed: ClaimedChunk, along: Along): Promise<void>;
  /** It could not be done, and waits for another worker; after too often it is given up. */
  fail(claimed: ClaimedChunk, reason: string, along: Along): Promise<void>;
  /** Where the master that leads can be asked; null: nobody leads, or it does not say. */
  masterUrl(): Promise<string | null>;
  /** Drops the connection; the next call makes another one. */
  break(): void;
}
