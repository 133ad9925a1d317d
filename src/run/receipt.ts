import type { FileRef } from '../schema/file-ref.ts';
import { checksumText } from '../schema/row-hash.ts';
import type {
  PublishedFile,
  PublishedPartitions,
  RunRecord,
  RunState,
  RunSums,
  TableTotals,
} from '../store/store.ts';
import type { ImportOutcome } from './import-file.ts';

/** The account of a finished run, as `--json` prints it. Byte counts are of the file as stored. */
export interface Receipt extends RunSums {
  readonly run: number;
  /** Its place in the order of published runs, from 1; `null` if it was not published. */
  readonly publishNumber: number | null;
  /** A run's state, or `already_published`: the file's current version is the one that `run` has published. */
  readonly status: RunState | 'already_published';
  readonly dataset: string;
  readonly source: string;
  /** What versions belong to: the absolute path, or the name that was given. */
  readonly file: string;
  /** SHA-256 of the stored bytes, hexadecimal; `null` if they were not read to their end. */
  readonly version: string | null;
  /** As stored. */
  readonly bytes: number;
  readonly chunks: number;
  /** Chunks that an earlier process of the same run had staged. */
  readonly chunksTakenOver: number;
  readonly seconds: number;
  readonly recordsPerSecond: number;
  /** Of this process, at its highest. */
  readonly peakRssBytes: number;
  /** Of the whole table after the run; `null` for a run that changed nothing because it was not published. */
  readonly rows: number | null;
  /** Different values of the first counted column. */
  readonly groups: number | null;
  /** Sum of all row hashes, 16 hexadecimal digits. */
  readonly checksum: string | null;
  /** Whether `records = inserted + updated + unchanged + superseded + kept + rejected`. */
  readonly reconciled: boolean;
  /** How many records each reason refused; reasons without any are absent. */
  /** Rows of the file's version before that are no longer there; of tables without a key only. */
  readonly removed: number;
  readonly rejectedBy: Readonly<Record<string, number>>;
  /** Names of the header that are no column of the dataset. */
  readonly ignoredColumns: readonly string[];
  /** How many of its key ranges are published, where each is published by itself; `null`: all in one step. */
  readonly partitions: PublishedPartitions | null;
  /** Why the run failed, with a code of docs/reference/errors.md. */
  readonly error: { readonly code: string; readonly message: string } | null;
}

export function receiptOf(record: RunRecord): Receipt {
  const seconds = ((record.endedMs ?? record.startedMs) - record.startedMs) / 1000;
  const accounted =
    record.inserted + record.updated + record.unchanged + record.superseded + record.kept + record.rejected;
  return {
    run: record.run,
    publishNumber: record.publishNumber,
    status: record.state,
    dataset: record.dataset,
    source: record.source,
    file: record.name,
    version: record.version,
    bytes: record.bytes,
    records: record.records,
    blankLines: record.blankLines,
    inserted: record.inserted,
    updated: record.updated,
    unchanged: record.unchanged,
    superseded: record.superseded,
    kept: record.kept,
    rejected: record.rejected,
    chunks: record.chunks,
    chunksTakenOver: record.chunksTakenOver,
    seconds,
    recordsPerSecond: seconds > 0 ? Math.round(record.records / seconds) : record.records,
    peakRssBytes: record.peakRssBytes,
    ...tableOf(record.table),
    reconciled: accounted === record.records,
    removed: record.removed,
    rejectedBy: record.rejectedBy,
    ignoredColumns: record.ignoredColumns,
    partitions: record.partitions,
    error: record.failure,
  };
}

/** What is to be told of an import; `null`: the file was refused before a run was opened. */
export function receiptOfOutcome(outcome: ImportOutcome, dataset: string, file: FileRef): Receipt | null {
  switch (outcome.kind) {
    case 'published':
      return receiptOf(outcome.record);
    case 'already_published':
      return receiptOfNothing(dataset, file, outcome.published, outcome.table);
    case 'failed':
      return outcome.record === null ? null : receiptOf(outcome.record);
  }
}

export const noRecords: RunSums = {
  records: 0,
  blankLines: 0,
  inserted: 0,
  updated: 0,
  unchanged: 0,
  superseded: 0,
  kept: 0,
  rejected: 0,
};

/** The receipt of a file with nothing to do: no run was made, and the table is as `published.run` or a later one left it. */
export function receiptOfNothing(
  dataset: string,
  file: FileRef,
  published: PublishedFile,
  table: TableTotals,
): Receipt {
  return {
    run: published.run,
    publishNumber: published.publishNumber,
    status: 'already_published',
    dataset,
    source: file.source,
    file: file.name,
    version: published.version,
    bytes: published.bytes,
    ...noRecords,
    chunks: 0,
    chunksTakenOver: 0,
    seconds: 0,
    recordsPerSecond: 0,
    peakRssBytes: 0,
    ...tableOf(table),
    reconciled: true,
    removed: 0,
    rejectedBy: {},
    ignoredColumns: [],
    partitions: null,
    error: null,
  };
}

function tableOf(table: TableTotals | null): Pick<Receipt, 'rows' | 'groups' | 'checksum'> {
  if (table === null) return { rows: null, groups: null, checksum: null };
  return { rows: table.rows, groups: table.groups, checksum: checksumText(table.checksum) };
}
