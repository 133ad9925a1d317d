import { DatabaseSync } from 'node:sqlite';
import { LonghaulError } from '../../runtime/errors.ts';
import { pauseThread } from '../../runtime/pause.ts';
import { identifier } from '../identifier.ts';
import { isBusy, lockWaitSeconds } from './errors.ts';

/** Names as a list in SQL. @param table what stands before each of them */
export function list(names: Iterable<string>, table?: string): string {
  const prefix = table === undefined ? '' : `${table}.`;
  return [...names].map((name) => prefix + identifier(name)).join(', ');
}

/** The condition that rows of two tables agree in some columns. */
export function equalOn(names: Iterable<string>, a: string, b: string): string {
  return [...names].map((name) => `${a}.${identifier(name)} = ${b}.${identifier(name)}`).join(' AND ');
}

/**
 * The connection that writes. WAL, so that readers never wait; no automatic checkpoints, because one long reader
 * lets them stall in the middle of a run while the WAL grows: the store checkpoints by itself after each publish.
 */
export function openWriter(path: string, waitSeconds = lockWaitSeconds): DatabaseSync {
  const db = new DatabaseSync(path, { timeout: waitSeconds * 1000 });
  try {
    const { journal_mode: mode } = db.prepare('PRAGMA journal_mode = WAL').get() as { journal_mode: string };
    if (mode !== 'wal') {
      const reason = 'its file system does not allow write-ahead logging';
      throw LonghaulError.of('database_not_writable', { database: path, reason });
    }
    // FULL: a commit is on disk when it returns. Publishes are rare and large, so the fsync is not what costs.
    db.exec('PRAGMA synchronous = FULL');
    db.exec('PRAGMA wal_autocheckpoint = 0');
    db.exec(`PRAGMA cache_size = -${writerCacheKiB}`);
  } catch (error) {
    db.close();
    throw error;
  }
  return db;
}

/** Rows are written in key order, so a small cache serves; what is pushed out of it goes to the WAL once. */
const writerCacheKiB = 32 * 1024;

export function openReader(path: string): DatabaseSync {
  return new DatabaseSync(path, { readOnly: true, timeout: lockWaitSeconds * 1000 });
}

/** A connection for what takes long to read and is put aside in a database attached to it. It must not write to `main`. */
export function openComparing(path: string): DatabaseSync {
  return new DatabaseSync(path, { timeout: lockWaitSeconds * 1000 });
}

/**
 * Runs `work` in a transaction that holds the write lock from its beginning. Waits for the lock by asking every
 * millisecond: SQLite's own way asks ever less often, up to every tenth of a second, and then somebody who writes many short
 * transactions with a pause between them (a publish) keeps one who waits away for seconds.
 */
export function inTransaction<T>(db: DatabaseSync, work: () => T, waitSeconds = lockWaitSeconds): T {
  begin(db, waitSeconds);
  try {
    const result = work();
    db.exec('COMMIT');
    return result;
  } catch (error) {
    // Some errors (disk full among them) have rolled back already; a second ROLLBACK would hide the first error.
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}

function begin(db: DatabaseSync, waitSeconds: number): void {
  const { timeout } = db.prepare('PRAGMA busy_timeout').get() as { timeout: number };
  db.exec('PRAGMA busy_timeout = 0');
  try {
    for (let waitedMs = 0; ; waitedMs++) {
      try {
        db.exec('BEGIN IMMEDIATE');
        return;
      } catch (error) {
        if (!isBusy(error) || waitedMs >= waitSeconds * 1000) throw error;
      }
      pauseThread(1);
    }
  } finally {
    db.exec(`PRAGMA busy_timeout = ${timeout}`);
  }
}
