/**
 * Leaf pages of an index B-tree (https://sqlite.org/fileformat2.html#b_tree_pages), filled one after the other with records in
 * key order. The record between two leaves, the divider, belongs to the page above them.
 */
import { copyBytes } from './bytes';
import { unchanged, updated } from './compare';
import { Winner, winnerBytes } from './merge';
import {
  headerBytes,
  integerBytes,
  integerType,
  putInteger,
  putVarint,
  textType,
  varintBytes,
} from './records';
import { finishRowHash, hashHigh, hashLow } from './row-hash';
import { hashHighOf, hashLowOf, Layout, lengthOf } from './rows';
import { entryBytes, stringAt, stringLength } from './sort';

const leafPage: u8 = 0x0a;
const pageHeaderBytes: u32 = 8;
const hashType: u8 = 6;
const nullType: u8 = 0;
const zeroType: u8 = 8;
const oneType: u8 = 9;

@unmanaged
export class Leaves {
  /** Of all rows that `addRows` has added. */
  checksum: u64;
  pageSize: u32;
  /** Longest record that lies in its page whole. */
  maxLocal: u32;
  /** Pages, one after the other. */
  pages: usize;
  /** Pages that there is room for. */
  capacity: u32;
  /** Pages that are full: the one after them is being filled. */
  full: u32;
  /** For each full page its divider: the length, then the cell. */
  dividers: usize;
  dividerBytes: u32;
  /** Of the page that is being filled. */
  cells: u32;
  contentStart: u32;
  /** Bytes that stay free in a full page. */
  spare: u32;
}

/** What all rows of one run have in common. */
@unmanaged
export class Origin {
  run: u64;
  runType: u32;
  layout: Layout;
  /** Whether rows that are unchanged are left out, and records end with the former hash, or NULL, and with `moves`: those of a difference. */
  withChange: u32;
}

/** Begins the page that is to be filled. */
export function beginPage(leaves: Leaves): void {
  leaves.cells = 0;
  leaves.contentStart = leaves.pageSize;
}

/**
 * Makes room for a cell: in the page that is being filled, or as the divider after it, with which the page is full.
 *
 * @returns where to write the cell
 */
function placeCell(leaves: Leaves, bytes: u32): usize {
  const page = leaves.pages + <usize>leaves.full * leaves.pageSize;
  const offsetAt = pageHeaderBytes + 2 * leaves.cells;
  if (leaves.contentStart >= bytes + offsetAt + 2 + leaves.spare) {
    const start = leaves.contentStart - bytes;
    store<u16>(page + offsetAt, bswap<u16>(<u16>start));
    leaves.cells++;
    leaves.contentStart = start;
    return page + start;
  }
  sealPage(leaves);
  const divider = leaves.dividers + <usize>leaves.full * leaves.dividerBytes;
  store<u32>(divider, bytes);
  leaves.full++;
  beginPage(leaves);
  return divider + 4;
}

/** Completes the header of the page that is being filled, and zeroes the room between offsets and cells. */
export function sealPage(leaves: Leaves): void {
  const page = leaves.pages + <usize>leaves.full * leaves.pageSize;
  store<u8>(page, leafPage);
  store<u16>(page, 0, 1);
  store<u16>(page, bswap<u16>(<u16>leaves.cells), 3);
  store<u16>(page, bswap<u16>(<u16>leaves.contentStart), 5);
  store<u8>(page, 0, 7);
  const offsetsEnd = pageHeaderBytes + 2 * leaves.cells;
  memory.fill(page + offsetsEnd, 0, leaves.contentStart - offsetsEnd);
}

/** Adds a cell that is complete. There must be room for one more full page. */
export function addCell(leaves: Leaves, cell: usize, bytes: u32): void {
  copyBytes(placeCell(leaves, bytes), cell, bytes);
}

/**
 * Adds rows of which all columns are text, as records: their columns, then run, line and hash; without a key run and line first.
 *
 * @returns how many were added: fewer when all pages are full, or when the next one is too long to lie in a page whole
 */
