/** The last events, as they were sent, for whoever comes back after a cut. Bounded in number and in bytes; the newest is always there. */

interface Kept {
  readonly number: number;
  readonly frame: Buffer;
}

export class EventRing {
  readonly #mostEvents: number;
  readonly #mostBytes: number;
  readonly #kept: Kept[] = [];
  #bytes = 0;
  #last = 0;

  constructor(mostEvents: number, mostBytes: number) {
    this.#mostEvents = mostEvents;
    this.#mostBytes = mostBytes;
  }

  /** The number of the newest event, from 1; 0 before the first. */
  get last(): number {
    return this.#last;
  }

  /** @param frame the event, made for its number */
  add(frame: (number: number) => Buffer): Buffer {
    const made = frame(++this.#last);
    this.#kept.push({ number: this.#last, frame: made });
    this.#bytes += made.length;
    while (this.#kept.length > this.#mostEvents || (this.#bytes > this.#mostBytes && this.#kept.length > 1))
      this.#bytes -= this.#kept.shift()?.frame.length ?? 0;
    return made;
  }

  /** All events behind this one, the oldest first; `null` when some of them are not kept any more, or it has not been yet. */
  after(number: number): Buffer[] | null {
    if (!Number.isSafeInteger(number) || number < 0 || number > this.#last) return null;
    const missed = this.#last - number;
    if (missed > this.#kept.length) return null;
    return this.#kept.slice(this.#kept.length - missed).map(({ frame }) => frame);
  }
}
