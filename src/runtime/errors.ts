/**
 * Every way in which Longhaul can refuse or fail, in one table: what happened, and what to try.
 * Codes are part of the interface (JSON output, later the API); never rename one.
 */
import { apiErrors } from './api-errors.ts';
import { datasetErrors } from './dataset-errors.ts';
import { entry, fewNames, quoted } from './error-entry.ts';
import { machineErrors } from './machine-errors.ts';
import { masterErrors } from './master-errors.ts';
import { type InDatabase, serverErrors } from './server-errors.ts';
import { serviceErrors } from './service-errors.ts';
import { sourceErrors } from './source-errors.ts';
import { workerErrors } from './worker-errors.ts';

interface InFile {
  readonly file: string;
}
interface InCompressed extends InFile {
  readonly format: string;
}

export const errorTable = {
  // How it was called.
  bad_option: entry<{ option: string; value: string; expected: string }>(
    400,
    (f) => `${f.option} cannot be "${f.value}": ${f.expected}`,
    (f) =>
      /^it must (?!be )/.test(f.expected)
        ? 'see "longhaul help"'
        : `give ${f.option} ${f.expected.replace(/^it must be /, '')}; see "longhaul help"`,
  ),
  bad_usage: entry<{ message: string; command: string }>(
    400,
    (f) => f.message,
    (f) => `"longhaul ${f.command}--help" shows what can be given`,
  ),
  not_found: entry<{ what: string; hint: string }>(
    404,
    (f) => f.what,
    (f) => f.hint,
  ),
  ...machineErrors,
  ...datasetErrors,
  // Files.
  file_not_found: entry<InFile>(
    404,
    (f) => `${f.file}: no such file`,
    () => 'check the path; a relative one starts at the folder in which you call longhaul',
  ),
  file_not_readable: entry<InFile & { reason: string }>(
    403,
    (f) => `${f.file}: cannot be read (${f.reason})`,
    () => 'check the permissions of the file and of the folders above it',
  ),
  file_not_writable: entry<InFile & { reason: string }>(
    403,
    (f) => `${f.file}: cannot be written (${f.reason})`,
    () => 'check that the folder exists, that you may write to it, and that the disk has room',
  ),
  file_is_folder: entry<InFile>(
    400,
    (f) => `${f.file}: is a folder, not a file`,
    (f) => `name the files in it, for example ${f.file.replace(/\/+$/, '')}/*.csv`,
  ),
  file_not_regular: entry<InFile>(
    400,
    (f) => `${f.file}: is neither a file nor a pipe`,
    () => 'name a file, a named pipe, or - for standard input',
  ),
  file_changed: entry<InFile>(
    409,
    (f) => `${f.file}: changed while it was being read; nothing was published`,
    () => 'run the same command again once the file is complete',
    true,
  ),
  file_empty: entry<InFile>(
    422,
    (f) => `${f.file}: is empty, not even a header`,
    () => 'see whether the program that writes the file has failed or is still at work',
  ),
  // Compression.
  compression_unknown: entry<InFile & { format: string }>(
    415,
    (f) => `${f.file}: is compressed with ${f.format}, which cannot be read yet`,
    (f) =>
      `decompress it first, for example through a pipe: ${f.format} -dc FILE | longhaul import - --as NAME`,
  ),
  compressed_truncated: entry<InCompressed & { storedBytes: number }>(
    422,
    (f) =>
      `${f.file}: the ${f.format} data ends too early, after ${f.storedBytes} bytes; nothing was published`,
    () => 'get the file again: a download or copy was cut off',
  ),
  compressed_corrupt: entry<InCompressed & { reason: string; storedBytes: number }>(
    422,
    (f) =>
      `${f.file}: the ${f.format} data is damaged (${f.reason}) within its first ${f.storedBytes} bytes; nothing was published`,
    (f) =>
      `get the file again; "${f.format === 'zip' ? 'unzip' : f.format} -t FILE" tells whether a copy is whole`,
  ),
  compressed_trailing: entry<InCompressed>(
    422,
    (f) => `${f.file}: other bytes follow the end of the ${f.format} data; nothing was published`,
    () => 'get the file again; it is longer than what was compressed',
  ),
  zip_unreadable: entry<InFile & { reason: string }>(
    415,
    (f) => `${f.file}: the zip archive cannot be read: ${f.reason}`,
    () => 'unpack it with another program and import the plain file',
  ),
  zip_not_seekable: entry<InFile>(
    415,
    (f) => `${f.file}: is a zip archive, which can be read from a file but not from a stream`,
    () => 'name the file itself, or unpack it on the way: unzip -p FILE | longhaul import - --as NAME',
  ),
  zip_entry_needed: entry<InFile & { names: readonly string[] }>(
    422,
    (f) => `${f.file}: the zip archive holds ${f.names.length} files: ${fewNames(f.names)}`,
    (f) => `name one of them: --entry "${f.names[0] ?? ''}"`,
  ),
  zip_entry_missing: entry<InFile & { entry: string; names: readonly string[] }>(
    404,
    (f) => `${f.file}: the zip archive has no "${f.entry}"; it has ${fewNames(f.names)}`,
    (f) => `name one of them: --entry "${f.names[0] ?? ''}"`,
  ),
  inflated_too_large: entry<InFile & { limit: string }>(
    413,
    (f) =>
      `${f.file}: inflates to more than ${f.limit}, as files made to exhaust a machine do; nothing was published`,
    () => 'if the file is honest, decompress it first and import the plain file',
  ),
  // CSV.
  header_missing_column: entry<
    InFile & { missing: readonly string[]; found: readonly string[]; advice: string }
  >(
    422,
    (f) => `${f.file}: line 1: the header has no column ${quoted(f.missing)}; it has ${fewNames(f.found)}`,
    (f) => f.advice,
  ),
  header_repeated_column: entry<InFile & { column: string }>(
    422,
    (f) => `${f.file}: line 1: the header names the column "${f.column}" twice`,
    () => 'rename or remove one of the two columns',
  ),
  header_unreadable: entry<InFile & { reason: string }>(
    422,
    (f) => `${f.file}: line 1: the header cannot be read: ${f.reason}`,
    () =>
      'look at the first line of the file: it must name the columns; --encoding windows-1252 reads many files that are not UTF-8',
  ),
  looks_like_html: entry<InFile>(
    422,
    (f) => `${f.file}: line 1: this is a web page (HTML), not CSV`,
    () =>
      'open it in a browser: it is often a login or an error page that was downloaded instead of the file',
  ),
  looks_like_json: entry<InFile>(
    422,
    (f) => `${f.file}: line 1: this is JSON, not CSV`,
    () => 'ask for the data as CSV; from a server, JSON is often a message of an error: read it',
  ),
  looks_binary: entry<InFile & { found: string }>(
    415,
    (f) => `${f.file}: line 1: this is not text (${f.found})`,
    () => 'export the data as CSV in UTF-8, or name its encoding if it is text: --encoding utf-16le',
  ),
  unterminated_quote: entry<InFile & { line: number; byteOffset: number }>(
    422,
    (f) =>
      `${f.file}: line ${f.line}, byte ${f.byteOffset}: a quote opens here and is still open at the end of the file; nothing was published`,
    (f) => `look at line ${f.line}: close the quote, or double it if it belongs to the text`,
  ),
  reject_limit: entry<
    InFile & { rejected: number; records: number; limit: string; most: string; advice: string }
  >(
    422,
    (f) =>
      `${f.file}: ${f.rejected} of ${f.records} records were rejected, more than the limit of ${f.limit}; nothing was published. Most often: ${f.most}`,
    (f) => f.advice,
  ),
  // Database.
  database_missing: entry<InDatabase>(
    404,
    (f) => `${f.database}: no such database`,
    () => '"longhaul init" creates one, and so does the first "longhaul import"',
  ),
  database_not_published: entry<InDatabase>(
    409,
    (f) => `${f.database}: nothing is published yet; its first import is running or was interrupted`,
    () => 'wait until it has finished; if it was interrupted, the same "longhaul import" again goes on',
    true,
  ),
  database_not_one: entry<InDatabase>(
    422,
    (f) => `${f.database}: is not an SQLite database`,
    () => 'name another file with --db sqlite:PATH; this one is left as it is',
  ),
  database_not_utf8: entry<InDatabase & { encoding: string }>(
    422,
    (f) => `${f.database}: stores text as ${f.encoding}, and keys must sort by their UTF-8 bytes`,
    () => 'name another file with --db sqlite:PATH; this one is left as it is',
  ),
  database_damaged: entry<InDatabase & { reason: string }>(
    500,
    (f) => `${f.database}: the database file is damaged (${f.reason})`,
    () => 'restore it from a backup; "PRAGMA integrity_check" in the sqlite3 shell tells more',
  ),
  database_newer: entry<InDatabase & { found: number; known: number }>(
    409,
    (f) =>
      `${f.database}: was written by a newer Longhaul (schema version ${f.found}; this one knows up to ${f.known})`,
    () => 'update longhaul on this machine',
  ),
  database_locked: entry<InDatabase & { waitedSeconds: number }>(
    503,
    (f) =>
      `${f.database}: another program has held it locked for more than ${f.waitedSeconds} s; nothing was changed`,
    () =>
      'close the other program (often an open transaction in a database browser), then run the same command again',
    true,
  ),
  database_not_writable: entry<InDatabase & { reason: string }>(
    403,
    (f) => `${f.database}: cannot be opened for writing (${f.reason})`,
    () => 'check that the folder exists and that you may write to it and to the file',
  ),
  database_not_ours: entry<InDatabase & { detail: string }>(
    422,
    (f) => `${f.database}: is an SQLite database that longhaul did not make${f.detail}`,
    () => 'name another file with --db sqlite:PATH; this one is left as it is',
  ),
  database_not_readable: entry<InDatabase & { reason: string }>(
    403,
    (f) => `${f.database}: cannot be read (${f.reason})`,
    () =>
      'SQLite keeps its notes beside the file, so you must be able to write to its folder too: copy it to one of yours',
  ),
  output_failed: entry<{ reason: string }>(
    500,
    (f) => `the output cannot be written (${f.reason})`,
    () => 'see to where the output goes, a full disk perhaps; what was imported stays imported',
  ),
  database_failed: entry<InDatabase & { reason: string }>(
    500,
    (f) => `${f.database}: ${f.reason}; nothing was published`,
    () => 'see to the disk and run the same command again',
  ),
  disk_full: entry<InDatabase>(
    507,
    (f) => `${f.database}: the disk is full; nothing was published`,
    () =>
      'make room (an import needs up to three times the size of its plain CSV), then run the same command again',
    true,
  ),
  import_running: entry<InDatabase & { holder: string }>(
    409,
    (f) =>
      `${f.database}: another import into this database is running${f.holder === '' ? '' : ` (${f.holder})`}`,
    (f) =>
      f.holder.startsWith('longhaul master')
        ? 'let that master import it (longhaul sources add NAME PATH), or stop it first; edits need no waiting'
        : 'wait until it has finished; several files can be given to one import',
    true,
  ),
  database_appeared: entry<InDatabase>(
    409,
    (f) => `${f.database}: another program has made a database of this name meanwhile; nothing was published`,
    () => 'run the same command again: it will import into that database',
    true,
  ),
  ...serverErrors,
  // Edits.
  row_not_found: entry<InDatabase & { table: string; key: string }>(
    404,
    (f) => `${f.database}: ${f.table} has no row with the key "${f.key}"`,
    () => 'keys are compared to the letter; "longhaul show products" lists the first ones',
  ),
  edit_of_key: entry<{ column: string }>(
    422,
    (f) => `"${f.column}" is part of the key: an edit never changes which row it is`,
    () => 'bring the row under its other key with a file',
  ),
  edit_unknown_column: entry<{ table: string; column: string; columns: readonly string[] }>(
    422,
    (f) => `${f.table} has no column "${f.column}"`,
    (f) => `its columns are ${quoted(f.columns)}`,
  ),
  edit_bad_value: entry<{ column: string; reason: string }>(
    422,
    (f) => `"${f.column}" cannot be that: ${f.reason}`,
    () => 'give text that a file could have brought',
  ),
  edit_changes_nothing: entry<{ key: string }>(
    422,
    (f) => `the row "${f.key}" has these values already; nothing was changed`,
    () => 'look at the row with "longhaul show products"',
  ),
  edit_outdated: entry<{ key: string }>(
    412,
    (f) => `the row "${f.key}" has been changed since it was read; nothing was changed`,
    () => 'read the row again, and edit what is there now',
  ),
  edit_not_standing: entry<{ key: string }>(
    409,
    (f) => `there is no edit of the row "${f.key}" to take back`,
    () => '"longhaul show products" with its key tells which edits there were and how they ended',
  ),
  // Promises.
  sums_do_not_meet: entry<{ run: number; sums: string }>(
    500,
    (f) => `run ${f.run}: the sums do not meet (${f.sums}); nothing was published`,
    () => 'this is a defect of longhaul: please report it with the file and the options',
  ),
  counts_drifted: entry<{ table: string; value: string }>(
    500,
    (f) => `the table "${f.table}" does not hold the right number for "${f.value}"; nothing was changed`,
    () => '"longhaul verify" shows what was changed from outside',
  ),
  // Sources.
  ...sourceErrors,
  // Servers.
  ...serviceErrors,
  ...masterErrors,
  ...apiErrors,
  ...workerErrors,
  interrupted: entry<{ advice: string }>(
    499,
    () => 'interrupted; nothing was published',
    (f) => f.advice,
    true,
  ),
  unexpected: entry<{ message: string }>(
    500,
    (f) => `unexpected: ${f.message}`,
    () => 'this is a defect of longhaul: please report it; --verbose shows where it happened',
  ),
} as const;

