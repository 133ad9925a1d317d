/** Compares rows that have won with the rows that a table has, both in key order. */
import { compareBytes, equalBytes } from './bytes';
import { Existing, existingBytes, valueBytes, valueInRecord } from './existing';
import { Winner, winnerBytes } from './merge';
import { headerEnd, readVarint, typeBytes, varintEnd } from './records';
import { finishRowHash, hashHigh, hashLow } from './row-hash';
import { hashHighOf, hashLowOf, Layout, lengthOf, valueStart } from './rows';

/** What a winner is to the table: its `outcome`. */
export const unchanged: u32 = 0;
export const inserted: u32 = 1;
export const updated: u32 = 2;

/** A place among the table's rows. JavaScript gives it more of them. */
@unmanaged
export class Comparison {
  layout: Layout;
  next: usize;
  end: usize;
  /** Whether the table has more rows than these. */
  hasMore: u32;
  /** Rows of the table that no winner has met. */
  passed: u32;
  /** Columns whose values are counted, as a list. */
  counted: usize;
  countedColumns: u32;
  /** Whether these can be compared: all are text. */
  areTexts: u32;
}

/**
 * Gives winners their outcome, their former hash, and whether a counted value may be another one.
 *
 * @returns where it stopped: before `to` only when it needs more of the table's rows
 */
export function compareRows(comparison: Comparison, winners: usize, from: u32, to: u32): u32 {
  const layout = comparison.layout;
  for (let index = from; index < to; index++) {
    const winner = changetype<Winner>(winners + <usize>index * winnerBytes);
    winner.outcome = inserted;
    winner.moves = comparison.countedColumns > 0 ? 1 : 0;
    for (;;) {
      if (comparison.next == comparison.end) {
        if (comparison.hasMore != 0) return index;
        break;
      }
      const row = changetype<Existing>(comparison.next);
      const difference = compareKeys(layout, winner, row);
      if (difference < 0) break;
      comparison.next += existingBytes;
      if (difference > 0) {
        comparison.passed++;
        continue;
      }
      finishRowHash(hashLowOf(winner.row), hashHighOf(winner.row), row.run, row.line);
      const hash = ((<u64>hashHigh) << 32) | <u64>hashLow;
      winner.outcome = hash == row.hash ? unchanged : updated;
      winner.former = row.hash;
      winner.moves = hash == row.hash ? 0 : moves(comparison, winner.row, row.record);
      break;
    }
  }
  return to;
}

function compareKeys(layout: Layout, winner: Winner, row: Existing): i32 {
  const key = winner.row + layout.headBytes;
  if (layout.keyColumns == 1 || row.record == 0) {
    return compareBytes(key, winner.keyLength, row.key, row.keyLength);
  }
  let ours = key;
  let theirs = headerEnd(row.record);
  for (let part: u32 = 0; part < layout.keyColumns; part++) {
    const length = lengthOf(winner.row, part);
    const theirLength = typeBytes(readVarint(varintEnd));
    const difference = compareBytes(ours, length, theirs, theirLength);
    if (difference != 0) return difference;
    ours += length + 1;
    theirs += theirLength;
  }
  return 0;
}

/** 1 if any counted value of the row is not that of the record, or may not be. */
function moves(comparison: Comparison, row: usize, record: usize): u32 {
  const columns = comparison.countedColumns;
  if (columns > 0 && (record == 0 || comparison.areTexts == 0)) return 1;
  for (let index: u32 = 0; index < columns; index++) {
    const column = load<u32>(comparison.counted + ((<usize>index) << 2));
    const length = lengthOf(row, column);
    const former = valueInRecord(record, column);
    if (valueBytes != length || !equalBytes(former, valueStart(comparison.layout, row, column), length))
      return 1;
  }
  return 0;
}

/** How many winners have which outcome. */
@unmanaged
export class OutcomeCounts {
  unchanged: u32;
  inserted: u32;
  updated: u32;
  /** Of those that are inserted or updated. */
  moving: u32;
}

export function countOutcomes(counts: OutcomeCounts, winners: usize, from: u32, to: u32): void {
  const end = winners + <usize>to * winnerBytes;
  for (let at = winners + <usize>from * winnerBytes; at < end; at += winnerBytes) {
    const winner = changetype<Winner>(at);
    if (winner.outcome == unchanged) counts.unchanged++;
    else if (winner.outcome == inserted) counts.inserted++;
    else counts.updated++;
    counts.moving += winner.moves;
  }
}
