import { compareBytes } from '../schema/packed-rows.ts';

/** Rows between two samples: some 20 KiB of usual rows to step over until a key is found. */
const rowsBetween = 128;

/** Where every so many-th row of one sorted source lies, noted while it is merged: 5,000,000 rows take some 3 MiB. */
export class KeySamples {
  readonly #keys: Uint8Array[] = [];
  readonly #places: number[] = [];
  #untilNext = 0;

  /** Must be told of all rows, in the order of their keys. @param at the row's first word in its source */
  pass(bytes: Uint8Array, keyStart: number, keyLength: number, at: number): void {
    if (this.#untilNext-- > 0) return;
    this.#untilNext = rowsBetween - 1;
    // Copied: a Buffer's own `slice` would not.
    this.#keys.push(Uint8Array.prototype.slice.call(bytes, keyStart, keyStart + keyLength));
    this.#places.push(at);
  }

  /** The first word of a row from which on to look for a key; `null` if it lies before all rows. */
  placeBefore(key: Uint8Array): number | null {
    let [from, to] = [0, this.#keys.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      const sample = this.#keys[middle]!;
      if (compareBytes(sample, 0, sample.length, key, 0, key.length) <= 0) from = middle + 1;
      else to = middle;
    }
    return from === 0 ? null : this.#places[from - 1]!;
  }
}
