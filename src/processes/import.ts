/** The importing process: where store, local threads and files meet. */
import type { Readable } from 'node:stream';
import type { DatabaseUrl } from '../config/database-url.ts';
import type { Dialect } from '../csv/dialect.ts';
import { systemClock } from '../runtime/clock.ts';
import { asLonghaulError, LonghaulError } from '../runtime/errors.ts';
import { type ImportProgress, importFile } from '../run/import-file.ts';
import { type Receipt, receiptOf, receiptOfNothing } from '../run/receipt.ts';
import type { RejectLimit } from '../schema/reject-limit.ts';
import { type ColumnMapping, mapColumns } from '../schema/columns.ts';
import type { Dataset } from '../schema/dataset.ts';
import { ByteStream } from '../source/byte-stream.ts';
import { LocalFile } from '../source/local-file.ts';
import type { SourceFile } from '../source/source-file.ts';
import { openStore } from './stores.ts';
import { ThreadedStagePool } from './threaded-stage-pool.ts';

export interface ImportOptions {
  readonly database: DatabaseUrl;
  readonly dataset: Dataset;
  readonly dialect: Dialect;
  /** Of a dialect without header: what the fields are. `null`: the columns of the dataset. */
  readonly columns: readonly string[] | null;
  /** As TextDecoder names it. */
  readonly encoding: string;
  readonly threads: number;
  readonly chunkBytes: number;
  readonly maxRecordBytes: number;
  readonly stagingMemoryBytes: number;
  readonly rejectLimit: RejectLimit;
}

/** A file to import: a path, or a stream that can be read once. */
export type FileToImport =
  /** Its versions belong to its absolute path unless a name is given. `entry`: the file in a zip archive. */
  | { readonly path: string; readonly name?: string | undefined; readonly entry?: string | undefined }
  | { readonly stream: Readable; readonly name: string };

/** What happened to one file, as soon as it is known. A file that was refused before a run was opened has no receipt. */
export interface FileResult {
  readonly receipt: Receipt | null;
  readonly error: LonghaulError | null;
}

export interface ImportWatcher {
  /** `label` is what the file is called in errors. */
  onProgress(label: string, progress: ImportProgress): void;
  onResult(result: FileResult): void;
  onWarning(message: string): void;
}

/**
 * Imports files one after the other, in the order given. A file that fails does not hold up the next one.
 * Throws what concerns the database as a whole, and `interrupted`.
 */
export async function importFiles(
  options: ImportOptions,
  toImport: readonly FileToImport[],
  watcher: ImportWatcher,
  signal: AbortSignal,
): Promise<void> {
  const mapping = headlessMapping(options);
  const files = toImport.map((file) => sourceFile(file, options.encoding));
  // Files that are not there are told before a database is made for them.
  const errors = await Promise.all(files.map(sensingError));
  if (errors.every((error) => error !== null)) {
    for (const error of errors) watcher.onResult({ receipt: null, error });
    return;
  }
  const { database, stagingMemoryBytes, dataset } = options;
  await using pool = new ThreadedStagePool(options.threads);
  const warn = (message: string): void => watcher.onWarning(message);
  await using store = await openStore(database, { warn, stagingMemoryBytes });
  await store.lockImports();
  await store.ensureDataset(dataset);
  const { dialect, encoding, chunkBytes, maxRecordBytes, rejectLimit } = options;
  const settings = { dataset, dialect, encoding, mapping, chunkBytes, maxRecordBytes, rejectLimit };
  for (const file of files) {
    const parts = {
      store,
      pool,
      signal,
      onProgress: (progress: ImportProgress) => watcher.onProgress(file.label, progress),
    };
    const outcome = await importFile(parts, file, settings);
    switch (outcome.kind) {
      case 'published':
        watcher.onResult({ receipt: receiptOf(outcome.record), error: null });
        break;
      case 'already_published': {
        const table = await store.ensureDataset(dataset);
        watcher.onResult({
          receipt: receiptOfNothing(dataset.name, file.ref, outcome.published, table),
          error: null,
        });
        break;
      }
      case 'failed': {
        const { record, error } = outcome;
        watcher.onResult({ receipt: record === null ? null : receiptOf(record), error });
      }
    }
  }
}

/** Which fields fill which columns where no header says so; `null` where one does. */
export function headlessMapping({
  dialect,
  dataset,
  columns,
}: Pick<ImportOptions, 'dialect' | 'dataset' | 'columns'>): ColumnMapping | null {
  const own = dataset.columns.map((column) => column.name);
  const refuse = (value: readonly string[], expected: string): never => {
    throw LonghaulError.of('bad_option', { option: '--columns', value: value.join(), expected });
  };
  if (dialect.header) {
    if (columns !== null)
      refuse(columns, 'it must stand beside --no-header: a header names the columns itself');
    return null;
  }
  const mapped = mapColumns(dataset, columns ?? own);
  switch (mapped.kind) {
    case 'mapping':
      return mapped.mapping;
    case 'repeated':
      return refuse(columns ?? own, `it must name each column once, and names "${mapped.column}" twice`);
    case 'missing':
      return refuse(columns ?? own, `it must name ${own.join(', ')}, in the order of the fields`);
  }
}

export function sourceFile(file: FileToImport, encoding: string): SourceFile {
  if ('path' in file) return new LocalFile(file.path, systemClock, { ...file, encoding });
  return new ByteStream(file.stream, file.name, 'standard input', encoding);
}

/** Why a file cannot be imported at all, or null. */
async function sensingError(file: SourceFile): Promise<LonghaulError | null> {
  try {
    await file.sense();
    return null;
  } catch (error) {
    return asLonghaulError(error);
  }
}
