/** The importing process: where store, local threads and files meet. */
import { statSync } from 'node:fs';
import type { Readable } from 'node:stream';
import type { DatabaseUrl } from '../config/database-url.ts';
import { systemClock } from '../runtime/clock.ts';
import { asLonghaulError, LonghaulError } from '../runtime/errors.ts';
import type { BegunReading } from '../run/begun-reading.ts';
import { beginReading, type ImportProgress } from '../run/import-file.ts';
import { type Receipt, receiptOfOutcome } from '../run/receipt.ts';
import type { DatasetOrPlan } from '../schema/dataset-plan.ts';
import { ByteStream } from '../source/byte-stream.ts';
import { LocalFile } from '../source/local-file.ts';
import { RemoteFile } from '../source/remote-file.ts';
import type { SourceFile } from '../source/source-file.ts';
import {
  checkColumns,
  type EngineOptions,
  headlessMapping,
  Importer,
  newDataset,
  type TableOptions,
} from './importer.ts';
import { type RemoteFileToImport, RemoteFiles, type RemoteOptions } from './remote-files.ts';
import { mayBeThere } from './stores.ts';

export interface ImportOptions extends TableOptions, EngineOptions, RemoteOptions {}

/** A file to import: a path, or a stream that can be read once. */
export type FileToImport =
  /** Its versions belong to its absolute path unless a name is given. `entry`: the file in a zip archive. */
  | { readonly path: string; readonly name?: string | undefined; readonly entry?: string | undefined }
  /** Brought here first. Its versions belong to its address, without what may be secret in it, unless a name is given. */
  | RemoteFileToImport
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
  await using remote = new RemoteFiles(options, (...given) => watcher.onProgress(...given), signal);
  const files = toImport.map((file) => sourceFile(file, options.encoding, remote));
  // Files that are not there are told before a database is made for them.
  const errors = await Promise.all(files.map(sensingError));
  if (errors.every((error) => error !== null)) {
    for (const error of errors) watcher.onResult({ receipt: null, error });
    return;
  }
  for (const file of toImport) refuseDatabase(options.database, file);
  const warn = (message: string): void => watcher.onWarning(message);
  await using first = new FirstReading(files[0] as SourceFile, options, signal);
  await using importer = await Importer.open(options, 'longhaul import', warn);
  for (const [index, given] of toImport.entries()) {
    const file = files[index] as SourceFile;
    const onProgress = (progress: ImportProgress): void => watcher.onProgress(file.label, progress);
    const check = (dataset: DatasetOrPlan): void => refuseUnnamed(given, dataset);
    const control = { signal, onProgress };
    const ahead = index === 0 ? await first.reading : null;
    const outcome = await importer.import(file, options, control, check, ahead);
    if (file instanceof RemoteFile) await file.forget();
    const error = outcome.kind === 'failed' ? outcome.error : null;
    watcher.onResult({ receipt: receiptOfOutcome(outcome, options.plan.name, file.ref), error });
  }
}

/** Begins to read the first file while a database is made for it, 40 ms. */
class FirstReading implements AsyncDisposable {
  /** `null`: it is not known yet whether the file is to be read, or something is wrong with it, which its import will tell. */
  readonly reading: Promise<BegunReading | null>;

  constructor(file: SourceFile, options: ImportOptions, signal: AbortSignal) {
    const isCertain = file instanceof LocalFile && options.dialect.header && !mayBeThere(options.database);
    this.reading = isCertain ? this.#begin(file, options, signal).catch(() => null) : Promise.resolve(null);
  }

  async #begin(file: SourceFile, options: ImportOptions, signal: AbortSignal): Promise<BegunReading | null> {
    const sensed = await file.sense();
    // What comes through a pipe may take its time.
    if (sensed.bytes === null) return null;
    const reading = await beginReading(file, sensed, options, signal);
    reading.readAhead();
    return reading;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (await this.reading)?.[Symbol.asyncDispose]();
  }
}

/** What comes through a pipe without a name would be taken for the next version of what came before, and replace its rows. */
export function refuseUnnamed(file: FileToImport, dataset: DatasetOrPlan): void {
  if (!('stream' in file) || file.name !== undefined || (dataset.key ?? []).length > 0) return;
  const message = `"${dataset.name}" has no key, so a file replaces the rows of its last version, and standard input has no name to know it by: give it one with --as`;
  throw LonghaulError.of('bad_usage', { message, command: 'import ' });
}

export function sourceFile(file: FileToImport, encoding: string, remote: RemoteFiles): SourceFile {
  if ('url' in file) return remote.file(file);
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
