import type { Dataset } from '../../schema/dataset.ts';
import type { ExistingRow } from '../existing-row.ts';
import { identifier } from '../identifier.ts';
import { list } from './connection.ts';

type Columns = [...key: string[], run: number, line: number, hashHigh: number, hashLow: number];

/** To be read by `asExisting`. */
export function selectExisting(dataset: Dataset): string {
  return `SELECT ${list(dataset.key)}, _run, _line, _hash >> 32, _hash & 0xffffffff FROM ${identifier(dataset.name)}`;
}

/** @param row as `selectExisting` selects it, as an array */
export function asExisting(row: unknown, keyColumns: number): ExistingRow {
  const columns = row as Columns;
  return {
    run: columns[keyColumns] as number,
    line: columns[keyColumns + 1] as number,
    hashHigh: (columns[keyColumns + 2] as number) >>> 0,
    hashLow: columns[keyColumns + 3] as number,
  };
}
