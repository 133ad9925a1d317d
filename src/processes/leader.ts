import { asLonghaulError } from '../runtime/errors.ts';
import { type Leadership, termSeconds } from '../store/leadership.ts';
import { pause } from '../watch/pause.ts';

export interface LeaderParts {
  readonly leadership: Leadership;
  /** Where workers reach this master. */
  readonly url: string;
  /** Told once when another master leads. `holder`: as its session is called. */
  readonly onWaiting: (holder: string) => void;
  /** Told when another master has begun a term. */
  readonly onLost: (term: number) => void;
  /** Told of what went wrong and is tried again. */
  readonly warn: (message: string) => void;
}

const renewMs = (termSeconds * 1000) / 3;
const tryMs = 1000;

/** Waits until this process leads, and then goes on leading. Whether it still does when it writes is for the fence to say. */
export class Leader {
  readonly #parts: LeaderParts;
  readonly #ending = new AbortController();
  #term: number | null = null;
  #renewing: Promise<void> = Promise.resolve();

  constructor(parts: LeaderParts) {
    this.#parts = parts;
  }

  /** @returns the term; null: ended before there was one. Throws what is wrong with the database at the first try. */
  async campaign(): Promise<number | null> {
    const { leadership, url, onWaiting } = this.#parts;
    const { signal } = this.#ending;
    this.#term = await leadership.tryLead(url);
    if (this.#term === null) onWaiting(await leadership.leader());
    while (this.#term === null && !signal.aborted) {
      this.#term = await this.#trying(() => leadership.tryLead(url));
      if (this.#term === null) await pause(tryMs, signal);
    }
    if (this.#term !== null) this.#renewing = this.#renewAll(this.#term);
    return this.#term;
  }

  /** Gives the term up, and what it was asked with. */
  async stop(): Promise<void> {
    this.#ending.abort();
    await this.#renewing;
    const { leadership } = this.#parts;
    const term = this.#term;
    if (term !== null) await leadership.resign(term).catch(() => undefined);
    await leadership[Symbol.asyncDispose]();
  }

  async #renewAll(term: number): Promise<void> {
    const { leadership, onLost } = this.#parts;
    const { signal } = this.#ending;
    for (;;) {
      await pause(renewMs, signal);
      if (signal.aborted) return;
      if ((await this.#trying(() => leadership.renew(term))) !== false) continue;
      this.#term = null;
      onLost(term);
      return;
    }
  }

  /** Null where the database cannot be asked: a term that nobody has taken over is still ours once it can. */
  async #trying<Result>(ask: () => Promise<Result>): Promise<Result | null> {
    try {
      return await ask();
    } catch (error) {
      this.#parts.warn(asLonghaulError(error).message);
      return null;
    }
  }
}
