import type { LeafSink } from './leaf-pages.ts';
import type { UpperLevels } from './upper-levels.ts';

/** Leaves that follow others, as one thread posts them to another. */
export interface ListedLeaves {
  readonly pages: Uint32Array<ArrayBuffer>;
  /** Where the cell before each leaf ends, and last of all the one before the last leaf, which is none of `pages`. */
  readonly ends: Uint32Array<ArrayBuffer>;
  /** The cells one after the other. */
  readonly cells: Uint8Array<ArrayBuffer>;
  /** Complete, and not written yet. */
  readonly last: Uint8Array;
}

/** Collects leaves that follow others. */
export class LeafList implements LeafSink {
  readonly #pages: number[] = [];
  readonly #ends: number[] = [];
  #cells = new Uint8Array(64 * 1024);

  follows(divider: Uint8Array): void {
    const start = this.#ends.at(-1) ?? 0;
    const end = start + divider.length;
    if (end > this.#cells.length) {
      const larger = new Uint8Array(Math.max(end, 2 * this.#cells.length));
      larger.set(this.#cells);
      this.#cells = larger;
    }
    this.#cells.set(divider, start);
    this.#ends.push(end);
  }

  leaf(page: number, divider: Uint8Array): void {
    this.#pages.push(page);
    this.follows(divider);
  }

  finish(last: Uint8Array): ListedLeaves {
    const cells = this.#cells.slice(0, this.#ends.at(-1));
    return { pages: Uint32Array.from(this.#pages), ends: Uint32Array.from(this.#ends), cells, last };
  }
}

/** Adds leaves to a tree. @param before the page of the leaf before them */
export function addLeaves(above: UpperLevels, before: number, { pages, ends, cells }: ListedLeaves): void {
  let left = before;
  let start = 0;
  for (const [index, end] of ends.entries()) {
    above.add(left, cells.subarray(start, end));
    left = pages[index] ?? 0;
    start = end;
  }
}
