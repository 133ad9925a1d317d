import type { Dataset } from '../../schema/dataset.ts';
import { finishRowHash } from '../../schema/row-hash.ts';
import { identifier } from '../identifier.ts';
import { list } from './connection.ts';
import type { RowCursor } from './row-cursor.ts';

/** What decides whether a record equals a row: hash lanes as unsigned 32-bit numbers. */
export interface ExistingRow {
  readonly run: number;
  readonly line: number;
  readonly hashLow: number;
  readonly hashHigh: number;
}

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

const hash = new Uint32Array(2);

/** Whether the record would be this row if it had come from the row's run and line. */
export function equalsRow(winner: RowCursor, row: ExistingRow): boolean {
  finishRowHash(winner.hashLow, winner.hashHigh, row.run, row.line, hash);
  return hash[0] === row.hashLow && hash[1] === row.hashHigh;
}
