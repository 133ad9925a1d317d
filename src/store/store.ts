/**
 * Where rows land. One interface for every engine; the conformance suite beside this file says what it means.
 *
 * A store is used by one importing process at a time. Everything a run needs to be exactly once is durable in the
 * store's own database (the ledger); what is not there has not happened.
 */
import type { CanonicalValue } from '../schema/canonical-text.ts';
import type { Dataset } from '../schema/dataset.ts';
import type { FileRef } from '../schema/file-ref.ts';
import type { PackedRows } from '../schema/packed-rows.ts';
import type { Reject, RejectCounts } from '../schema/rejects.ts';

/**
 * planned → staging → publishing → done. An unfinished run can become `failed` (it cannot go on), `cancelled`
 * (a person ended it) or `outdated` (a newer version of its file overtook it).
 */
export type RunState = 'planned' | 'staging' | 'publishing' | 'done' | 'failed' | 'cancelled' | 'outdated';

/** What engines differ in. */
export interface StoreCapabilities {
  /** Chunks of a short run may wait in memory only: a crash within its first seconds starts it over. */
  readonly shortRunsStageInMemory: boolean;
  /** A run that is too large for one transaction can be published by key ranges, each atomic. */
  readonly publishesByPartitions: boolean;
}

/** What is known of a file's last published version. */
export interface PublishedFile {
  readonly run: number;
  readonly publishNumber: number;
  readonly version: string;
  /** Bytes as stored. */
  readonly bytes: number;
  /** What the source could tell of the content without reading it; `null` if that cannot be trusted. */
  readonly fingerprint: string | null;
  /** The settings of the run that published it. */
  readonly settings: string;
}

/** A file whose last run a person has cancelled. */
export interface CancelledFile {
  readonly name: string;
  /** Of the content that is not wanted. */
  readonly fingerprint: string;
}

export interface RunPlan {
  readonly dataset: Dataset;
  readonly file: FileRef;
  readonly fingerprint: string | null;
  /** Everything besides the content that decides how it is cut and read. A run goes on only under equal settings. */
  readonly settings: string;
  /** Header names that are no column of the dataset. */
  readonly ignoredColumns: readonly string[];
  /** Bytes of the file as it is stored, where they are known before it is read: whether its rows are worth memory. */
  readonly expectedBytes?: number | null | undefined;
}

/** A chunk's place in the content, and its content's hash. */
export interface ChunkRef {
  /** From 0, without gaps. */
  readonly index: number;
  /** First byte in the decoded content, from 0. */
  readonly offset: number;
  /** Bytes. */
  readonly length: number;
  /** Line of the first byte, from 1. */
  readonly line: number;
  /** SHA-256 of its bytes, hexadecimal. */
  readonly sha256: string;
}

/** What became of a chunk's records: `records = rows + superseded + rejected`. */
export interface ChunkSums {
  readonly records: number;
  readonly blankLines: number;
  /** Lost to a later record of the same chunk. */
  readonly superseded: number;
  readonly rejected: RejectCounts;
  /** Good records left, each key once. */
  readonly rows: number;
}

export interface StagedChunk extends ChunkRef, ChunkSums {
  readonly packed: PackedRows;
  /** In the order of the file. */
  readonly rejects: readonly Reject[];
}

export interface OpenedRun {
  readonly run: number;
  /** Chunks that an earlier process has staged under the same settings and whose rows are still whole. */
  readonly staged: readonly (ChunkRef & ChunkSums)[];
}

/** What is known of a snapshot once it has been read to its end. */
export interface SnapshotTotals {
  /** SHA-256 of the stored bytes, hexadecimal. */
  readonly version: string;
  readonly fingerprint: string | null;
  /** Bytes as stored. */
  readonly bytes: number;
  /** Bytes after decompression: what the chunks must tile. */
  readonly contentBytes: number;
  /** Number of chunks. */
  readonly chunks: number;
  readonly chunksTakenOver: number;
  readonly records: number;
}