export function addRows(leaves: Leaves, origin: Origin, winners: usize, from: u32, to: u32): u32 {
  const layout = origin.layout;
  const run = origin.run;
  const columns = layout.columns;
  const keyColumns = layout.keyColumns;
  const runType = <u8>origin.runType;
  const runBytes = integerBytes(runType);
  const withChange = origin.withChange != 0;
  for (let index = from; index < to; index++) {
    if (leaves.full == leaves.capacity) return index;
    const winner = changetype<Winner>(winners + <usize>index * winnerBytes);
    const row = winner.row;
    if (withChange && winner.outcome == unchanged) continue;
    const hasFormer = withChange && winner.outcome == updated;
    const lineType = integerType(winner.line);
    let types: u32 = withChange ? 5 : 3;
    let body: u32 = (hasFormer ? 16 : 8) + runBytes + integerBytes(lineType);
    for (let column: u32 = 0; column < columns; column++) {
      const length = lengthOf(row, column);
      types += varintBytes(textType(length));
      body += length;
    }
    const header = headerBytes(types);
    const payload = header + body;
    if (payload > leaves.maxLocal) return index;
    let at = placeCell(leaves, varintBytes(payload) + payload);
    at = putVarint(putVarint(at, payload), header);
    if (keyColumns == 0) {
      store<u8>(at++, runType);
      store<u8>(at++, lineType);
    }
    for (let column: u32 = 0; column < columns; column++) at = putVarint(at, textType(lengthOf(row, column)));
    if (keyColumns > 0) {
      store<u8>(at++, runType);
      store<u8>(at++, lineType);
    }
    store<u8>(at++, hashType);
    if (withChange) {
      store<u8>(at++, hasFormer ? hashType : nullType);
      store<u8>(at++, winner.moves == 0 ? zeroType : oneType);
    }
    if (keyColumns == 0) at = putInteger(putInteger(at, run, runType), winner.line, lineType);
    at = copyValues(layout, row, at);
    if (keyColumns > 0) at = putInteger(putInteger(at, run, runType), winner.line, lineType);
    finishRowHash(hashLowOf(row), hashHighOf(row), run, winner.line);
    const hash = ((<u64>hashHigh) << 32) | <u64>hashLow;
    store<u64>(at, bswap(hash));
    leaves.checksum += hash;
    if (!hasFormer) continue;
    store<u64>(at, bswap(winner.former), 8);
    leaves.checksum -= winner.former;
  }
  return to;
}

/** All values one after the other, without the separators of the key's parts. */
function copyValues(layout: Layout, row: usize, target: usize): usize {
  const columns = layout.columns;
  const keyColumns = layout.keyColumns;
  let from = row + layout.headBytes;
  let to = target;
  for (let column: u32 = 0; column < columns; column++) {
    const length = lengthOf(row, column);
    copyBytes(to, from, length);
    to += length;
    from += length;
    if (column + 1 < keyColumns) from++;
  }
  return to;
}

/** Bytes before a counted value: see `count.ts`. */
const countHead: usize = 12;

/** Adds counted texts as records: the value, how often it occurs. @returns as `addRows` */
export function addCounts(leaves: Leaves, entries: usize, from: u32, to: u32): u32 {
  for (let index = from; index < to; index++) {
    if (leaves.full == leaves.capacity) return index;
    const entry = entries + <usize>index * entryBytes;
    const value = stringAt(entry);
    const length = stringLength(entry);
    const number = <u64>load<u32>(value - countHead, 4);
    const numberType = integerType(number);
    const header = headerBytes(varintBytes(textType(length)) + 1);
    const payload = header + length + integerBytes(numberType);
    if (payload > leaves.maxLocal) return index;
    let at = placeCell(leaves, varintBytes(payload) + payload);
    at = putVarint(putVarint(putVarint(at, payload), header), textType(length));
    store<u8>(at++, numberType);
    copyBytes(at, value, length);
    putInteger(at + length, number, numberType);
  }
  return to;
}
