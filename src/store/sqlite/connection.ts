import { DatabaseSync } from 'node:sqlite';
import { LonghaulError } from '../../runtime/errors.ts';
import { lockWaitSeconds } from './errors.ts';

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

/** Runs `work` in a transaction that holds the write lock from its beginning. */
export function inTransaction<T>(db: DatabaseSync, work: () => T): T {
  db.exec('BEGIN IMMEDIATE');
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
