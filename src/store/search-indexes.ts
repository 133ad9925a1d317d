/** Which columns rows and counts can be searched by, and the indexes that make it quick. */
import { createHash } from 'node:crypto';
import { columnType, type CountTable, type Dataset, storedKey } from '../schema/dataset.ts';

/** What our indexes' names begin with. */
export const searchIndexPrefix = '_longhaul_search_';

/** An index that a master makes of one of a dataset's tables. */
export interface SearchIndex {
  readonly name: string;
  readonly table: string;
  /** What is searched by, and then the key of the table: the order of its entries. */
  readonly columns: readonly string[];
  /** Whether the first column can be NULL. Rows for which it is are not in the index. */
  readonly nullable: boolean;
}

/** A table with no more rows is searched without an index: sorting so many takes some 30 ms. */
export const mostRowsWithoutIndex = 50_000;

/** Columns that rows can be searched by: those of the key, and the counted ones. */
export function searchedColumns(dataset: Dataset): readonly string[] {
  return [...new Set([...dataset.key, ...dataset.counts.map(({ column }) => column)])];
}

/** The columns by whose order rows are listed: the column itself, then what is left of the key. */
export function orderedBy(dataset: Dataset, column: string): readonly string[] {
  return [column, ...storedKey(dataset).filter((part) => part !== column)];
}

/** The index of rows by a searched column; null where the table's own order serves. */
export function rowIndex(dataset: Dataset, column: string): SearchIndex | null {
  if (column === dataset.key[0]) return null;
  const { name: table } = dataset;
  const nullable = columnType(dataset, column) !== 'text';
  return { name: indexName(table, column), table, columns: orderedBy(dataset, column), nullable };
}

/** The index of a count table by its numbers. */
export function countIndex({ table, column, numberColumn }: CountTable): SearchIndex {
  const columns = [numberColumn, column];
  return { name: indexName(table, numberColumn), table, columns, nullable: false };
}

/** All search indexes of a dataset. */
export function searchIndexes(dataset: Dataset): SearchIndex[] {
  const ofRows = searchedColumns(dataset).map((column) => rowIndex(dataset, column));
  return [...ofRows.filter((index) => index !== null), ...dataset.counts.map(countIndex)];
}

/** PostgreSQL cuts longer names off. */
const mostNameBytes = 63;

function indexName(table: string, column: string): string {
  const name = `${searchIndexPrefix}${table}_by_${column}`;
  if (Buffer.byteLength(name) <= mostNameBytes && isPlain(table) && isPlain(column)) return name;
  // Others could be cut off, or be equal for two pairs of names, or for names that differ in capital letters only.
  const hash = createHash('sha256')
    .update(JSON.stringify([table, column]))
    .digest('hex');
  return `${searchIndexPrefix}${hash.slice(0, 32)}`;
}

function isPlain(name: string): boolean {
  return /^[a-z0-9]+(_[a-z0-9]+)*$/.test(name) && !name.includes('_by_');
}
