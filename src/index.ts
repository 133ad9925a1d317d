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
 *     await using database = openDatabase();
 *     console.log(await database.topCounts('name', 10));
 *
 * Any table: `importFile('orders.csv', { table: 'orders', key: ['id'], countBy: ['status'], types: { amount: 'real' } })`.
 */
import type { Readable } from 'node:stream';
import { userCacheFolder } from './config/cache-folder.ts';
import { spoolFolderOf } from './config/spool-folder.ts';
import { dialectOf } from './config/dialect.ts';
import { databaseName, databaseUrl } from './config/database-url.ts';
import { type OptionName, type OptionValue, options, optionValue } from './config/options.ts';
import { clearDatabase as clear, initDatabase as init } from './processes/database.ts';
import { keptDataset } from './processes/datasets.ts';
import { type FileResult, importFiles } from './processes/import.ts';
import { newestReceipts, verify } from './processes/reading.ts';
import { openReaderSoon } from './processes/stores.ts';
import type { ImportProgress } from './run/import-file.ts';
import type { Receipt } from './run/receipt.ts';
import type { Verdict } from './run/verify.ts';
import { LonghaulError } from './runtime/errors.ts';
import { isHttpAddress } from './runtime/redacted-url.ts';
import { type DatasetPlan, namedPlan } from './schema/dataset-plan.ts';
import { type ColumnType, columnType, columnTypes, type Dataset, isColumnType } from './schema/dataset.ts';
import { type JsValue, jsValue } from './schema/js-value.ts';
import { checksumText } from './schema/row-hash.ts';
import type { StoredReject, StoredRow, StoreReader, TableTotals } from './store/store.ts';

export type { ColumnType, ImportProgress, JsValue, Receipt, StoredReject, TableTotals, Verdict };
export { LonghaulError };

/** Which database. */
export interface DatabaseOptions {
  /** `sqlite:PATH` or `postgres://user@host/database`. Default: `sqlite:longhaul.db` in the working folder. */
  readonly db?: string;
  /** Default: `products`. */
  readonly table?: string;
  /** Told of what went wrong and costs nothing but disk space. Default: nobody. */
  readonly onWarning?: (message: string) => void;
}

/** What a table is; needed when it is made, afterwards the database knows it. */
export interface TableOptions extends DatabaseOptions {
  /** Columns that identify a row: text, never empty. Default: none; then a file replaces the rows of its last version. */
  readonly key?: readonly string[];
  /** Columns of which the rows per value are counted. Default: none. */
  readonly countBy?: readonly string[];
  /** Columns that are not text. */
  readonly types?: Readonly<Record<string, ColumnType>>;
}

/** What to import, and how it is written. */
export interface ImportFileOptions extends TableOptions {
  /** What versions of this content belong to. Default: the absolute path, the address, or `stdin` for a stream. */
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
  /** Of an address: what it wants as bearer token. Default: none. */
  readonly token?: string;
  /** More rejected records than this fail the run: a number, or a percentage such as `5%`. Default: 10 % and 100 records. */
  readonly maxRejects?: number | string;
  /** Aborting ends the import: it rejects with the code `interrupted`, and nothing is published. */
  readonly signal?: AbortSignal;
  /** Called for each part of an address that is here, for each chunk that is read and for every few thousand rows that are published. */
  readonly onProgress?: (progress: ImportProgress) => void;
}

/**
 * Imports one file (a path, or an `http://` or `https://` address) or stream of CSV, plain or compressed, and publishes it in one step. A version that is
 * published already is no work (`status: 'already_published'`).
 *
 * @returns the receipt; also with rejected records, which it counts
 * @throws LonghaulError: `bad_option`, `import_running` while another process imports into the database, `interrupted`
 *   after an abort, else what is wrong with file or database; nothing was published then
 */
