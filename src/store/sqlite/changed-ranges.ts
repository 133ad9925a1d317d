/** Rows that one range has at most: some 12 ms to write them. */
const mostRows = 16_384;

export type KeyParts = readonly string[];

/** A range of keys of which the table keeps no row as it is. */
export interface ChangedRange {
  /** `null`: from the first key on. */
  readonly after: KeyParts | null;
  readonly to: KeyParts;
}

/** Where whole ranges of a table change, noted while it is compared in key order: there nobody has to ask what stays. */
export class ChangedRanges {
  readonly ranges: ChangedRange[] = [];
  /** The range that goes on, and its rows; `null`: none does. */
  #open: { readonly after: KeyParts | null; to: KeyParts; rows: number } | null = null;
  #after: KeyParts | null = null;

  /**
   * @param to the last key of a range that follows the one before
   * @param rows that change in it, a few thousand at most
   * @param stays whether there may be others
   */
  add(to: KeyParts, rows: number, stays: boolean): void {
    if (stays || (this.#open !== null && this.#open.rows + rows > mostRows)) this.finish();
    if (!stays) {
      this.#open ??= { after: this.#after, to, rows: 0 };
      this.#open.to = to;
      this.#open.rows += rows;
    }
    this.#after = to;
  }

  finish(): void {
    if (this.#open !== null) this.ranges.push({ after: this.#open.after, to: this.#open.to });
    this.#open = null;
  }
}
