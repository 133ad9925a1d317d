import type { DatabaseSync } from 'node:sqlite';
import { type CountTable, type Dataset, tableNames } from '../../../schema/dataset.ts';
import { type RowLayout, rowLayout } from '../../../schema/packed-rows.ts';
import { identifier } from '../../identifier.ts';
import { openRanges, type RowRange } from '../../opened-rows.ts';
import { bytesOfWindows } from '../../row-merge.ts';
import type { SortedRows } from '../../staging-folder.ts';
import { inTransaction } from '../connection.ts';
import { EditLedger } from '../edit-ledger.ts';
import { Ledger } from '../ledger.ts';
import { collectChunks, type PublishJob, recordPublished } from '../publish-run.ts';
import type { PartBuilder } from './build-part.ts';
import { buildTables, type RootPages } from './build-tables.ts';
import { cutRows } from './cut-rows.ts';
import {
  appendPages,
  copyForPublishing,
  openPrivate,
  publishingPath,
  putInPlace,
  removeLeftovers,
} from './fresh-database.ts';
import { SideParts } from './side-parts.ts';

/** For tests. */
export interface FreshTuning {
  /** Values of a count table that are counted in memory; beyond them SQLite counts. */
  readonly mostCountedValues?: number | undefined;
  /** Staged rows that are worth another thread's while. */
  readonly leastPartBytes?: number | undefined;
}

/** Of products some 20,000 rows, with which a thread has 5 ms to do. */
const leastPartBytes = 4 * 2 ** 20;
/** Windows of all threads: of two threads where there are as many sources as are merged at once. */
const mostWindowsBytes = 64 * 2 ** 20;

/**
 * Publishes the first run of a database that is not in its place yet: in a copy of the ledger the pages of the rows are
 * written from the leaves up, then the ledger is completed, then the copy gets the database's name. That last step is the
 * atomic one; whatever happens before it leaves the ledger beside it as it was.
 *
 * @param builders threads that can each build a part of the rows meanwhile
 */
export function publishFresh(
  path: string,
  job: PublishJob,
  builders: readonly PartBuilder[] = [],
  tuning: FreshTuning = {},
): void {
  const { dataset, run, control } = job;
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
    const { mostCountedValues } = tuning;
    const what = { dataset, run, mostCountedValues };
    const layout = rowLayout(dataset);
    const { sources, superseded } = job.staging.gather(run, layout, first.collected.staged);
    const [firstRows, ...others] = cutForThreads(layout, sources, builders.length + 1, tuning);
    const { sums, uncounted } = appendPages(building, (file) => {
      const { pageSize, numbers } = file;
      const place = { database: path, path: building, pageSize, pageCounter: numbers.counter };
      using side = new SideParts(
        others.map((rows, index) => ({
          ...what,
          ...place,
          rows,
          listPath: job.staging.listPath(run, index),
        })),
        builders,
      );
      const rows = openRanges(layout, firstRows, superseded);
      const built = buildTables(file, first.roots, what, rows, side, control);
      side.settle();
      return built;
    });
    withDatabase(building, (db) => {
      inTransaction(db, () => {
        const toCount = dataset.counts.filter((count) => uncounted.includes(count.table));
        for (const count of toCount) countRows(db, dataset, count);
        recordPublished(db, new Ledger(db), job, first.collected, sums);
      });
    });
    putInPlace(building, path);
  } catch (error) {
    removeLeftovers(path, true);
    throw error;
  }
}

type Part = readonly RowRange[];

/** @returns the rows of each part: of one, where one thread is to build all */
function cutForThreads(
  layout: RowLayout,
  sources: readonly SortedRows[],
  threads: number,
  tuning: FreshTuning,
): readonly [Part, ...Part[]] {
  const bytes = sources.reduce((sum, { rows }) => sum + bytesOf(rows), 0);
  const parts = Math.min(
    ...[threads, Math.floor(bytes / (tuning.leastPartBytes ?? leastPartBytes))],
    Math.floor(mostWindowsBytes / bytesOfWindows(sources.length)),
  );
  const [first = sources, ...others] = cutRows(layout, sources, parts) ?? [];
  return [first, ...others];
}

function bytesOf(rows: RowRange['rows']): number {
  return rows instanceof Uint32Array ? rows.byteLength : (rows.end - rows.from) * 4;
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
