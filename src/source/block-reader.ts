/** Turns blocks that arrive as they like into reads of a chosen size. */
export class BlockReader {
  readonly #blocks: AsyncIterator<Uint8Array>;
  #current: Uint8Array = new Uint8Array(0);

  constructor(blocks: AsyncIterable<Uint8Array>) {
    this.#blocks = blocks[Symbol.asyncIterator]();
  }

  async read(target: Uint8Array): Promise<number> {
    while (this.#current.length === 0) {
      const next = await this.#blocks.next();
      if (next.done === true) return 0;
      this.#current = next.value;
    }
    const bytes = Math.min(target.length, this.#current.length);
    target.set(this.#current.subarray(0, bytes));
    this.#current = this.#current.subarray(bytes);
    return bytes;
  }
}