export async function importFile(source: string | Readable, given: ImportFileOptions = {}): Promise<Receipt> {
  const database = databaseUrl(value('db', given.db));
  const { name, entry, signal = new AbortController().signal, onProgress, onWarning } = given;
  const settings = {
    database,
    plan: planOf(given),
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
    publishPartitions: options.publishPartitions.fallback,
    spoolFolder: spoolFolderOf(database, userCacheFolder()),
    spoolBytes: options.spoolSize.fallback,
    patience: {
      connectMs: options.connectTimeout.fallback * 1000,
      silentMs: options.stallTimeout.fallback * 1000,
    },
    rejectLimit: value('maxRejects', given.maxRejects),
  };
  const named = name === undefined ? {} : { name };
  const file =
    typeof source === 'string'
      ? { ...placeOf(source, given.token), entry, ...named }
      : { stream: source, ...named };
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

function placeOf(
  source: string,
  token?: string,
): { url: string; token?: string | undefined } | { path: string } {
  return isHttpAddress(source) ? { url: source, token } : { path: source };
}

/** A row of a table. */
export interface Row {
  /** By column: NULL is null, integers beyond 2^53 are BigInt, dates and timestamps (UTC) are text. */
  readonly values: Readonly<Record<string, JsValue>>;
  /** The run that last changed the row, and the line of its record. */
  readonly run: number;
  readonly line: number;
  /** 16 hexadecimal digits over values, run and line. */
  readonly hash: string;
}

/** A value of a counted column, and how many rows have it. */
export interface Count {
  readonly value: JsValue;
  readonly number: number;
}

/**
 * A table that is read, never written; each call sees one committed state, also while an import publishes. Opened with
 * `await using`, it closes by itself.
 */
export interface Database extends AsyncDisposable {
  /** Rows, different values of the first counted column, and the sum of all row hashes. */
  totals(): Promise<TableTotals>;
  /** Rows in the order of their keys, at most `limit`, after the one with the key `after`. */
  rows(limit: number, after?: readonly string[]): Promise<Row[]>;
  /** The row with this key: its parts in the order of the key's columns. `null`: there is none. */
  row(...key: string[]): Promise<Row | null>;
  /** The most frequent values of a counted column first. */
  topCounts(column: string, limit: number): Promise<Count[]>;
  /** Receipts of the newest runs, the newest first. */
  runs(limit: number): Promise<Receipt[]>;
  /** Rejects that were kept, in the order of the file; of all runs, the newest first, without `run`. */
  rejects(limit: number, run?: number): Promise<StoredReject[]>;
  /** Recounts everything and compares it with what was published. Reads the whole table. */
  verify(): Promise<Verdict>;
}

/**
 * Opens a database to read a table. At once: what is wrong with a file is thrown here, not by a promise. A server is asked by the
 * first call, and what is wrong with it thrown by that.
 *
 * @throws LonghaulError: `bad_option`, `database_missing`, `database_not_published` while the import that makes it runs, else
 *   what is wrong with the database; the methods `dataset_unknown` when there is no such table
 */
export function openDatabase(given: DatabaseOptions = {}): Database {
  const db = value('db', given.db);
  const reader = openReaderSoon(databaseUrl(db));
  const plan = namedPlan(value('table', given.table));
  const reading = async <Result>(
    work: (reader: StoreReader, dataset: Dataset) => Promise<Result>,
  ): Promise<Result> => {
    const opened = await reader();
    return await work(opened, await keptDataset(opened, plan, databaseName(db)));
  };
  return {
    totals: () => reading((from, of) => from.totals(of)),
    rows: (limit, after) =>
      reading(async (from, of) => (await from.rows(of, after ?? null, limit)).map((row) => rowOf(of, row))),
    row: (...key) =>
      reading(async (from, of) => {
        const row = await from.row(of, key);
        return row === null ? null : rowOf(of, row);
      }),
    topCounts: (column, limit) =>
      reading(async (from, of) => {
        const counts = await from.topCounts(of, column, limit);
        return counts.map(({ value: text, number }) => ({
          value: jsValue(columnType(of, column), text),
          number,
        }));
      }),
    runs: (limit) => reading((from, of) => newestReceipts(from, of, limit)),
    rejects: (limit, run) => reading((from, of) => from.rejects(of, run ?? null, limit)),
    verify: () => reading((from, of) => verify(from, of, null)),
    [Symbol.asyncDispose]: () => reader[Symbol.asyncDispose](),
  };
}

function rowOf(dataset: Dataset, { values, run, line, hash }: StoredRow): Row {
  const entries = dataset.columns.map(
    ({ name, type }, column) => [name, jsValue(type, values[column])] as const,
  );
  return { values: Object.fromEntries(entries), run, line, hash: checksumText(hash) };
}

/**
 * Creates the database and a table where they are missing; of one other than `products` the columns must be given.
 *
 * @returns what is there
 * @throws LonghaulError: `bad_option`, `dataset_impossible`, `dataset_conflict`, else what is wrong with the database
 */
export async function initDatabase(
  given: TableOptions & { readonly columns?: readonly string[] } = {},
): Promise<TableTotals> {
  const described = { plan: planOf(given), columns: given.columns ?? null };
  const { name: _, ...totals } = await init(value('db', given.db), described, (message) =>
    given.onWarning?.(message),
  );
  return totals;
}

/**
 * Removes all rows of a table, its counts, runs and versions.
 *
 * @returns what was there
 * @throws LonghaulError: `bad_option`, `database_missing`, `dataset_unknown`, `import_running` while another process imports
 *   into it, else what is wrong with the database
 */
export async function clearDatabase(given: DatabaseOptions = {}): Promise<TableTotals> {
  const plan = namedPlan(value('table', given.table));
  return await clear(value('db', given.db), plan, (message) => given.onWarning?.(message));
}

function planOf({ table, key, countBy, types }: TableOptions): DatasetPlan {
  for (const type of Object.values(types ?? {})) {
    const expected = `it must be one of ${columnTypes.join(', ')}`;
    if (!isColumnType(type))
      throw LonghaulError.of('bad_option', { option: 'types', value: String(type), expected });
  }
  return {
    name: value('table', table),
    columns: null,
    types: types === undefined ? null : new Map(Object.entries(types)),
    key: key ?? null,
    countBy: countBy ?? null,
  };
}

/** An option's value, checked as on the command line. A library does not look at the environment. */
function value<Name extends OptionName>(name: Name, given: string | number | undefined): OptionValue<Name> {
  return given === undefined ? options[name].fallback : optionValue(name, String(given));
}
