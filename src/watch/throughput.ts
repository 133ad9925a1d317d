import type { Clock } from '../runtime/clock.ts';
import type { WatchEvent } from './events.ts';

export const bucketMs = 10_000;
const buckets = 360;

interface Bucket {
  /** Milliseconds since 1970, a multiple of `bucketMs`. */
  readonly atMs: number;
  records: number;
  bytes: number;
}

/** What was staged over the last hour, of all sources together. */
export class Throughput {
  readonly #clock: Clock;
  /** Those in which there was something, the oldest first. */
  readonly #buckets: Bucket[] = [];
  /** How far the run in hand was when it was last told. */
  #last = { run: 0, records: 0, bytes: 0 };
  #records = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Records that were staged since the master was started. */
  get records(): number {
    return this.#records;
  }

  /** Bytes are those of the content, after decompression. */
  get points(): readonly Readonly<Bucket>[] {
    this.#forget();
    return this.#buckets;
  }

  count(event: WatchEvent): void {
    if (event.kind !== 'import_progress' || event.progress.phase !== 'staging') return;
    const { run, records, contentBytes: bytes } = event.progress;
    const before = this.#last.run === run ? this.#last : { records: 0, bytes: 0 };
    this.#last = { run, records, bytes };
    // A run that is tried again begins anew.
    const [more, moreBytes] = [records - before.records, bytes - before.bytes];
    if (more <= 0) return;
    this.#records += more;
    const bucket = this.#now();
    bucket.records += more;
    bucket.bytes += Math.max(0, moreBytes);
  }

  #now(): Bucket {
    const atMs = Math.floor(this.#clock.wallMs() / bucketMs) * bucketMs;
    const last = this.#buckets.at(-1);
    if (last?.atMs === atMs) return last;
    this.#forget();
    const bucket = { atMs, records: 0, bytes: 0 };
    this.#buckets.push(bucket);
    return bucket;
  }

  #forget(): void {
    const since = this.#clock.wallMs() - buckets * bucketMs;
    const kept = this.#buckets.findIndex(({ atMs }) => atMs > since);
    this.#buckets.splice(0, kept === -1 ? this.#buckets.length : kept);
  }
}
