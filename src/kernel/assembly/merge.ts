/**
 * Merges sorted rows of many sources, of each of which a window lies in memory. A binary heap of cursors, least key first;
 * of equal keys the source that comes last in the file first, so that its row wins and the others, which follow it, lose.
 * Rows without a key come source by source, and none loses.
 */
import { compareBytes, equalBytes, prefixOf } from './bytes';
import { keyLength, Layout, lineOf, rowBytes } from './rows';

/** A place in one source. JavaScript fills in all but the key. */
@unmanaged
export class Cursor {
  prefix: u64;
  /** Added to the lines of its rows. */
  lineBase: u64;
  /** The current row. */
  row: usize;
  keyLength: u32;
  /** After the last byte of the window that is filled. */
  end: usize;
  /** Whether the source has more than the window. */
  hasMore: u32;
  order: u32;
}

@unmanaged
export class Merge {
  layout: Layout;
  /** Cursors that have a row, as addresses. */
  heap: usize;
  heapSize: u32;
  /** The last winner, to tell who loses to it; 0: none. */
  lastRow: usize;
  lastKeyLength: u32;
  lastCursor: usize;
  /** The cursor whose window has to be filled before the merge can go on; 0: none. */
  starved: usize;
  superseded: u32;
}

/** A row that has won. */
@unmanaged
export class Winner {
  line: u64;
  /** The hash of the row that the table has under its key, unless it is inserted: see `compare.ts`. */
  former: u64;
  row: usize;
  keyLength: u32;
  outcome: u32;
  /** Whether a value that is counted may be another than that of the row there is. */
  moves: u32;
}

/** Bytes of a `Winner`. */
export const winnerBytes: usize = 32;

/** Lists the next winners, `most` at most. @returns how many; they lie there until a window is moved */
export function mergeRows(merge: Merge, winners: usize, most: u32): u32 {
  const layout = merge.layout;
  const keyed = layout.keyColumns > 0;
  let winner = winners;
  const end = winners + <usize>most * winnerBytes;
  while (winner < end && merge.heapSize > 0 && merge.starved == 0) {
    const cursor = cursorAt(merge.heap, 0);
    const row = cursor.row;
    const length = cursor.keyLength;
    const loses =
      keyed &&
      merge.lastRow != 0 &&
      merge.lastKeyLength == length &&
      equalBytes(merge.lastRow + layout.headBytes, row + layout.headBytes, length);
    if (loses) {
      merge.superseded++;
    } else {
      const found = changetype<Winner>(winner);
      found.row = row;
      found.keyLength = length;
      found.line = cursor.lineBase + lineOf(row);
      winner += winnerBytes;
      merge.lastRow = row;
      merge.lastKeyLength = length;
      merge.lastCursor = changetype<usize>(cursor);
    }
    cursor.row = row + rowBytes(row);
    advance(merge, cursor);
  }
  return <u32>((winner - winners) / winnerBytes);
}

/** The top cursor has gone on: it sinks to its place, leaves, or asks for more. */
function advance(merge: Merge, cursor: Cursor): void {
  if (!hasRow(merge.layout, cursor)) {
    // Also when rows end within a row: JavaScript finds that there is no more.
    if (cursor.hasMore != 0 || cursor.row != cursor.end) {
      merge.starved = changetype<usize>(cursor);
      return;
    }
    merge.heapSize--;
    if (merge.heapSize == 0) return;
    store<usize>(merge.heap, load<usize>(merge.heap + ((<usize>merge.heapSize) << 2)));
  } else {
    readKey(merge.layout, cursor);
  }
  siftDown(merge, 0);
}

/** Whether all of the current row lies in the window. */
export function hasRow(layout: Layout, cursor: Cursor): bool {
  const left = cursor.end - cursor.row;
  if (left < layout.headBytes) return false;
  const bytes = rowBytes(cursor.row);
  // A row without a head is none: a damaged file could keep the merge where it is for ever.
  return bytes >= layout.headBytes && left >= bytes;
}

/** A cursor whose window was filled for the first time joins the merge. */
export function join(merge: Merge, cursor: Cursor): void {
  readKey(merge.layout, cursor);
  let hole = merge.heapSize++;
  while (hole > 0) {
    const parent = (hole - 1) >> 1;
    if (!before(merge.layout, cursor, cursorAt(merge.heap, parent))) break;
    putCursor(merge.heap, hole, cursorAt(merge.heap, parent));
    hole = parent;
  }
  putCursor(merge.heap, hole, cursor);
}

/** The starved cursor, which is the top one, has got more, or knows that there is no more. */
export function goOn(merge: Merge): void {
  const cursor = changetype<Cursor>(merge.starved);
  merge.starved = 0;
  advance(merge, cursor);
}

/**
 * Moves what is still needed of the starved cursor's window to `window`, where it begins from now on.
 *
 * @returns bytes that were moved: the current row as far as it is there, and before it the last winner if it is this cursor's
 */
export function moveWindow(merge: Merge, window: usize): u32 {
  const cursor = changetype<Cursor>(merge.starved);
  const holdsLast = merge.lastCursor == merge.starved;
  const from = holdsLast ? merge.lastRow : cursor.row;
  const bytes = cursor.end - from;
  memory.copy(window, from, bytes);
  if (holdsLast) merge.lastRow = window;
  cursor.row = window + (cursor.row - from);
  cursor.end = window + bytes;
  return <u32>bytes;
}

function readKey(layout: Layout, cursor: Cursor): void {
  const length = keyLength(layout, cursor.row);
  cursor.keyLength = length;
  cursor.prefix = prefixOf(cursor.row + layout.headBytes, length);
}

function before(layout: Layout, a: Cursor, b: Cursor): bool {
  if (layout.keyColumns == 0) return a.order < b.order;
  if (a.prefix != b.prefix) return a.prefix < b.prefix;
  const head = layout.headBytes;
  const difference = compareBytes(a.row + head, a.keyLength, b.row + head, b.keyLength);
  return difference < 0 || (difference == 0 && a.order > b.order);
}

function cursorAt(heap: usize, index: u32): Cursor {
  return changetype<Cursor>(load<usize>(heap + ((<usize>index) << 2)));
}
function putCursor(heap: usize, index: u32, cursor: Cursor): void {
  store<usize>(heap + ((<usize>index) << 2), changetype<usize>(cursor));
}

function siftDown(merge: Merge, from: u32): void {
  const layout = merge.layout;
  const heap = merge.heap;
  const heapSize = merge.heapSize;
  const moving = cursorAt(heap, from);
  let hole = from;
  for (let child: u32 = 2 * hole + 1; child < heapSize; child = 2 * hole + 1) {
    if (child + 1 < heapSize && before(layout, cursorAt(heap, child + 1), cursorAt(heap, child))) child++;
    const candidate = cursorAt(heap, child);
    if (!before(layout, candidate, moving)) break;
    putCursor(heap, hole, candidate);
    hole = child;
  }
  putCursor(heap, hole, moving);
}
