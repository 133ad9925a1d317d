import { existsSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { LonghaulError } from '../../runtime/errors.ts';
import { lockWaitSeconds, translating } from './errors.ts';
import { migrate, requireOurs } from './schema.ts';

/**
 * A connection for short transactions beside those of whoever imports: to a database of ours, whose ledger is of the present schema
 * then. Throws `database_missing` when there is none.
 */
export function openOurs(path: string, waitSeconds = lockWaitSeconds): DatabaseSync {
  if (!existsSync(path)) throw LonghaulError.of('database_missing', { database: path });
  if (statSync(path).isDirectory()) throw LonghaulError.of('database_not_one', { database: path });
  const db = translating(path, () => new DatabaseSync(path, { timeout: waitSeconds * 1000 }), waitSeconds);
  try {
    translating(
      path,
      () => {
        requireOurs(db, path);
        // What is committed is on disk. Its few pages go into the database file by automatic checkpoints.
        db.exec('PRAGMA synchronous = FULL');
        migrate(db, path);
      },
      waitSeconds,
    );
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}
