/**
 * Longhaul as a library: what the commands do, from TypeScript.
 *
 *     import { importFile, openDatabase } from 'longhaul';
 *
 *     const stop = new AbortController();
 *     process.once('SIGINT', () => stop.abort());
 *     const receipt = await importFile('products.csv.gz', {
 *       signal: stop.signal,
 *       onProgress: (progress) => console.log(progress),
 *     });
 *     console.log(`${receipt.inserted} new, ${receipt.updated} changed`);
 *     await using database = await openDatabase();
 *     console.log(await database.topCounts('name', 10));
 */
import type { Readable } from 'node:stream';
import { dialectOf } from './config/dialect.ts';
import { databaseUrl } from './config/database-url.ts';
import { type OptionName, type OptionValue, options, optionValue } from './config/options.ts';
import { clearDatabase as clear, initDatabase as init } from './processes/database.ts';
import { type FileResult, importFiles } from './processes/import.ts';
import { newestReceipts, openReader, verify } from './processes/reading.ts';
import type { ImportProgress } from './run/import-file.ts';
import type { Receipt } from './run/receipt.ts';
import type { Verdict } from './run/verify.ts';
import { LonghaulError } from './runtime/errors.ts';
import { products } from './schema/dataset.ts';
import type { CountedValue, StoredReject, StoredRow, TableTotals } from './store/store.ts';

export type { CountedValue, ImportProgress, Receipt, StoredReject, StoredRow, TableTotals, Verdict };
export { LonghaulError };

/** Where databases are named: `sqlite:PATH` or `postgres://user@host/database`. Default: `sqlite:longhaul.db` in the working folder. */
export interface DatabaseOptions {
  readonly db?: string;
  /** Told of what went wrong and costs nothing but disk space. Default: nobody. */
  readonly onWarning?: (message: string) => void;
}

export interface ImportFileOptions extends DatabaseOptions {
  /** What versions of this content belong to. Default: the absolute path, or `stdin` for a stream. */
  readonly name?: string;
  /** Threads that parse and sort, 1 to 64. Default: one a core. */
  readonly threads?: number;
  /** What stands between two fields, one character. Default: `,`. */
  readonly delimiter?: string;
  /** What opens and closes a quoted field, one character, or `none`. Default: `"`. */
  readonly quote?: string;
  /** Inside quotes, what makes the next character plain data, or `none` (quotes are doubled). Default: `none`. */
  readonly escape?: string;
  /** Whether the first record names the columns. Default: true. */
  readonly header?: boolean;
  /** Without a header: what the fields are. Default: the columns of the table, in their order. */
  readonly columns?: readonly string[];
  /** As TextDecoder names it. Default: `utf-8`. */
  readonly encoding?: string;
  /** The file to read in a zip archive that holds several. */
  readonly entry?: string;
  /** More rejected records than this fail the run: a number, or a percentage such as `5%`. Default: 10 % and 100 records. */
  readonly maxRejects?: number | string;
  /** Aborting ends the import: it rejects with the code `interrupted`, and nothing is published. */
  readonly signal?: AbortSignal;
  /** Called for each chunk that is read and for every few thousand rows that are published. */
  readonly onProgress?: (progress: ImportProgress) => void;
}

/**
 * Imports one file (a path) or stream of CSV, plain or compressed, and publishes it in one step. A version that is
 * published already is no work (`status: 'already_published'`).
 *
 * @returns the receipt; also with rejected records, which it counts
 * @throws LonghaulError with a code of docs/reference/errors.md; then nothing was published
 */
export async function importFile(source: string | Readable, given: ImportFileOptions = {}): Promise<Receipt> {
  const { name, entry, signal = new AbortController().signal, onProgress, onWarning } = given;
  const settings = {
    database: databaseUrl(value('db', given.db)),
    dataset: products,
    dialect: dialectOf({
      delimiter: value('delimiter', given.delimiter),
      quote: value('quote', given.quote),
      escape: value('escape', given.escape),
      header: given.header ?? true,
    }),
    columns: given.columns ?? null,
    encoding: value('encoding', given.encoding),
    threads: value('threads', given.threads),
    chunkBytes: options.chunkSize.fallback,
    maxRecordBytes: options.maxRecordSize.fallback,
    stagingMemoryBytes: options.stagingMemory.fallback,
    rejectLimit: value('maxRejects', given.maxRejects),
  };
  const named = name === undefined ? {} : { name };
  const file =
    typeof source === 'string'
      ? { path: source, entry, ...named }
      : { stream: source, name: 'stdin', ...named };
  const results: FileResult[] = [];
  const watcher = {
    onProgress: (_label: string, progress: ImportProgress) => onProgress?.(progress),
    onResult: (result: FileResult) => results.push(result),
    onWarning: (message: string) => onWarning?.(message),
  };
  await importFiles(settings, [file], watcher, signal);
  const { receipt = null, error = null } = results[0] ?? {};
  if (error !== null) throw error;
  if (receipt === null) throw new Error('an import that did not fail has a receipt');
  return receipt;
}

/** A database that is read, never written; each call sees one committed state, also while an import publishes. */
export interface Database extends AsyncDisposable {
  /** Rows, different names, and the sum of all row hashes. */
  totals(): Promise<TableTotals>;
  /** Products in the order of their skus, at most `limit`, after the one with the sku `after`. */
  products(limit: number, after?: string): Promise<StoredRow[]>;
  product(sku: string): Promise<StoredRow | null>;
  /** The most frequent values first. */
  topCounts(column: 'name', limit: number): Promise<CountedValue[]>;
  /** Receipts of the newest runs, the newest first. */
  runs(limit: number): Promise<Receipt[]>;
  /** Rejects that were kept, in the order of the file; of all runs, the newest first, without `run`. */
  rejects(limit: number, run?: number): Promise<StoredReject[]>;
  /** Recounts everything and compares it with what was published. Reads the whole table. */
  verify(): Promise<Verdict>;
}

/** Opens a database to read it. Throws `database_missing` or `tables_missing` when there is nothing to read. */
export async function openDatabase(db?: string): Promise<Database> {
  const reader = await openReader(value('db', db));
  return {
    totals: () => reader.totals(products),
    products: (limit, after) => reader.rows(products, after === undefined ? null : [after], limit),
    product: (sku) => reader.row(products, [sku]),
    topCounts: (column, limit) => reader.topCounts(products, column, limit),
    runs: (limit) => newestReceipts(reader, products, limit),
    rejects: (limit, run) => reader.rejects(products, run ?? null, limit),
    verify: () => verify(reader, products, null),
    [Symbol.asyncDispose]: () => reader[Symbol.asyncDispose](),
  };
}

/** Creates the database and its tables where they are missing. */
export function initDatabase(given: DatabaseOptions = {}): Promise<TableTotals> {
  return init(value('db', given.db), products, (message) => given.onWarning?.(message));
}

/** Removes all products, counts, runs and versions. @returns what was there */
export function clearDatabase(given: DatabaseOptions = {}): Promise<TableTotals> {
  return clear(value('db', given.db), products, (message) => given.onWarning?.(message));
}

/** An option's value, checked as on the command line. A library does not look at the environment. */
function value<Name extends OptionName>(name: Name, given: string | number | undefined): OptionValue<Name> {
  return given === undefined ? options[name].fallback : optionValue(name, String(given));
}
