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
  searchIndexes,
} from '../search-indexes.ts';
import { countSearchSql, frequenciesSql, rowSearchSql, type SearchSql } from '../search-sql.ts';
import type { CountedValue, StoredRow } from '../store.ts';
import type { Session } from './session.ts';
import { selectRows, storedRow } from './stored-rows.ts';
import { fromPostgres } from './typed-values.ts';

/** As `StoreSearch.findRows`. */
export async function findRows(
  session: Session,
  dataset: Dataset,
  given: RowSearch,
  limit: number,
): Promise<StoredRow[]> {
  const search = checkRowSearch(dataset, given);
  if (search.by !== null) await requireQuick(session, rowIndex(dataset, search.by)!);
  const sql = rowSearchSql(dataset, search, limit, '$');
  if (sql === null) return [];
  const found = await session.arrays(`${selectRows(dataset)} ${sql.sql}`, ...texts(sql));
  return found.map((columns) => storedRow(dataset, columns));
}

/** As `StoreSearch.findCounts`. */
export async function findCounts(
  session: Session,
  dataset: Dataset,
  search: CountSearch,
  limit: number,
): Promise<CountedValue[]> {
  const count = checkCountSearch(dataset, search);
  if (search.number !== null || (search.match === null && search.order !== 'value')) {
    await requireQuick(session, countIndex(count));
  }
  const sql = countSearchSql(dataset, count, search, limit, '$');
  if (sql === null) return [];
  const type = columnType(dataset, count.column);
  return (await session.arrays(sql.sql, ...texts(sql))).map(([value, number]) => ({
    value: String(fromPostgres(type, value)),
    number: Number(number),
  }));
}

export async function distribution(session: Session, dataset: Dataset, by: string): Promise<CountBucket[]> {
  return countBuckets(await session.arrays(frequenciesSql(countTable(dataset, by))));
}

export async function indexesReady(session: Session, dataset: Dataset): Promise<IndexesReady> {
  const there = await indexesThere(session, searchIndexes(dataset));
  const isReady = (index: SearchIndex | null): boolean => index === null || there.has(index.name);
  return {
    rowsBy: searchedColumns(dataset).filter((column) => isReady(rowIndex(dataset, column))),
    countsBy: dataset.counts.filter((count) => isReady(countIndex(count))).map(({ column }) => column),
  };
}

/** Throws `index_not_ready` where looking without it would take long. */
async function requireQuick(session: Session, index: SearchIndex): Promise<void> {
  if ((await indexesThere(session, [index])).size === 1) return;
  const sql = `SELECT 1 FROM ${identifier(index.table)} LIMIT 1 OFFSET ${mostRowsWithoutIndex}`;
  if ((await session.one(sql)) === undefined) return;
  throw LonghaulError.of('index_not_ready', { table: index.table, column: index.columns[0]! });
}

/** The names of those that can be used. */
async function indexesThere(session: Session, indexes: readonly SearchIndex[]): Promise<Set<string>> {
  const rows = await session.rows<{ name: string }>(
    `SELECT x.relname AS name FROM unnest($1::text[], $2::text[]) AS wanted (name, relation)
     JOIN pg_index ON indrelid = to_regclass(relation) AND indisvalid JOIN pg_class x ON x.oid = indexrelid AND x.relname = name`,
    indexes.map(({ name }) => name),
    indexes.map(({ table }) => identifier(table)),
  );
  return new Set(rows.map(({ name }) => name));
}

function texts({ values }: SearchSql): string[] {
  return values.map(({ text }) => text);
}
