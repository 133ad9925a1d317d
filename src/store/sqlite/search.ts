import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import { LonghaulError } from '../../runtime/errors.ts';
import { columnType, type Dataset } from '../../schema/dataset.ts';
import { checkCountSearch, checkRowSearch, countTable } from '../check-search.ts';
import { countBuckets } from '../count-buckets.ts';
import { identifier } from '../identifier.ts';
import type { CountBucket, CountSearch, IndexesReady, RowSearch } from '../search.ts';
import {
  countIndex,
  mostRowsWithoutIndex,
  rowIndex,
  searchedColumns,
  type SearchIndex,
} from '../search-indexes.ts';
import { countSearchSql, frequenciesSql, rowSearchSql, type SearchSql } from '../search-sql.ts';
import type { CountedValue, StoredRow } from '../store.ts';
import { readRows } from './stored-rows.ts';
import { fromSqlite, toSqlite } from './typed-values.ts';

/** As `StoreSearch.findRows`, in the caller's transaction. */
export function findRows(db: DatabaseSync, dataset: Dataset, given: RowSearch, limit: number): StoredRow[] {
  const search = checkRowSearch(dataset, given);
  if (search.by !== null) requireQuick(db, rowIndex(dataset, search.by)!);
  const sql = rowSearchSql(dataset, search, limit, '?');
  return sql === null ? [] : readRows(db, dataset, sql.sql, ...bound(sql));
}

/** As `StoreSearch.findCounts`, in the caller's transaction. */
export function findCounts(
  db: DatabaseSync,
  dataset: Dataset,
  search: CountSearch,
  limit: number,
): CountedValue[] {
  const count = checkCountSearch(dataset, search);
  if (search.number !== null || (search.match === null && search.order !== 'value')) {
    requireQuick(db, countIndex(count));
  }
  const sql = countSearchSql(dataset, count, search, limit, '?');
  if (sql === null) return [];
  const type = columnType(dataset, count.column);
  return arrays(db, sql.sql, ...bound(sql)).map(([value, number]) => ({
    value: String(fromSqlite(type, value)),
    number: Number(number),
  }));
}

export function distribution(db: DatabaseSync, dataset: Dataset, by: string): CountBucket[] {
  return countBuckets(arrays(db, frequenciesSql(countTable(dataset, by))));
}

export function indexesReady(db: DatabaseSync, dataset: Dataset): IndexesReady {
  const isReady = (index: SearchIndex | null): boolean => index === null || isThere(db, index);
  return {
    rowsBy: searchedColumns(dataset).filter((column) => isReady(rowIndex(dataset, column))),
    countsBy: dataset.counts.filter((count) => isReady(countIndex(count))).map(({ column }) => column),
  };
}

/** Throws `index_not_ready` where looking without it would take long. */
function requireQuick(db: DatabaseSync, index: SearchIndex): void {
  if (isThere(db, index)) return;
  const sql = `SELECT 1 FROM ${identifier(index.table)} LIMIT 1 OFFSET ${mostRowsWithoutIndex}`;
  if (db.prepare(sql).get() === undefined) return;
  throw LonghaulError.of('index_not_ready', { table: index.table, column: index.columns[0]! });
}

function isThere(db: DatabaseSync, { name }: SearchIndex): boolean {
  return db.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'index' AND name = ?").get(name) !== undefined;
}

function bound({ values }: SearchSql): SQLInputValue[] {
  return values.map(({ type, text }) => toSqlite(type, text));
}

function arrays(db: DatabaseSync, sql: string, ...values: SQLInputValue[]): unknown[][] {
  const statement = db.prepare(sql);
  statement.setReturnArrays(true);
  statement.setReadBigInts(true);
  return statement.all(...values) as unknown as unknown[][];
}
