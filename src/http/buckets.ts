/** How often somebody may do something: so many times at once, and then as fast as it comes back. One bucket for each address, in bounded memory. */
import type { Clock } from '../runtime/clock.ts';

export interface BucketTuning {
  /** What may be taken at once. */
  readonly size: number;
  readonly perSecond: number;
}

interface Bucket {
  left: number;
  /** When `left` was counted, on the monotonic clock. */
  atMs: number;
}

/** More addresses than this at once are no users: those that have been quiet for longest begin anew. */
const mostBuckets = 10_000;

export class Buckets {
  readonly #tuning: BucketTuning;
  readonly #clock: Clock;
  /** In the order in which they were last used. */
  readonly #buckets = new Map<string, Bucket>();

  constructor(tuning: BucketTuning, clock: Clock) {
    this.#tuning = tuning;
    this.#clock = clock;
  }

  /** Whether there is anything left to take. */
  has(key: string): boolean {
    return this.#now(key).left >= 1;
  }

  /** @returns whether there was anything left */
  take(key: string): boolean {
    const bucket = this.#now(key);
    const has = bucket.left >= 1;
    if (has) bucket.left--;
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    const [oldest] = this.#buckets.keys();
    if (this.#buckets.size > mostBuckets && oldest !== undefined) this.#buckets.delete(oldest);
    return has;
  }

  #now(key: string): Bucket {
    const { size, perSecond } = this.#tuning;
    const nowMs = this.#clock.monotonicMs();
    const { left, atMs } = this.#buckets.get(key) ?? { left: size, atMs: nowMs };
    return { left: Math.min(size, left + ((nowMs - atMs) / 1000) * perSecond), atMs: nowMs };
  }
}
