import { type Dataset, storedKey } from '../../schema/dataset.ts';
import { identifier } from '../identifier.ts';
import type { StoredRow } from '../store.ts';
import type { Session } from './session.ts';
import { fromPostgres } from './typed-values.ts';

export function selectRows(dataset: Dataset): string {
  const columns = dataset.columns.map((column) => identifier(column.name)).join(', ');
  return `SELECT ${columns}, _run, _line, _hash FROM ${identifier(dataset.name)}`;
}

/** A condition that is true for one row; its values are the parts of the key. @param first number of the first value */
export function isKey(dataset: Dataset, first = 1): string {
  return storedKey(dataset)
    .map((name, part) => `${identifier(name)} = $${first + part}`)
    .join(' AND ');
}

/** @param columns as `selectRows` selects them */
export function storedRow(dataset: Dataset, columns: readonly unknown[]): StoredRow {
  const own = dataset.columns.length;
  return {
    values: dataset.columns.map(({ type }, column) => fromPostgres(type, columns[column])),
    run: Number(columns[own]),
    line: Number(columns[own + 1]),
    hash: columns[own + 2] as bigint,
  };
}

export async function readRow(
  session: Session,
  dataset: Dataset,
  key: readonly string[],
): Promise<StoredRow | null> {
  const [columns] = await session.arrays(`${selectRows(dataset)} WHERE ${isKey(dataset)}`, ...key);
  return columns === undefined ? null : storedRow(dataset, columns);
}
