import type { DatabaseSync } from 'node:sqlite';
import { type Dataset, storedKey } from '../../schema/dataset.ts';
import { identifier } from '../identifier.ts';
import type { SearchIndex } from '../search-indexes.ts';
import { equalOn, list } from './connection.ts';
import type { Difference } from './difference.ts';
import { indexesThere } from './index-tree.ts';

/** Queries of the entries that an attached difference adds to an index, and of those that it removes. */
export interface IndexChanges {
  readonly added: string;
  readonly removed: string;
}

export function indexChanges(dataset: Dataset, { removedRun }: Difference, index: SearchIndex): IndexChanges {
  const { table, columns } = index;
  const [first = '', ...rest] = columns;
  const entry = list(columns);
  const hasValue = `${identifier(first)} IS NOT NULL`;
  if (table !== dataset.name) return countChanges(dataset, index);
  if (dataset.key.length === 0) {
    return {
      added: `SELECT ${entry} FROM difference.rows WHERE ${hasValue}`,
      removed:
        removedRun === null
          ? noEntries(columns)
          : `SELECT ${entry} FROM main.${identifier(table)} WHERE _run = ${removedRun} AND ${hasValue}`,
    };
  }
  // The key of a row never changes.
  if (storedKey(dataset).includes(first)) {
    return {
      added: `SELECT ${entry} FROM difference.rows WHERE _longhaul_former IS NULL`,
      removed: noEntries(columns),
    };
  }
  const count = dataset.counts.findIndex(({ column }) => column === first);
  const moved = (value: string): string =>
    `SELECT ${[value, ...rest.map(identifier)].join(', ')} FROM difference.moved_${count} WHERE ${value} IS NOT NULL`;
  return { added: moved('_longhaul_value'), removed: moved('_longhaul_former') };
}

/**
 * The entries that the filled successor of a count table has for values whose number changes. What they will be by the table itself
 * would be something else where somebody has changed a number since it was copied.
 */
export function addedCounts(dataset: Dataset, { table, columns }: SearchIndex, successor: string): string {
  const index = dataset.counts.findIndex((candidate) => candidate.table === table);
  const { column } = dataset.counts[index]!;
  return `SELECT ${list(columns, 'c')} FROM difference.counted_${index} d JOIN main.${identifier(successor)} c
    ON ${equalOn([column], 'c', 'd')} WHERE d._longhaul_by <> 0`;
}

function countChanges(dataset: Dataset, { table }: SearchIndex): IndexChanges {
  const index = dataset.counts.findIndex((candidate) => candidate.table === table);
  const { column, numberColumn } = dataset.counts[index]!;
  const number = `coalesce(c.${identifier(numberColumn)}, 0)`;
  const value = `d.${identifier(column)}`;
  const from = `FROM difference.counted_${index} d LEFT JOIN main.${identifier(table)} c ON ${equalOn([column], 'c', 'd')}
    WHERE d._longhaul_by <> 0`;
  return {
    added: `SELECT ${number} + d._longhaul_by, ${value} ${from} AND ${number} + d._longhaul_by <> 0`,
    removed: `SELECT ${number}, ${value} ${from} AND ${number} <> 0`,
  };
}

function noEntries(columns: readonly string[]): string {
  return `SELECT ${columns.map(() => 'NULL').join(', ')} WHERE false`;
}

/** How many entries come and go. */
export function countIndexChanges(
  db: DatabaseSync,
  dataset: Dataset,
  difference: Difference,
  index: SearchIndex,
): { readonly added: number; readonly removed: number } {
  const { added, removed } = indexChanges(dataset, difference, index);
  const count = (sql: string): number =>
    (db.prepare(`SELECT count(*) AS n FROM (${sql})`).get() as { n: number }).n;
  return { added: count(added), removed: count(removed) };
}

/** For each search index of a table: how many entries come and go. */
export function changesOfIndexes(
  db: DatabaseSync,
  dataset: Dataset,
  difference: Difference,
  table: string,
): number[] {
  const indexes = indexesThere(db, dataset).filter((index) => index.table === table);
  return indexes.map((index) => {
    const { added, removed } = countIndexChanges(db, dataset, difference, index);
    return added + removed;
  });
}
