/**
 * Rows that a table has, listed in key order to be compared with: out of pages of its B-tree, or out of text where these cannot
 * be read.
 */
import { headerEnd, integerAt, readVarint, typeBytes, varintEnd } from './records';

@unmanaged
export class Existing {
  run: u64;
  line: u64;
  hash: u64;
  key: usize;
  keyLength: u32;
  /** Its record, whose key's parts lie one after the other; 0: there is none, and the key's parts are separated by NUL bytes. */
  record: usize;
  padding: u32;
}

/** Bytes of an `Existing`. */
export const existingBytes: usize = 40;

/** Rows are listed here. */
@unmanaged
export class RowList {
  rows: usize;
  /** How many there is room for, and how many there are. */
  capacity: u32;
  count: u32;
}

function nextOf(list: RowList): Existing {
  const row = changetype<Existing>(list.rows + <usize>list.count * existingBytes);
  list.count++;
  return row;
}

/** Leaf pages and single cells in the order of their rows. JavaScript fills it in. */
@unmanaged
export class TreeRows {
  list: RowList;
  /** Addresses: of leaf pages, or, with the lowest bit set, of cells. */
  items: usize;
  itemsEnd: usize;
  /** The next cell of the first item. */
  cell: u32;
  /** Longest record that lies in its page whole. */
  maxLocal: u32;
  /** Columns of a record before run, line and hash, and how many of them are the key. */
  columns: u32;
  keyColumns: u32;
  /** The cell where listing has stopped because the rest of its record lies elsewhere; 0: none. */
  long: usize;
}

/** Lists rows until there are no more, there is no more room, or a record does not lie in its page whole. */
export function listTreeRows(tree: TreeRows): void {
  const list = tree.list;
  while (tree.items != tree.itemsEnd) {
    const item = load<usize>(tree.items);
    const isCell = (item & 1) != 0;
    const cells: u32 = isCell ? 1 : <u32>bswap<u16>(load<u16>(item, 3));
    while (tree.cell < cells) {
      if (list.count == list.capacity) return;
      const cell = isCell
        ? item - 1
        : item + <usize>bswap<u16>(load<u16>(item + ((<usize>tree.cell) << 1), 8));
      tree.cell++;
      if (readVarint(cell) > <u64>tree.maxLocal) {
        tree.long = cell;
        return;
      }
      listRecord(tree, varintEnd);
    }
    tree.items += 4;
    tree.cell = 0;
  }
}

/** Lists the row of a record that lies in one piece. */
export function listRecord(tree: TreeRows, record: usize): void {
  const row = nextOf(tree.list);
  let value = headerEnd(record);
  let type = varintEnd;
  row.record = record;
  row.key = value;
  for (let column: u32 = 0; column < tree.columns; column++) {
    value += typeBytes(readVarint(type));
    type = varintEnd;
    if (column + 1 == tree.keyColumns) row.keyLength = <u32>(value - row.key);
  }
  const runType = load<u8>(type);
  const lineType = load<u8>(type, 1);
  row.run = integerAt(value, runType);
  value += typeBytes(runType);
  row.line = integerAt(value, lineType);
  row.hash = integerAt(value + typeBytes(lineType), load<u8>(type, 2));
}

/** Where the value of a column lies in a record; `valueBytes` then has its length. */
export function valueInRecord(record: usize, column: u32): usize {
  let value = headerEnd(record);
  for (let before: u32 = 0; before < column; before++) value += typeBytes(readVarint(varintEnd));
  valueBytes = typeBytes(readVarint(varintEnd));
  return value;
}

export let valueBytes: u32 = 0;

/** Rows as text, one after the other: the key's length, a space, the key, then run, line and hash, each with a space after it; numbers are decimal. */
@unmanaged
export class TextRows {
  list: RowList;
  next: usize;
  end: usize;
}

export function listTextRows(texts: TextRows): void {
  const list = texts.list;
  at = texts.next;
  while (at != texts.end && list.count < list.capacity) {
    const row = nextOf(list);
    row.keyLength = <u32>readNumber();
    row.key = at;
    row.record = 0;
    at += row.keyLength;
    row.run = readNumber();
    row.line = readNumber();
    row.hash = readNumber();
  }
  texts.next = at;
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
