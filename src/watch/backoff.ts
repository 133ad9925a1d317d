export interface BackoffTuning {
  /** After the first failure; doubled with each further one. */
  readonly firstMs: number;
  readonly mostMs: number;
}

/** Waits longer after each failure in a row, up to a bound. */
export class Backoff {
  readonly #tuning: BackoffTuning;
  readonly #random: () => number;
  #failures = 0;

  /** @param random from 0 to 1, for the jitter: what failed together must not come back together */
  constructor(tuning: BackoffTuning, random: () => number) {
    this.#tuning = tuning;
    this.#random = random;
  }

  /** In a row. */
  get failures(): number {
    return this.#failures;
  }

  /** @returns how long to wait, in milliseconds */
  failed(): number {
    const { firstMs, mostMs } = this.#tuning;
    const ms = Math.min(mostMs, firstMs * 2 ** Math.min(this.#failures++, 30));
    return jittered(ms, this.#random);
  }

  succeeded(): void {
    this.#failures = 0;
  }
}

/** A tenth more or less. */
export function jittered(ms: number, random: () => number): number {
  return ms * (0.9 + 0.2 * random());
}
