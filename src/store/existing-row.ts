import { finishRowHash } from '../schema/row-hash.ts';
import type { RowCursor } from './row-cursor.ts';

/** What decides whether a record equals a row: hash lanes as unsigned 32-bit numbers. */
export interface ExistingRow {
  readonly run: number;
  readonly line: number;
  readonly hashLow: number;
  readonly hashHigh: number;
}

const hash = new Uint32Array(2);

/** Whether the record would be this row if it had come from the row's run and line. */
export function equalsRow(winner: RowCursor, row: ExistingRow): boolean {
  finishRowHash(winner.hashLow, winner.hashHigh, row.run, row.line, hash);
  return hash[0] === row.hashLow && hash[1] === row.hashHigh;
}
