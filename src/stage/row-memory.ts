/** Where a stager puts the rows of a chunk. */
export interface RowMemory {
  /** @returns so many words, which nobody else uses */
  room(words: number): Uint32Array;
}

/** Each chunk's rows in a buffer of their own. */
export const ownMemory: RowMemory = { room: (words) => new Uint32Array(words) };

/** The same memory for one chunk after the other: of each the rows must have served before the next one comes. */
export class ReusedRowMemory implements RowMemory {
  #words = new Uint32Array(0);

  room(words: number): Uint32Array {
    if (words > this.#words.length) {
      this.#words.buffer.transfer(0);
      this.#words = new Uint32Array(words);
    }
    return this.#words.subarray(0, words);
  }
}

/** The first words of the memory say how many of all are given out, and whether there was no room for somebody. */
const usedAt = 0;
const fullAt = 1;
const headWords = 4;

/**
 * Memory that threads share, for the rows of one run: several threads can then publish them. It is given out from its beginning
 * on, and taken back all at once. Rows that it has no room for get a buffer of their own. What was never given out costs
 * nothing: the system gives it when it is touched.
 */
export class SharedRowMemory implements RowMemory {
  readonly buffer: SharedArrayBuffer;
  readonly #words: Uint32Array;

  /** @param of bytes of rows, or the memory of another thread */
  constructor(of: number | SharedArrayBuffer) {
    this.buffer = typeof of === 'number' ? new SharedArrayBuffer(headWords * 4 + (of & ~3)) : of;
    this.#words = new Uint32Array(this.buffer);
    if (typeof of === 'number') this.clear();
  }

  room(words: number): Uint32Array {
    for (;;) {
      const used = Atomics.load(this.#words, usedAt);
      if (used + words > this.#words.length) {
        Atomics.store(this.#words, fullAt, 1);
        return ownMemory.room(words);
      }
      if (Atomics.compareExchange(this.#words, usedAt, used, used + words) === used)
        return this.#words.subarray(used, used + words);
    }
  }

  /** Whether there was no room for the rows of a chunk. Then those that it holds will soon be written to files, as all others. */
  get isFull(): boolean {
    return Atomics.load(this.#words, fullAt) !== 0;
  }

  /** To be called when nobody needs any of the rows. */
  clear(): void {
    Atomics.store(this.#words, fullAt, 0);
    Atomics.store(this.#words, usedAt, headWords);
  }
}
