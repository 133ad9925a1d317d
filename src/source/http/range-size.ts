const mostBytes = 8 * 2 ** 20;
const firstBytes = 2 ** 20;
/** A reset costs a file of any size this part of it, or so many bytes: beyond 20 resets nobody has a use for the network. */
const partOfFile = 128;
const leastBytes = 64 * 1024;

/**
 * How many bytes are asked for at once. What is on its way when a connection is reset is lost, in the buffers of both systems, and
 * nobody can tell how much that is; so after the first break less is on its way.
 */
export class RangeSize {
  readonly #afterBreak: number;
  #hasBroken = false;
  #bytes = firstBytes;

  /** @param fileBytes of all that is to be read */
  constructor(fileBytes: number) {
    this.#afterBreak = Math.min(mostBytes, Math.max(leastBytes, Math.ceil(fileBytes / partOfFile)));
  }

  get bytes(): number {
    return this.#bytes;
  }

  came(): void {
    if (!this.#hasBroken) this.#bytes = Math.min(mostBytes, 2 * this.#bytes);
  }

  broke(): void {
    this.#hasBroken = true;
    this.#bytes = this.#afterBreak;
  }
}
