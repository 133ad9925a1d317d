import { existsSync, lstatSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { LonghaulError } from '../../runtime/errors.ts';
import { openReader, openWriter } from './connection.ts';
import { isOfNoDatabase, isSqliteError } from './errors.ts';
import { importingPath, openPrivate, putInPlace, removeLeftovers } from './fresh/fresh-database.ts';
import { Ledger } from './ledger.ts';
import { checkVersion, migrate } from './schema.ts';

/** The writing connection to a database whose ledger is of the present schema. */
export interface OpenedDatabase {
  readonly db: DatabaseSync;
  readonly ledger: Ledger;
  /** Whether it still lies beside its place, known to this process only. */
  readonly fresh: boolean;
}

/** A path without symbolic links, so that all names of a database lead to the same files beside it. */
export function realPath(path: string): string {
  if (existsSync(path)) return realpathSync(path);
  // A link to where there is nothing yet: the database will be there. (A ring of links stays what it is, and fails later.)
  for (let target = path, links = 0; links < 40; links++) {
    if (lstatSync(target, { throwIfNoEntry: false })?.isSymbolicLink() !== true) return target;
    target = resolve(dirname(target), readlinkSync(target));
  }
  return path;
}

/** By which the file of that name can be known from another one, as long as it is open; `null`: there is none. */
export function fileIdentity(path: string): string | null {
  const stats = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stats === undefined ? null : `${stats.dev}:${stats.ino}`;
}

/** Throws `database_not_one` for what lies at `path` and can never be a database, before anything is put beside it. */
export function refuseOtherFile(path: string, shownPath: string): void {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined || (stats.isFile() && stats.size === 0)) return;
  if (!stats.isFile() || !isDatabase(path))
    throw LonghaulError.of('database_not_one', { database: shownPath });
}

/**
 * SQLite is asked, for whoever else opens a database's file and closes it again makes the system drop all locks that this process
 * holds on it, for other connections too (https://sqlite.org/howtocorrupt.html, 2.2).
 */
function isDatabase(path: string): boolean {
  try {
    using db = openReader(path);
    db.prepare('SELECT 1 FROM sqlite_schema').get();
    return true;
  } catch (error) {
    // What else is in the way is told by whoever opens it to write.
    return !isOfNoDatabase(error);
  }
}

/** Opens the database at `path`, or creates it there. @param shownPath what to call it in errors */
export function openExisting(
  path: string,
  shownPath: string,
  waitSeconds: number | undefined,
): OpenedDatabase {
  refuseOtherFile(path, shownPath);
  return migrated(openWriter(path, waitSeconds), shownPath, false);
}

/** Opens a database that is not there yet, beside its place: see `fresh-database.ts`. Its import lock must be held. */
export function openFresh(path: string): OpenedDatabase {
  removeLeftovers(path, true);
  try {
    return migrated(openImporting(path), path, true);
  } catch (error) {
    // Half a ledger, from a machine that lost its power: nothing is lost with it but time.
    if (!isSqliteError(error) && !(error instanceof LonghaulError)) throw error;
    removeLeftovers(path, false);
    return migrated(openImporting(path), path, true);
  }
}

/** Closes a database. One that was not in its place yet is put there, unless an unfinished run can go on with it. */
export function closeDatabase({ db, ledger, fresh }: OpenedDatabase, path: string): void {
  const runs = fresh ? ledger.runStates() : [];
  db.close();
  if (!fresh || runs.includes('staging') || runs.includes('publishing')) return;
  // Runs that failed are worth being looked at; without any, a database that nobody asked for is not left behind.
  if (runs.length > 0) putInPlace(importingPath(path), path);
  else removeLeftovers(path, false);
}

function openImporting(path: string): DatabaseSync {
  const db = openPrivate(importingPath(path));
  // One that a killed import has left is trusted only if it is whole; it is small.
  const { integrity_check: answer } = db.prepare('PRAGMA integrity_check').get() as {
    integrity_check: string;
  };
  if (answer === 'ok') return db;
  db.close();
  throw LonghaulError.of('database_damaged', { database: importingPath(path), reason: answer });
}

function migrated(db: DatabaseSync, path: string, fresh: boolean): OpenedDatabase {
  try {
    // Another program's database gets the ledger together with the first dataset's tables, or neither: `ensureDataset`.
    if (fresh || checkVersion(db, path)) migrate(db, path);
  } catch (error) {
    db.close();
    throw error;
  }
  return { db, ledger: new Ledger(db), fresh };
}
