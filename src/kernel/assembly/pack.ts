/**
 * Records of a chunk become packed rows: first in the order of the file, then sorted by key with only the last row of each.
 */
import { Batch } from './batch';
import { copyBytes, equalBytes } from './bytes';
import { hashHigh, hashLow, mixWords } from './row-hash';
import { keyLength, Layout, rowBytes } from './rows';
import { entryBytes, putEntry, sortEntries, stringAt, stringLength } from './sort';

/** How fields become columns. */
@unmanaged
export class Packing {
  layout: Layout;
  batch: Batch;
  /** For each record whether it is left out. */
  refused: usize;
  /** Where indexes of the batch count from. */
  source: usize;
  /** For each column in layout order its field. */
  fieldOfColumn: usize;
  /** Fields that a record should have. */
  fields: u32;
  /** Of two bytes that begin with this one only the second one is the value; in fields that are escaped. */
  dropped: u32;
}

/** @returns the first record from `from` to `to` with a stray quote, other fields than it should have or an empty key; else `to` */
export function findOdd(packing: Packing, from: u32, to: u32): u32 {
  const batch = packing.batch;
  const keyColumns = packing.layout.keyColumns;
  for (let record = from; record < to; record++) {
    if (load<u8>(batch.stray + record) != 0) return record;
    if (load<u32>(batch.fieldCount + ((<usize>record) << 2)) != packing.fields) return record;
    for (let part: u32 = 0; part < keyColumns; part++) {
      const place = fieldPlace(packing, record, part);
      if (load<u32>(batch.fieldStart + place) == load<u32>(batch.fieldEnd + place)) return record;
    }
  }
  return to;
}

/** Where a column's field stands in arrays of 32-bit words. */
function fieldPlace(packing: Packing, record: u32, column: u32): usize {
  const field = load<u32>(packing.fieldOfColumn + ((<usize>column) << 2));
  return (<usize>(record * packing.batch.columns + field)) << 2;
}

/** Packs the records of a batch that are not refused. @returns the address after the last row */
export function packRecords(packing: Packing, records: u32, target: usize): usize {
  const layout = packing.layout;
  const batch = packing.batch;
  const columns = layout.columns;
  const keyColumns = layout.keyColumns;
  let row = target;
  for (let record: u32 = 0; record < records; record++) {
    if (load<u8>(packing.refused + record) != 0) continue;
    let to = row + layout.headBytes;
    for (let column: u32 = 0; column < columns; column++) {
      const place = fieldPlace(packing, record, column);
      const start = packing.source + load<u32>(batch.fieldStart + place);
      const end = packing.source + load<u32>(batch.fieldEnd + place);
      if (column > 0 && column < keyColumns) store<u8>(to++, 0);
      let length = <u32>(end - start);
      if (load<u8>(batch.escaped + (place >> 2)) == 0) copyBytes(to, start, length);
      else length = unescape(to, start, end, packing.dropped);
      store<u32>(row + ((<usize>column) << 2), length, 16);
      to += length;
    }
    store<u32>(to, 0);
    const next = (to + 3) & ~3;
    store<u32>(row, <u32>((next - row) >> 2));
    store<u32>(row, load<u32>(batch.recordLine + ((<usize>record) << 2)), 4);
    mixWords(row + 16, next, layout.seedLow, layout.seedHigh);
    store<u32>(row, hashLow, 8);
    store<u32>(row, hashHigh, 12);
    row = next;
  }
  return row;
}

/** @returns the length of the value */
function unescape(target: usize, start: usize, end: usize, dropped: u32): u32 {
  let to = target;
  for (let from = start; from < end; from++) {
    if (load<u8>(from) == dropped) from++;
    store<u8>(to++, load<u8>(from));
  }
  return <u32>(to - target);
}

/** Makes an entry of the key of each row from `rows` to `end`. @returns how many there are */
function listKeys(layout: Layout, rows: usize, end: usize, entries: usize): u32 {
  let entry = entries;
  for (let row = rows; row < end; row += rowBytes(row)) {
    putEntry(entry, row + layout.headBytes, keyLength(layout, row));
    entry += entryBytes;
  }
  return <u32>((entry - entries) / entryBytes);
}

/**
 * Puts the rows from `rows` to `end` into key order, as entries; of rows with the same key only the last one stays.
 *
 * @param entries room for an entry a row, with as much after it for sorting
 * @returns how many entries stay
 */
export function sortRows(layout: Layout, rows: usize, end: usize, entries: usize, room: u32): u32 {
  const count = listKeys(layout, rows, end, entries);
  const spare = entries + <usize>room * entryBytes;
  sortEntries(entries, count, spare, spare + <usize>room * entryBytes);
  let kept = entries;
  const last = entries + <usize>count * entryBytes;
  for (let entry = entries; entry < last; entry += entryBytes) {
    const key = stringAt(entry);
    const length = stringLength(entry);
    const next = entry + entryBytes;
    const loses = next < last && stringLength(next) == length && equalBytes(stringAt(next), key, length);
    if (loses) continue;
    putEntry(kept, key, length);
    kept += entryBytes;
  }
  return <u32>((kept - entries) / entryBytes);
}

/** How far `gatherRows` has come. */
export let gatheredEntries: u32 = 0;

/**
 * Copies the rows of entries, from the one with index `from` on, one after the other to `target`, as many as fit into
 * `room` bytes. @returns the bytes copied; `gatheredEntries` is then the index to go on with
 */
export function gatherRows(
  layout: Layout,
  entries: usize,
  from: u32,
  count: u32,
  target: usize,
  room: u32,
): u32 {
  let to = target;
  let index = from;
  for (; index < count; index++) {
    const row = stringAt(entries + <usize>index * entryBytes) - layout.headBytes;
    const bytes = rowBytes(row);
    if (to + bytes > target + room) break;
    copyBytes(to, row, bytes);
    to += bytes;
  }
  gatheredEntries = index;
  return <u32>(to - target);
}

/** Sum of the bytes of all rows of entries. */
export function bytesOfRows(layout: Layout, entries: usize, count: u32): u32 {
  let sum: usize = 0;
  for (let index: u32 = 0; index < count; index++) {
    sum += rowBytes(stringAt(entries + <usize>index * entryBytes) - layout.headBytes);
  }
  return <u32>sum;
}
