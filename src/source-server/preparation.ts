/** Brings files from changed to ready: waits until they are quiet, then has them hashed, one at a time. */
import type { Clock } from '../runtime/clock.ts';
import { asLonghaulError, LonghaulError } from '../runtime/errors.ts';
import type { Log } from '../runtime/log.ts';
import { lookAtFound } from '../source/folder-scan.ts';
import type { Described, HostedFile } from './hosted-file.ts';
import type { ManifestCache } from './manifest-cache.ts';
import type { SourceMetrics } from './metrics.ts';

/** Hashes files and makes their manifests, where that holds up nobody. */
export interface ManifestMaker extends AsyncDisposable {
  /** Throws `file_changed` if the file is not, before and after, what the fingerprint says, and what reading it throws. */
  describe(file: FileToDescribe): Promise<Described>;
}

export interface FileToDescribe {
  readonly path: Buffer;
  /** What it is called in errors. */
  readonly name: string;
  readonly fingerprint: string;
}

export interface PreparationParts {
  readonly maker: ManifestMaker;
  readonly cache: ManifestCache;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: SourceMetrics;
  /** How long nothing must have happened to a file, in milliseconds. */
  readonly quietMs: number;
  /** A file is ready, refused or being prepared again. */
  readonly onChange: () => void;
  /** A file is not where it was. */
  readonly onLost: () => void;
}

/** Small files go first, but a second of waiting is worth this many bytes, so that a large one gets its turn. */
const bytesPerSecondWaited = 50 * 2 ** 20;

export class Preparation {
  readonly #parts: PreparationParts;
  /** Changed not long ago. */
  readonly #settling = new Set<HostedFile>();
  /** Quiet, with the time since when they wait to be hashed. */
  readonly #waiting = new Map<HostedFile, number>();
  #hashing: Promise<void> | null = null;
  #timer: NodeJS.Timeout | undefined;
  /** On the monotonic clock: when the timer fires. */
  #timerAtMs = Number.POSITIVE_INFINITY;
  #stopped = false;

  constructor(parts: PreparationParts) {
    this.#parts = parts;
  }

  /** Files that are quiet and wait for their turn to be hashed. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** A file that was not known: described at once if a former server has kept what it is. */
  async begin(file: HostedFile): Promise<void> {
    const { cache, clock, metrics, quietMs } = this.#parts;
    const { fingerprint, changedMs } = file.facts;
    const kept = await cache.find(fingerprint, file.name);
    if (kept !== null && file.facts.fingerprint === fingerprint && file.state === 'preparing') {
      metrics.described('kept', 0);
      this.#finish(file, kept);
      return;
    }
    // A file that was left alone before we came need not wait; a time in the future tells nothing.
    const sinceMs = clock.wallMs() - changedMs;
    this.#settle(file, sinceMs < 0 ? quietMs : Math.max(0, quietMs - sinceMs));
  }

  /** A known file is not what it was, or may have been changed: its quiet time begins anew. */
  again(file: HostedFile): void {
    this.#waiting.delete(file);
    this.#settle(file, this.#parts.quietMs);
    this.#parts.onChange();
  }

  /** A file that is no more. */
  forget(file: HostedFile): void {
    this.#settling.delete(file);
    this.#waiting.delete(file);
  }

  /** Looks whether something was done to a file since. */
  async check(file: HostedFile): Promise<void> {
    const before = file.facts;
    try {
      const facts = await lookAtFound(before.path, file.name);
      // Whoever has looked meanwhile has seen something newer.
      if (file.facts !== before || facts.fingerprint === before.fingerprint) return;
      file.change(facts);
      this.again(file);
    } catch {
      // Gone, or something else of that name: only the whole folder can tell.
      this.#parts.onLost();
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#parts.maker[Symbol.asyncDispose]();
    await this.#hashing;
    await this.#parts.cache.written();
  }

  #settle(file: HostedFile, forMs: number): void {
    if (this.#stopped) return;
    file.quietAtMs = this.#parts.clock.monotonicMs() + forMs;
    this.#settling.add(file);
    this.#wakeAt(file.quietAtMs);
  }

  #wakeAt(ms: number): void {
    if (this.#stopped || ms >= this.#timerAtMs) return;
    clearTimeout(this.#timer);
    this.#timerAtMs = ms;
    const inMs = Math.max(0, ms - this.#parts.clock.monotonicMs());
    this.#timer = setTimeout(() => void this.#endQuietTimes(), inMs);
  }

  async #endQuietTimes(): Promise<void> {
    this.#timerAtMs = Number.POSITIVE_INFINITY;
    const now = this.#parts.clock.monotonicMs();
    const due = Array.from(this.#settling).filter(({ quietAtMs }) => quietAtMs <= now);
    for (const file of due) {
      this.#settling.delete(file);
      const { fingerprint } = file.facts;
      await this.check(file);
      const isQuiet = file.facts.fingerprint === fingerprint && !this.#settling.has(file);
      if (isQuiet && file.state === 'preparing') this.#waiting.set(file, now);
      this.#hashNext();
    }
    for (const { quietAtMs } of this.#settling) this.#wakeAt(quietAtMs);
  }

  #hashNext(): void {
    if (this.#stopped || this.#hashing !== null) return;
    const now = this.#parts.clock.monotonicMs();
    let best: HostedFile | null = null;
    let leastCost = Number.POSITIVE_INFINITY;
    for (const [file, since] of this.#waiting) {
      const cost = file.facts.bytes - ((now - since) / 1000) * bytesPerSecondWaited;
      if (cost < leastCost) [best, leastCost] = [file, cost];
    }
    if (best === null) return;
    this.#waiting.delete(best);
    this.#hashing = this.#hash(best).finally(() => {
      this.#hashing = null;
      this.#hashNext();
    });
  }

  async #hash(file: HostedFile): Promise<void> {
    const { maker, cache, metrics, log } = this.#parts;
    const { path, fingerprint, bytes } = file.facts;
    const { name } = file;
    const isOutdated = (): boolean => file.facts.fingerprint !== fingerprint || file.state !== 'preparing';
    try {
      const described = await maker.describe({ path, name, fingerprint });
      metrics.described(described.kind, described.kind === 'ready' ? bytes : 0);
      if (isOutdated()) return;
      this.#finish(file, described);
      cache.keep(fingerprint, name, described);
    } catch (error) {
      if (this.#stopped || isOutdated()) return;
      const known = asLonghaulError(error);
      if (known.code === 'file_changed' || known.code === 'file_not_found') {
        metrics.described('changed', 0);
        this.#settle(file, this.#parts.quietMs);
        await this.check(file);
        return;
      }
      // Not kept: the disk may be well again when somebody looks next time.
      log.error({ err: error, file: name }, 'a file could not be hashed');
      metrics.described('failed', 0);
      this.#finish(file, { kind: 'refused', error: known });
    }
  }

  #finish(file: HostedFile, described: Described): void {
    file.describe(described);
    this.#parts.onChange();
  }
}

/** Whether a refusal says nothing about the content, so that it is worth another try. */
export function isPassing({ code }: LonghaulError): boolean {
  return code === 'file_not_readable' || code === 'unexpected';
}
