import type { BackoffTuning } from './backoff.ts';

/** How often and how patiently. All in milliseconds. */
export interface WatchTuning {
  readonly senseIntervalMs: number;
  /** A source that has not answered by then is slow, and asked again later. */
  readonly senseTimeoutMs: number;
  /** Between senses of a source that cannot be asked. */
  readonly senseBackoff: BackoffTuning;
  /** Between reads of a version that could not be read. */
  readonly readBackoff: BackoffTuning;
  /** Between imports while the database cannot be used. */
  readonly databaseBackoff: BackoffTuning;
  /** A version that is no file for its table is tried again after so long, although it has not changed. */
  readonly failedRetryMs: number;
  /** Versions of one source that are read, wait or are imported at a time: each takes room on the disk. */
  readonly filesInHand: number;
}
