import type { Dataset } from '../../schema/dataset.ts';
import type { FileRef } from '../../schema/file-ref.ts';
import type { RejectQuota } from '../reject-quota.ts';
import type { StagedChunk } from '../store.ts';

/** The run that this process is working on. */
export interface ActiveRun {
  readonly run: number;
  readonly dataset: Dataset;
  readonly file: FileRef;
  readonly startedAt: number;
  /** Chunks that wait in memory, by index; the others are on the server and in the ledger. */
  readonly inMemory: Map<number, StagedChunk>;
  inMemoryBytes: number;
  /** Of the table that staged rows go to; null: there is none. */
  epoch: Promise<string> | null;
  readonly rejectQuota: RejectQuota;
}

/** A merge holds a window of 128 KiB of each. */
export const mostChunksInMemory = 256;

/** What a kept reject takes in memory besides its raw bytes. */
export const rejectOverheadBytes = 256;

/**
 * Reading what decides about a row of the table costs 0.3 µs, staging a record on the server and looking its row up there 5 µs:
 * of a file with fewer records than this part of the table's rows, the server compares them.
 */
export const compareHereAbove = 0.06;
