import { LonghaulError } from '../../runtime/errors.ts';

/** Result codes of SQLite (https://sqlite.org/rescode.html), the low byte of the extended ones. */
const busy = 5;
const readonly = 8;
const ioError = 10;
const corrupt = 11;
const full = 13;
const cannotOpen = 14;
const constraint = 19;
const notADatabase = 26;
/** Extended: that a key is there twice is nobody's fault but ours. */
const primaryKey = 1555;

/** How long a statement waits for another program's lock before it gives up. */
export const lockWaitSeconds = 5;

interface SqliteError extends Error {
  readonly code: 'ERR_SQLITE_ERROR';
  readonly errcode: number;
  readonly errstr: string;
}

export function isSqliteError(error: unknown): error is SqliteError {
  return error instanceof Error && (error as { code?: unknown }).code === 'ERR_SQLITE_ERROR';
}

export function isBusy(error: unknown): boolean {
  return isSqliteError(error) && (error.errcode & 0xff) === busy;
}

/** Whether a file turned out to be no database at all. */
export function isOfNoDatabase(error: unknown): boolean {
  return isSqliteError(error) && (error.errcode & 0xff) === notADatabase;
}

/** An error of SQLite, or of the file system below it, in the words of the error table. Others pass as they are. */
export function translated(error: unknown, database: string, waitedSeconds = lockWaitSeconds): unknown {
  if (isSystemError(error)) return translatedSystemError(error, database);
  if (!isSqliteError(error)) return error;
  const options = { cause: error };
  const reason = error.errstr;
  switch (error.errcode & 0xff) {
    case busy:
      return LonghaulError.of('database_locked', { database, waitedSeconds }, options);
    case full:
      return LonghaulError.of('disk_full', { database }, options);
    case notADatabase:
      return LonghaulError.of('database_not_one', { database }, options);
    case readonly:
    case cannotOpen:
      return LonghaulError.of('database_not_writable', { database, reason }, options);
    case corrupt:
      return LonghaulError.of('database_damaged', { database, reason }, options);
    case ioError:
      return LonghaulError.of('database_failed', { database, reason }, options);
    case constraint:
      if (error.errcode === primaryKey) return error;
      return LonghaulError.of('table_refuses', { database, reason: error.message }, options);
    default: {
      // Dropped by somebody else, between two looks at the ledger perhaps.
      const [, table] = /^no such table: (.+)$/.exec(error.message) ?? [];
      if (table === undefined) return error;
      return LonghaulError.of('table_mismatch', { database, table, reason: 'is missing' }, options);
    }
  }
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && (error as NodeJS.ErrnoException).syscall !== undefined;
}

/** Of files beside the database, in which rows wait. Their names are in the reason. */
function translatedSystemError(error: NodeJS.ErrnoException, database: string): unknown {
  const options = { cause: error };
  switch (error.code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return LonghaulError.of('disk_full', { database }, options);
    case 'EMFILE':
    case 'ENFILE':
    case undefined:
      return error;
    default:
      return LonghaulError.of('database_failed', { database, reason: error.message }, options);
  }
}

/** Runs `work` and translates what it throws. */
export function translating<T>(database: string, work: () => T, waitedSeconds = lockWaitSeconds): T {
  try {
    return work();
  } catch (error) {
    throw translated(error, database, waitedSeconds);
  }
}