/** What can go wrong, each explained in docs/reference/errors.md. */
export type ErrorCode = keyof typeof errorTable;
export type ErrorFacts<Code extends ErrorCode> = Parameters<(typeof errorTable)[Code]['text']>[0] &
  Parameters<(typeof errorTable)[Code]['hint']>[0];

/** An error that is the user's, the file's or the machine's: it is told in words, never with a stack trace. */
export class LonghaulError extends Error {
  override readonly name = 'LonghaulError';
  readonly code: ErrorCode;
  /** What the text is made of: `file`, `line` and so on, as the code has them. */
  readonly facts: Readonly<Record<string, unknown>>;

  private constructor(code: ErrorCode, facts: Readonly<Record<string, unknown>>, options?: ErrorOptions) {
    // The table's functions take the facts of their own code; `of` is the only way in and has checked them.
    super((errorTable[code].text as (facts: unknown) => string)(facts), options);
    this.code = code;
    this.facts = facts;
  }

  static of<Code extends ErrorCode>(
    code: Code,
    facts: ErrorFacts<Code>,
    options?: ErrorOptions,
  ): LonghaulError {
    return new LonghaulError(code, facts as Readonly<Record<string, unknown>>, options);
  }

  /** The reverse of `{ code, facts }`, for errors that came from another thread. */
  static from(code: ErrorCode, facts: Readonly<Record<string, unknown>>): LonghaulError {
    return new LonghaulError(code, facts);
  }

  /** What to do; completes `Try: …`. */
  get hint(): string {
    return (errorTable[this.code].hint as (facts: unknown) => string)(this.facts);
  }

  /** Whether the same call can succeed later without anybody changing anything. */
  get retryable(): boolean {
    return errorTable[this.code].retryable;
  }
}

/** Any thrown value as one of ours; what is not known becomes `unexpected` and keeps its cause. */
export function asLonghaulError(error: unknown): LonghaulError {
  if (error instanceof LonghaulError) return error;
  // Of the working folder: threads need one, whatever paths they work on.
  if ((error as NodeJS.ErrnoException | null)?.syscall === 'uv_cwd')
    return LonghaulError.of('folder_gone', {}, { cause: error });
  const message = error instanceof Error ? error.message : String(error);
  // Node's own code says so in other words than the system's call, and without its code.
  if (/EMFILE|ENFILE|too many open files/.test(message))
    return LonghaulError.of('too_many_files_open', { reason: message }, { cause: error });
  // Of the kernel, and of a buffer.
  if (/Unable to grow instance memory|Array buffer allocation failed/.test(message))
    return LonghaulError.of('out_of_memory', { reason: message }, { cause: error });
  return LonghaulError.of('unexpected', { message }, { cause: error });
}