/** How far a run's records came. `records = inserted + updated + unchanged + superseded + kept + rejected`. */
export interface RunSums {
  readonly records: number;
  /** Lines of zero bytes; no records. */
  readonly blankLines: number;
  readonly inserted: number;
  readonly updated: number;
  /** Equal to their row, which was not written. */
  readonly unchanged: number;
  /** Good records that lost to a later one with the same key. */
  readonly superseded: number;
  /** Records that did not end a person's edit of their row. */
  readonly kept: number;
  readonly rejected: number;
}

/** The whole table: its number of rows, of rows of its first count table, and the sum of its row hashes. */
export interface TableTotals {
  readonly rows: number;
  /** Rows of the first count table: different values of the column that it counts. */
  readonly groups: number;
  /** Sum of the row hashes modulo 2^64, signed. */
  readonly checksum: bigint;
}

/** A run as the ledger knows it. */
export interface RunRecord extends RunSums, FileRef {
  readonly run: number;
  readonly dataset: string;
  readonly state: RunState;
  /** The run's place in the order of published runs, from 1; `null` until it is published. */
  readonly publishNumber: number | null;
  /** `null` until the content has been read to its end. */
  readonly version: string | null;
  readonly bytes: number;
  readonly contentBytes: number;
  readonly chunks: number;
  readonly chunksTakenOver: number;
  /** Rows that gave way to those of this version of their file; of a dataset without a key only. */
  readonly removed: number;
  readonly rejectedBy: RejectCounts;
  readonly ignoredColumns: readonly string[];
  /** Milliseconds since 1970 at which the last process to work on it began. */
  readonly startedMs: number;
  readonly endedMs: number | null;
  readonly peakRssBytes: number;
  /** How many of its key ranges are published, where each is published by itself; `null`: all in one step. */
  readonly partitions: PublishedPartitions | null;
  /** The table after the run; `null` unless it is `done`. */
  readonly table: TableTotals | null;
  readonly failure: Failure | null;
}

export interface Failure {
  readonly code: string;
  readonly message: string;
}

export interface PublishedPartitions {
  readonly published: number;
  readonly of: number;
}

/** How a caller watches and ends a publish. Every few thousand rows `progress` is called and then the signal looked at. */
export interface PublishControl {
  readonly signal: AbortSignal;
  /** Rows merged so far. */
  progress(rows: number): void;
  /** Of a run that is published by key ranges: called when another one is. */
  partitions?(partitions: PublishedPartitions): void;
  /** Told once it is published: for how long at a time, at most, edits had to wait for it, in milliseconds. */
  locked?(ms: number): void;
}

/** A dataset that the ledger knows. */
export interface KeptDataset {
  readonly dataset: Dataset;
  /** Whether a run was published into it since it was made or emptied. */
  readonly published: boolean;
}

/** The one writer of a database. Every method may throw `LonghaulError` with a code of the database group. */
export interface Store extends AsyncDisposable {
  readonly capabilities: StoreCapabilities;
  /** A dataset as it was defined when its tables were made; null when the ledger does not know it. */
  findDataset(name: string): Promise<KeptDataset | null>;
  /** Removes the tables of a dataset that has nothing published, its runs and its definition. */
  dropDataset(dataset: Dataset): Promise<void>;
  /** Creates the ledger and the dataset's tables where they are missing; changes nothing where they are there. */
  ensureDataset(dataset: Dataset): Promise<TableTotals>;
  /**
   * Takes the right to import into this database until `close`. Throws `import_running`, which says who has it.
   *
   * @param program what others are told meanwhile, such as `longhaul master`
   */
  lockImports(program?: string): Promise<void>;
  findPublished(dataset: Dataset, file: FileRef): Promise<PublishedFile | null>;
  /**
   * Opens a run of this file: the unfinished one with the same fingerprint and settings if there is one, else a
   * new one, and then unfinished ones of the same file become `outdated`.
   */
  openRun(plan: RunPlan): Promise<OpenedRun>;
  /**
   * Ends the unfinished runs of a file, of which none is being worked on: `outdated` where its current version is published
   * already or is another one, `cancelled` by a person. What they have staged is counted in their accounts.
   */
  endRuns(dataset: Dataset, file: FileRef, state: 'cancelled' | 'outdated'): Promise<void>;
  /** The database in whose `StagingFolder` whoever stages is to put the rows of a run's next chunks; `null`: they are given to `stageChunk`. */
  rowsBeside?(run: number): string | null;
  /** Puts a chunk's rows where they wait. The same index again replaces what was there. */
  stageChunk(run: number, chunk: StagedChunk): Promise<void>;
  /**
   * Makes the run visible, in one atomic step: rows, counts, publish number, receipt. Checks before it commits
   * that chunks tile the content and that the sums meet. Aborted: throws `interrupted`, and nothing has changed.
   *
   * A store that was opened to publish by key ranges (see `publishesByPartitions`) makes them visible one by one, each with its counts.
   * Once the first one is, the run is finished whatever happens: by this call, else before anything else is imported.
   */
  publish(run: number, totals: SnapshotTotals, control: PublishControl): Promise<RunRecord>;
  /** Ends a run that will not be published; its rejects stay readable, its staged rows do not stay. */
  endRun(
    run: number,
    state: 'failed' | 'cancelled' | 'outdated',
    totals: SnapshotTotals | null,
    failure: Failure | null,
  ): Promise<RunRecord>;
  /** Removes a run that turned out to have nothing to do, and all trace of it. */
  discardRun(run: number): Promise<void>;
  /** Removes all rows, counts, runs and staged chunks of the dataset. */
  clear(dataset: Dataset): Promise<void>;
}

