import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import { type Dataset, storedKey } from '../../schema/dataset.ts';
import type { StoredRow } from '../store.ts';
import { identifier } from '../identifier.ts';
import { fromSqlite } from './typed-values.ts';

export function selectRows(dataset: Dataset): string {
  const columns = dataset.columns.map((column) => identifier(column.name)).join(', ');
  return `SELECT ${columns}, _run, _line, _hash FROM ${identifier(dataset.name)}`;
}

/** A condition that is true for one row; its values are the parts of the key. */
export function isKey(dataset: Dataset): string {
  return storedKey(dataset)
    .map((name) => `${identifier(name)} = ?`)
    .join(' AND ');
}

/** @param columns as `selectRows` selects them, integers as BigInt */
export function storedRow(dataset: Dataset, columns: readonly unknown[]): StoredRow {
  const own = dataset.columns.length;
  return {
    values: dataset.columns.map(({ type }, column) => fromSqlite(type, columns[column])),
    run: Number(columns[own]),
    line: Number(columns[own + 1]),
    hash: columns[own + 2] as bigint,
  };
}

/** @param rest what follows FROM */
export function readRows(
  db: DatabaseSync,
  dataset: Dataset,
  rest: string,
  ...values: SQLInputValue[]
): StoredRow[] {
  const statement = db.prepare(`${selectRows(dataset)} ${rest}`);
  statement.setReturnArrays(true);
  statement.setReadBigInts(true);
  return statement.all(...values).map((columns) => storedRow(dataset, columns as unknown as unknown[]));
}

export function readRow(db: DatabaseSync, dataset: Dataset, key: readonly string[]): StoredRow | null {
  return readRows(db, dataset, `WHERE ${isKey(dataset)}`, ...key)[0] ?? null;
}
