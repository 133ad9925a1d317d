import type { RowCursor } from './row-cursor.ts';

/**
 * Merges sorted rows: gives each key once, in key order, by the cursor that has the key's last record in file order. Reads
 * cursors to their end and closes them, also when something throws.
 *
 * A binary heap of cursors, least key first; of equal keys the cursor that comes last in the file first. All others with
 * the winner's key then stand below it in the heap and are passed over before the winner moves on, so nothing needs
 * to be copied.
 *
 * Rows without a key are not sorted, and none loses: they come one cursor after the other.
 */
export class MergedRows implements Disposable {
  readonly #cursors: readonly RowCursor[];
  /** Rows with a key: the heap. Without one: the cursors that are left, in the order of the file. */
  readonly #waiting: RowCursor[];
  readonly #keyed: boolean;
  #given = false;
  /** The number of rows that lost so far. */
  superseded = 0;

  constructor(cursors: readonly RowCursor[]) {
    this.#cursors = cursors;
    this.#keyed = cursors[0]?.keyed !== false;
    try {
      const filled = cursors.filter((cursor) => cursor.next());
      this.#waiting = this.#keyed ? filled : filled.sort((a, b) => a.order - b.order);
      if (!this.#keyed) return;
      for (let parent = (filled.length >> 1) - 1; parent >= 0; parent--) siftDown(filled, parent);
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  /** The next winner, which stands until the next call; null when there is none. */
  next(): RowCursor | null {
    const waiting = this.#waiting;
    if (this.#given) this.#passWinner();
    const top = waiting[0];
    if (top === undefined) return null;
    this.#given = true;
    if (!this.#keyed) return top;
    for (let child = sameKeyChild(waiting); child > 0; child = sameKeyChild(waiting)) {
      this.superseded++;
      advance(waiting, child);
    }
    return top;
  }

  #passWinner(): void {
    this.#given = false;
    if (this.#keyed) advance(this.#waiting, 0);
    else if (!this.#waiting[0]!.next()) this.#waiting.shift();
  }

  [Symbol.dispose](): void {
    for (const cursor of this.#cursors) cursor[Symbol.dispose]();
  }
}

/** Calls `winner` for each row that `MergedRows` gives. @returns the number of rows that lost */
export function mergeRows(cursors: readonly RowCursor[], winner: (row: RowCursor) => void): number {
  using merged = new MergedRows(cursors);
  for (let row = merged.next(); row !== null; row = merged.next()) winner(row);
  return merged.superseded;
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