/** A row as it is stored. */
export interface StoredRow {
  /**
   * In the order of the dataset's columns, as canonical texts, NULL as null. What another program has stored and no column of
   * that type can have comes as it is.
   */
  readonly values: readonly unknown[];
  /** The run that last changed the row. */
  readonly run: number;
  /** Line of that run's file on which the record begins, from 1. */
  readonly line: number;
  /** Of values, run and line: it differs when any of them does. Signed 64 bits. */
  readonly hash: bigint;
}

/** `replaced`: by a further edit of the same row. `ended`: by a record that a file brought. */
export type EditState = 'standing' | 'replaced' | 'taken_back' | 'ended';

/** A person's change to a row, as the ledger knows it. Values are whole rows in the order of the dataset's columns, as canonical texts. */
export interface StoredEdit {
  readonly edit: number;
  readonly state: EditState;
  readonly values: readonly CanonicalValue[];
  readonly editedMs: number;
  /** When it ceased to stand; `null` while it stands. */
  readonly endedMs: number | null;
  /** The run whose record ended it. */
  readonly endedByRun: number | null;
  /** What the row would be without it. */
  readonly covered: {
    readonly values: readonly CanonicalValue[];
    readonly run: number;
    readonly line: number;
  };
  /** For each file the record that it covers: where that was first seen. In the order of source and name. */
  readonly remembered: readonly (FileRef & { readonly run: number; readonly line: number })[];
}

/** What a standing edit has made of its row. */
export interface StandingEdit {
  readonly edit: number;
  readonly key: readonly string[];
  readonly values: readonly CanonicalValue[];
}

/**
 * Changes single rows, from any process and also while an import runs: each call is one short transaction of its own,
 * and durable when it returns. It needs no import lock; it waits for the writer before it like any other.
 */
export interface RowEditor extends AsyncDisposable {
  /**
   * Changes some columns of a row; the edit covers the whole row. Throws `row_not_found`, `edit_changes_nothing`, and
   * `edit_outdated` if `ifHash` is given and no longer the row's. Values are canonical; what the change may hold at all is
   * for `src/edit`.
   *
   * @returns the row after it
   */
  editRow(
    dataset: Dataset,
    key: readonly string[],
    change: ReadonlyMap<string, CanonicalValue>,
    ifHash: bigint | null,
  ): Promise<StoredRow>;
  /** The row becomes what the files say. Throws `row_not_found`, `edit_not_standing` and `edit_outdated`. */
  takeBackEdit(dataset: Dataset, key: readonly string[], ifHash: bigint | null): Promise<StoredRow>;
}

/** A source that the database remembers. Its token is never stored, only where it is. */
export interface StoredSource {
  readonly name: string;
  /** Empty: what it is is said elsewhere, and only that it is paused is remembered here. */
  readonly url: string;
  /** As a source's definition has it; `null`: found out by asking it. */
  readonly kind: string | null;
  /** The dataset that its files go into. */
  readonly table: string;
  /** A file that holds the token. */
  readonly tokenFile: string | null;
  /** Given through the API: where it may lead is for the master to limit, and no token is sent to it. */
  readonly guarded: boolean;
  readonly paused: boolean;
  /** Milliseconds since 1970. */
  readonly addedMs: number;
}

