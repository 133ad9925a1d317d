/** The importing process: where store, local threads and files meet. */
import { statSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { databaseName, type DatabaseUrl } from '../config/database-url.ts';
import type { Dialect } from '../csv/dialect.ts';
import { systemClock } from '../runtime/clock.ts';
import { asLonghaulError, LonghaulError } from '../runtime/errors.ts';
import { type ImportProgress, importFile } from '../run/import-file.ts';
import { checkPlan, completed, datasetOf } from '../run/dataset.ts';
import { type Receipt, receiptOf, receiptOfNothing } from '../run/receipt.ts';
import type { RejectLimit } from '../schema/reject-limit.ts';
import { type ColumnMapping, mapColumns } from '../schema/columns.ts';
import { type DatasetOrPlan, type DatasetPlan, isDataset, planConflict } from '../schema/dataset-plan.ts';
import { ByteStream } from '../source/byte-stream.ts';
import { LocalFile } from '../source/local-file.ts';
import type { SourceFile } from '../source/source-file.ts';
import type { Store } from '../store/store.ts';
import { mayBeThere, openStore } from './stores.ts';
import { ThreadedStagePool } from './threaded-stage-pool.ts';

export interface ImportOptions {
  readonly database: DatabaseUrl;
  readonly plan: DatasetPlan;
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
  /** Not named: `stdin`. */
  | { readonly stream: Readable; readonly name?: string | undefined };

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
  checkColumns(options);
  // Of a table that cannot be there yet all is known now; else the database is asked first.
  if (!mayBeThere(options.database)) headlessMapping(options, newDataset(options));
  const files = toImport.map((file) => sourceFile(file, options.encoding));
  // Files that are not there are told before a database is made for them.
  const errors = await Promise.all(files.map(sensingError));
  if (errors.every((error) => error !== null)) {
    for (const error of errors) watcher.onResult({ receipt: null, error });
    return;
  }
  const { database, stagingMemoryBytes } = options;
  for (const file of toImport) refuseDatabase(database, file);
  await using pool = new ThreadedStagePool(options.threads);
  const warn = (message: string): void => watcher.onWarning(message);
  await using store = await openStore(database, { warn, stagingMemoryBytes });
  await store.lockImports();
  const { dialect, encoding, chunkBytes, maxRecordBytes, rejectLimit } = options;
  for (const [index, given] of toImport.entries()) {
    const file = files[index] as SourceFile;
    // Anew for each: the first file of a new table may have made it.
    const dataset = await datasetToFill(store, options);
    refuseUnnamed(given, dataset);
    const mapping = headlessMapping(options, dataset);
    const settings = { dataset, dialect, encoding, mapping, chunkBytes, maxRecordBytes, rejectLimit };
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
        const { published, table } = outcome;
        watcher.onResult({
          receipt: receiptOfNothing(dataset.name, file.ref, published, table),
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

/** The dataset that files go into, its tables made; or the plan of one, whose columns the first file has to name. */
async function datasetToFill(store: Store, options: ImportOptions): Promise<DatasetOrPlan> {
  const { plan, database } = options;
  const kept = await store.findDataset(plan.name);
  let dataset: DatasetOrPlan;
  if (kept !== null && (kept.published || planConflict(plan, kept.dataset) === null)) {
    checkPlan(plan, kept.dataset, databaseName(database));
    dataset = kept.dataset;
  } else {
    // A table that nothing was published into can be described anew.
    dataset = newDataset(options);
    if (kept !== null) await store.dropDataset(kept.dataset);
  }
  if (isDataset(dataset)) await store.ensureDataset(dataset);
  return dataset;
}

/** What comes through a pipe without a name would be taken for the next version of what came before, and replace its rows. */
export function refuseUnnamed(file: FileToImport, dataset: DatasetOrPlan): void {
  if ('path' in file || file.name !== undefined || (dataset.key ?? []).length > 0) return;
  const message = `"${dataset.name}" has no key, so a file replaces the rows of its last version, and standard input has no name to know it by: give it one with --as`;
  throw LonghaulError.of('bad_usage', { message, command: 'import ' });
}

export type NewDataset = Pick<ImportOptions, 'plan' | 'columns'>;

/** A dataset that is not there yet, as far as options describe it. Throws `dataset_impossible`. */
export function newDataset({ plan, columns }: NewDataset): DatasetOrPlan {
  const dataset = completed(plan);
  return isDataset(dataset) || columns === null ? dataset : datasetOf(plan, columns);
}

function checkColumns({ dialect, columns }: Pick<ImportOptions, 'dialect' | 'columns'>): void {
  if (dialect.header && columns !== null)
    refuseColumns(columns, 'it must stand beside --no-header: a header names the columns itself');
}

function refuseColumns(columns: readonly string[], expected: string): never {
  throw LonghaulError.of('bad_option', { option: '--columns', value: columns.join(), expected });
}

/** Which fields fill which columns where no header says so; `null` where one does. */
export function headlessMapping(
  { dialect, columns, plan }: Pick<ImportOptions, 'dialect' | 'columns' | 'plan'>,
  dataset: DatasetOrPlan,
): ColumnMapping | null {
  const refuse = refuseColumns;
  checkColumns({ dialect, columns });
  if (dialect.header) return null;
  if (!isDataset(dataset)) throw LonghaulError.of('dataset_undescribed', { table: plan.name });
  const own = dataset.columns.map((column) => column.name);
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
  return new ByteStream(file.stream, file.name ?? 'stdin', 'standard input', encoding);
}

/** Whoever gives the database where a file should stand, or the other way round, is told so in these words. */
export function refuseDatabase(database: DatabaseUrl, file: FileToImport): void {
  if (!('path' in file) || database.engine !== 'sqlite') return;
  const [one, other] = [database.path, file.path].map((path) => statSync(path, { throwIfNoEntry: false }));
  if (one === undefined || one.ino !== other?.ino || one.dev !== other.dev) return;
  throw LonghaulError.of('bad_option', {
    option: '--db',
    value: `sqlite:${database.path}`,
    expected: `it must be another file than "${file.path}", which is to be imported`,
  });
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
