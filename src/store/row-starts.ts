import { rowWordsAt } from '../schema/packed-rows.ts';

/** As far apart as stagers note them (`row-packer.ts`): 256 KiB. */
const wordsBetween = 64 * 1024;

/** Finds where some of the rows of a file begin, while it is read: for those of which nobody has noted it. */
export class RowStarts {
  readonly found: number[] = [];
  #nextRow = 0;

  /** Must be told of all words, one part after the other. @param place the part's first word in the file */
  read(words: Uint32Array, place: number): void {
    const end = place + words.length;
    while (this.#nextRow < end) {
      if (this.#nextRow >= (this.found.at(-1) ?? -wordsBetween) + wordsBetween)
        this.found.push(this.#nextRow);
      // What is damaged may say anything, and nobody will use what was found there.
      this.#nextRow += Math.max(words[this.#nextRow - place + rowWordsAt]!, 1);
    }
  }
}
