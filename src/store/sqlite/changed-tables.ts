import type { DatabaseSync } from 'node:sqlite';
import type { Dataset } from '../../schema/dataset.ts';
import type { Difference } from './difference.ts';
import { changesOfIndexes } from './index-changes.ts';
import { type TableShape, tablesOf } from './schema.ts';
import type { SuccessorRows } from './successor.ts';

/** Measured on the sample: a row beside the last one, and a page that is not written yet. */
const msPerRow = 0.0015;
const msPerPage = 0.02;

export interface ChangedTable {
  readonly shape: TableShape;
  readonly rows: SuccessorRows;
  readonly changes: number;
  /** To write them in place, into the table and its search indexes. */
  readonly estimatedMs: number;
}

/** What an attached difference does to each table of its dataset. */
export function changedTables(db: DatabaseSync, dataset: Dataset, difference: Difference): ChangedTable[] {
  const { page_count: pages } = db.prepare('PRAGMA page_count').get() as { page_count: number };
  const changes = [
    difference.rows + difference.removed,
    ...dataset.counts.map((_, index) => difference.countedValues(db, index)),
  ];
  return tablesOf(dataset).map((shape, at) => {
    const changed = changes[at]!;
    const trees = [changed, ...changesOfIndexes(db, dataset, difference, shape.name)];
    const estimatedMs = trees.reduce(
      (sum, written) => sum + written * msPerRow + Math.min(written, pages) * msPerPage,
      0,
    );
    const rows = at === 0 ? difference.rowsAfterwards() : difference.countsAfterwards(at - 1);
    return { shape, rows, changes: changed, estimatedMs };
  });
}
