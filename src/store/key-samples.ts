import { compareBytes, keyByteLength, type RowLayout, rowWordsAt } from '../schema/packed-rows.ts';

/** Rows between two samples: some 20 KiB of usual rows to step over until a key is found. */
const rowsBetween = 128;

/** Where every so many-th row of one sorted source lies, noted while it is merged: 5,000,000 rows take some 3 MiB. */
export class KeySamples {
  readonly #layout: RowLayout;
  readonly #keys: Uint8Array[] = [];
  readonly #places: number[] = [];
  /** The word of the source at which the next row begins, and rows until the next sample. */
  #nextRow = 0;
  #untilNext = 0;

  constructor(layout: RowLayout) {
    this.#layout = layout;
  }

  /**
   * Must be told of all words of the source, one part after the other.
   *
   * @param from where the part lies in `words`; what is left of a row that began before it lies right before it
   * @param place the part's first word in the source
   */
  read(words: Uint32Array, from: number, end: number, place: number): void {
    for (;;) {
      const row = from + this.#nextRow - place;
      if (row + rowWordsAt >= end) return;
      const rowWords = words[row + rowWordsAt]!;
      // Without a head it is none: the merge says so.
      if (rowWords < this.#layout.headWords || row + rowWords > end) return;
      if (this.#untilNext-- === 0) {
        this.#untilNext = rowsBetween - 1;
        const start = words.byteOffset + (row + this.#layout.headWords) * 4;
        const key = new Uint8Array(words.buffer, start, keyByteLength(this.#layout, words, row));
        this.#keys.push(key.slice());
        this.#places.push(this.#nextRow);
      }
      this.#nextRow += rowWords;
    }
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
