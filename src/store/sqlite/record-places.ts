/** Before the content of a page that continues a record stands the number of the next one; so it does behind what lies in the cell. */
export const overflowPointerBytes = 4;

/** How the rows of a WITHOUT ROWID table lie in a file whose pages have this many usable bytes: the format's X and M. */
export class RecordPlaces {
  readonly #usableBytes: number;
  /** Longest record that lies in its page whole. */
  readonly maxLocal: number;
  readonly #minLocal: number;

  constructor(usableBytes: number) {
    this.#usableBytes = usableBytes;
    this.maxLocal = Math.floor(((usableBytes - 12) * 64) / 255) - 23;
    this.#minLocal = Math.floor(((usableBytes - 12) * 32) / 255) - 23;
  }

  /** Bytes of a record that lie in its page. */
  localBytes(record: number): number {
    if (record <= this.maxLocal) return record;
    const local = this.#minLocal + ((record - this.#minLocal) % (this.#usableBytes - overflowPointerBytes));
    return local <= this.maxLocal ? local : this.#minLocal;
  }
}
