import { LonghaulError } from '../runtime/errors.ts';

/** Requests that are under way or wait for their turn, of one kind. A row takes less than 1 ms, a page of a thousand 10. */
const mostWaiting = 256;

/** Lets in no more requests than can be answered soon: whoever comes later is told to come back, and nothing piles up. */
export class Gate {
  #waiting = 0;

  get waiting(): number {
    return this.#waiting;
  }

  /** Throws `server_busy`. */
  async pass<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#waiting >= mostWaiting) throw LonghaulError.of('server_busy', { requests: mostWaiting });
    this.#waiting++;
    try {
      return await work();
    } finally {
      this.#waiting--;
    }
  }
}
