import type { DatabaseSync } from 'node:sqlite';
import { type CountTable, type Dataset, tableNames } from '../../../schema/dataset.ts';
import { identifier } from '../../identifier.ts';
import { inTransaction } from '../connection.ts';
import { EditLedger } from '../edit-ledger.ts';
import { Ledger } from '../ledger.ts';
import { collectChunks, openStaged, type PublishJob, recordPublished } from '../publish-run.ts';
import { buildTables, type RootPages } from './build-tables.ts';
import {
  appendPages,
  copyForPublishing,
  openPrivate,
  publishingPath,
  putInPlace,
  removeLeftovers,
} from './fresh-database.ts';

/**
 * Publishes the first run of a database that is not in its place yet: in a copy of the ledger the pages of the rows are
 * written from the leaves up, then the ledger is completed, then the copy gets the database's name. That last step is the
 * atomic one; whatever happens before it leaves the ledger beside it as it was.
 *
 * @param mostCountedValues of a count table; beyond them SQLite counts
 */
export function publishFresh(path: string, job: PublishJob, mostCountedValues?: number): void {
  const { dataset, run } = job;
  const building = publishingPath(path);
  removeLeftovers(path, true);
  copyForPublishing(path);
  try {
    const first = withDatabase(building, (db) => {
      const ledger = new Ledger(db);
      // Nobody can edit rows that are not there; these ways of writing would not see that somebody had.
      if (new EditLedger(db, dataset.name).any()) throw new Error('a new database has edits');
      return inTransaction(db, () => ({
        collected: collectChunks(ledger, job),
        roots: rootPages(db, dataset),
      }));
    });
    let uncounted: readonly string[] = [];
    const rows = openStaged(job, first.collected);
    const applied = appendPages(building, (file) => {
      const built = buildTables(file, first.roots, dataset, run, rows, job.control, mostCountedValues);
      uncounted = built.uncounted;
      return built.sums;
    });
    withDatabase(building, (db) => {
      inTransaction(db, () => {
        const toCount = dataset.counts.filter((count) => uncounted.includes(count.table));
        for (const count of toCount) countRows(db, dataset, count);
        recordPublished(db, new Ledger(db), job, first.collected, applied);
      });
    });
    putInPlace(building, path);
  } catch (error) {
    removeLeftovers(path, true);
    throw error;
  }
}

function withDatabase<Result>(path: string, work: (db: DatabaseSync) => Result): Result {
  using db = openPrivate(path);
  // If this process dies the file is worth nothing, so there is nothing to roll back to.
  db.exec('PRAGMA journal_mode = OFF');
  return work(db);
}

function rootPages(db: DatabaseSync, dataset: Dataset): RootPages {
  const root = db.prepare('SELECT rootpage FROM sqlite_schema WHERE name = ?');
  return new Map(
    tableNames(dataset).map((table) => [table, (root.get(table) as { rootpage: number }).rootpage]),
  );
}

/** The slower way for a column with more values than are counted in memory: SQLite sorts them, on disk if need be. */
function countRows(db: DatabaseSync, dataset: Dataset, count: CountTable): void {
  const value = identifier(count.column);
  db.exec(
    `INSERT INTO ${identifier(count.table)} SELECT ${value}, count(*) FROM ${identifier(dataset.name)} WHERE ${value} IS NOT NULL GROUP BY ${value} ORDER BY ${value}`,
  );
}
