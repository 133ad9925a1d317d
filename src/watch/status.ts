/** What can be seen of the watch from outside: states, with their reasons. */
import type { ImportProgress } from '../run/import-file.ts';
import type { ReadProgress, SourceKind } from '../source/source-client.ts';

/**
 * `starting`: not asked yet. `slow`: no answer in time. `unreachable`: no answer at all, or one that says that it cannot answer now.
 * `garbage`: it answers something else than a source does.
 */
export type SensingState = 'starting' | 'ok' | 'slow' | 'unreachable' | 'garbage' | 'paused';

/**
 * `preparing`, `refused`: by the source. `queued` → `reading` → `waiting` (here, for its turn) → `importing` → `published`.
 * `retrying`: it could not be read, and is tried again. `failed`: it is no file for this table, and is left alone until it changes.
 */
export type FileState =
  | 'preparing'
  | 'refused'
  | 'queued'
  | 'reading'
  | 'waiting'
  | 'importing'
  | 'published'
  | 'retrying'
  | 'failed';

/** Why something is not as it should be. */
export interface Trouble {
  /** Of docs/reference/errors.md; `refused_by_source` where the source has said why. */
  readonly code: string;
  readonly reason: string;
}

export interface FileStatus {
  readonly name: string;
  readonly state: FileState;
  /** What is offered: SHA-256 where the source tells it. */
  readonly version: string | null;
  readonly bytes: number | null;
  readonly trouble: Trouble | null;
  /** When it is tried again, in milliseconds since 1970; `null`: when it changes. */
  readonly nextTryMs: number | null;
  readonly read: ReadProgress | null;
  readonly import: ImportProgress | null;
  /** What was published last. */
  readonly published: {
    readonly version: string;
    readonly run: number;
    readonly publishNumber: number;
  } | null;
}

export interface SourceStatus {
  readonly name: string;
  readonly url: string;
  readonly kind: SourceKind | null;
  readonly table: string;
  readonly paused: boolean;
  readonly state: SensingState;
  readonly trouble: Trouble | null;
  /** Senses that failed in a row. */
  readonly failures: number;
  /** Of the last sense that was answered as it should be, in milliseconds since 1970. */
  readonly sensedMs: number | null;
  /** How long the last sense took, in milliseconds. */
  readonly senseTookMs: number | null;
  readonly nextSenseMs: number | null;
  /** How many files are in each state; states without any are absent. */
  readonly filesBy: Readonly<Partial<Record<FileState, number>>>;
  /** Those that are on their way or in trouble, the first ones only. */
  readonly files: readonly FileStatus[];
}

export interface WatchStatus {
  readonly sources: readonly SourceStatus[];
  /** Why nothing can be imported at the moment. */
  readonly database: Trouble | null;
  /** Versions that are here and wait for their turn. */
  readonly waiting: number;
}

/** Now. */
export interface Times {
  /** On the monotonic clock. */
  readonly nowMs: number;
  /** What makes a time of day of one of the monotonic clock. */
  readonly wallMinusMonotonicMs: number;
}
