import { maxKeptRejects, type Reject } from '../schema/rejects.ts';

/**
 * Decides which rejects of a run are worth writing down before all chunks are known. The first ones of the file are
 * kept in the end, and chunks arrive in any order: a chunk's rejects are dropped only when the chunks before it
 * are all there and hold enough already. So what is written stays bounded by the chunks in flight.
 */
export class RejectQuota {
  readonly #waiting = new Map<number, number>();
  /** Index of the first chunk that has not come yet, and the rejects of all before it. */
  #next = 0;
  #before = 0;
  readonly #limit: number;

  constructor(limit = maxKeptRejects) {
    this.#limit = limit;
  }

  /** The rejects of chunk `index` that are to be written: all or none. A chunk that came before is replaced: all. */
  admit(index: number, rejects: readonly Reject[]): readonly Reject[] {
    const full = index === this.#next && this.#before >= this.#limit;
    this.count(index, rejects.length);
    return full ? [] : rejects;
  }

  /** Tells of a chunk that is there already, with so many rejects. */
  count(index: number, rejects: number): void {
    if (index < this.#next) return;
    this.#waiting.set(index, rejects);
    for (
      let number = this.#waiting.get(this.#next);
      number !== undefined;
      number = this.#waiting.get(this.#next)
    ) {
      this.#waiting.delete(this.#next++);
      this.#before += number;
    }
  }
}