/** Changes the sources that a database remembers, from any process, also while an import runs: each call is one short transaction and needs no import lock. */
export interface SourceRegister extends AsyncDisposable {
  /** It takes the place of a source of its name that has no URL, and is paused if that one is. Throws `source_there`. */
  addSource(source: Omit<StoredSource, 'paused' | 'addedMs'>): Promise<void>;
  /** One without a URL is forgotten when it is resumed. Throws `source_unknown`. */
  pauseSource(name: string, paused: boolean): Promise<void>;
  /** Throws `source_unknown`. What was published of it stays. */
  removeSource(name: string): Promise<void>;
}

/** Where a count table does not say what the rows do. */
export interface CountDifference {
  readonly table: string;
  /** As canonical text. */
  readonly value: unknown;
  /** Rows that have the value; 0 when there is none. */
  readonly expected: number;
  /** What the count table says; `null` when it has no such row. */
  readonly found: number | null;
}

/** A refused record of a run. */
export interface StoredReject extends Reject {
  readonly run: number;
}

/** Reads a database without ever writing, also while a run publishes: each call sees one committed state. */
export interface StoreReader extends AsyncDisposable {
  /** A dataset as it was defined when its tables were made; null when the ledger does not know it. */
  dataset(name: string): Promise<Dataset | null>;
  /** The names of all datasets. */
  datasets(): Promise<readonly string[]>;
  /** What the ledger says of the whole table. */
  totals(dataset: Dataset): Promise<TableTotals>;
  /** Rows in key order, at most `limit`, after the row whose key is `after`. */
  rows(dataset: Dataset, after: readonly string[] | null, limit: number): Promise<StoredRow[]>;
  row(dataset: Dataset, key: readonly string[]): Promise<StoredRow | null>;
  /** Every row in key order, in batches, all of one committed state. */
  scan(dataset: Dataset): AsyncIterable<readonly StoredRow[]>;
  /** The most frequent values of the count table of `countColumn` first, then in the order of their bytes. */
  topCounts(dataset: Dataset, countColumn: string, limit: number): Promise<CountedValue[]>;
  /** Where the count tables differ from the rows, at most `limit`. */
  countDifferences(dataset: Dataset, limit: number): Promise<CountDifference[]>;
  /** What is wrong with the search indexes, in words, at most `limit`. Nothing where the database alone writes to its indexes. */
  indexFaults(dataset: Dataset, limit: number): Promise<string[]>;
  /** The newest run first. */
  runs(dataset: Dataset, limit: number): Promise<RunRecord[]>;
  run(run: number): Promise<RunRecord | null>;
  /** Rejects that were kept, in the order of the file; of all runs, the newest run first, when `run` is null. */
  rejects(dataset: Dataset, run: number | null, limit: number): Promise<StoredReject[]>;
  /** All edits that the row ever had, the newest first. */
  edits(dataset: Dataset, key: readonly string[]): Promise<StoredEdit[]>;
  /** Every standing edit in key order, in batches, all of one committed state. */
  standingEdits(dataset: Dataset): AsyncIterable<readonly StandingEdit[]>;
  chunks(run: number): Promise<(ChunkRef & ChunkSums)[]>;
  /** The sources that the database remembers, by name. */
  sources(): Promise<StoredSource[]>;
  /** What was last published of each file of a source, by name. */
  publishedFiles(dataset: Dataset, source: string): Promise<(PublishedFile & { readonly name: string })[]>;
  /** Files of a source whose last run a person has cancelled, where it can be told what content that was. */
  cancelledFiles(dataset: Dataset, source: string): Promise<CancelledFile[]>;
  /** Runs `work` so that all its calls of this reader see the same committed state. */
  consistently<T>(work: () => Promise<T>): Promise<T>;
}

/** A value of a counted column, and how many rows have it. */
export interface CountedValue {
  /** As canonical text. */
  readonly value: string;
  readonly number: number;
}
