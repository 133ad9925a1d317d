import type { RowCursor } from './row-cursor.ts';

/**
 * Merges sorted rows: calls `winner` once for each key, in key order, with the cursor that has the key's last record
 * in file order. Reads cursors to their end and closes them, also when something throws.
 *
 * A binary heap of cursors, least key first; of equal keys the cursor that comes last in the file first. All others with
 * the winner's key then stand below it in the heap and are passed over before the winner moves on, so nothing needs
 * to be copied.
 *
 * Rows without a key are not sorted, and none loses: they come one cursor after the other.
 *
 * @returns the number of rows that lost
 */
export function mergeRows(cursors: readonly RowCursor[], winner: (row: RowCursor) => void): number {
  let superseded = 0;
  try {
    if (cursors[0]?.keyed === false) {
      inOrder(cursors, winner);
      return 0;
    }
    const heap = cursors.filter((cursor) => cursor.next());
    for (let parent = (heap.length >> 1) - 1; parent >= 0; parent--) siftDown(heap, parent);
    while (heap.length > 0) {
      const top = heap[0]!;
      for (let child = sameKeyChild(heap); child > 0; child = sameKeyChild(heap)) {
        superseded++;
        advance(heap, child);
      }
      winner(top);
      advance(heap, 0);
    }
  } finally {
    for (const cursor of cursors) cursor[Symbol.dispose]();
  }
  return superseded;
}

function inOrder(cursors: readonly RowCursor[], winner: (row: RowCursor) => void): void {
  for (const cursor of cursors.toSorted((a, b) => a.order - b.order)) {
    while (cursor.next()) winner(cursor);
  }
}

function before(a: RowCursor, b: RowCursor): boolean {
  const difference = a.compareKey(b);
  return difference < 0 || (difference === 0 && a.order > b.order);
}

/** The place of a child of the root with the root's key, else 0. */
function sameKeyChild(heap: readonly RowCursor[]): number {
  const top = heap[0]!;
  for (let child = 1; child <= 2 && child < heap.length; child++) {
    if (heap[child]!.compareKey(top) === 0) return child;
  }
  return 0;
}

function advance(heap: RowCursor[], at: number): void {
  if (!heap[at]!.next()) {
    const last = heap.pop()!;
    if (at === heap.length) return;
    heap[at] = last;
  }
  siftDown(heap, at);
}

function siftDown(heap: RowCursor[], from: number): void {
  const moving = heap[from]!;
  let hole = from;
  for (let child = 2 * hole + 1; child < heap.length; child = 2 * hole + 1) {
    if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++;
    if (!before(heap[child]!, moving)) break;
    heap[hole] = heap[child]!;
    hole = child;
  }
  heap[hole] = moving;
}
