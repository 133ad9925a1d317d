/**
 * Compares rows that have won with the rows that a table has, both in key order. The table's rows come as text, one after the other:
 * the key's length, a space, the key, then run, line and hash, each with a space after it; all numbers decimal.
 */
import { compareBytes } from './bytes';
import { Winner, winnerBytes } from './merge';
import { finishRowHash, hashHigh, hashLow } from './row-hash';
import { hashHighOf, hashLowOf, Layout } from './rows';

/** What a winner is to the table: its `outcome`. */
export const unchanged: u32 = 0;
export const inserted: u32 = 1;
export const updated: u32 = 2;

/** A place among the table's rows. JavaScript fills in the texts. */
@unmanaged
export class Existing {
  /** Of the current row. */
  run: u64;
  line: u64;
  hash: u64;
  key: usize;
  keyLength: u32;
  /** Whether there is a current row. */
  hasRow: u32;
  /** The rows after it. */
  next: usize;
  end: usize;
  /** Whether the table has more rows than these. */
  hasMore: u32;
}

/** Gives winners their outcome and their former hash. @returns where it stopped: before `to` only when it needs more of the table's rows */
export function compareRows(existing: Existing, layout: Layout, winners: usize, from: u32, to: u32): u32 {
  const head = layout.headBytes;
  for (let index = from; index < to; index++) {
    const winner = changetype<Winner>(winners + <usize>index * winnerBytes);
    const key = winner.row + head;
    winner.outcome = inserted;
    for (;;) {
      if (existing.hasRow == 0 && !readRow(existing)) {
        if (existing.hasMore != 0) return index;
        break;
      }
      const difference = compareBytes(key, winner.keyLength, existing.key, existing.keyLength);
      if (difference < 0) break;
      existing.hasRow = 0;
      if (difference > 0) continue;
      finishRowHash(hashLowOf(winner.row), hashHighOf(winner.row), existing.run, existing.line);
      const hash = ((<u64>hashHigh) << 32) | <u64>hashLow;
      winner.outcome = hash == existing.hash ? unchanged : updated;
      winner.former = existing.hash;
      break;
    }
  }
  return to;
}

function readRow(existing: Existing): bool {
  if (existing.next == existing.end) return false;
  at = existing.next;
  existing.keyLength = <u32>readNumber();
  existing.key = at;
  at += existing.keyLength;
  existing.run = readNumber();
  existing.line = readNumber();
  existing.hash = readNumber();
  existing.next = at;
  existing.hasRow = 1;
  return true;
}

/** Where `readNumber` reads. */
let at: usize = 0;

/** Reads a number and the space after it. Of a negative one 64 bits in two's complement. */
function readNumber(): u64 {
  const isNegative = load<u8>(at) == 0x2d;
  if (isNegative) at++;
  let value: u64 = 0;
  for (let digit = load<u8>(at); digit != 0x20; digit = load<u8>(++at)) value = value * 10 + (digit - 0x30);
  at++;
  return isNegative ? 0 - value : value;
}
