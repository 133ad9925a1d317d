import { asLonghaulError } from '../runtime/errors.ts';
import type { ImportOutcome, ImportProgress } from '../run/import-file.ts';
import type { ReadVersion } from '../source/source-client.ts';
import type { UploadSettings } from '../source/upload-record.ts';
import { Backoff, type BackoffTuning } from './backoff.ts';
import { type DatabaseHealth, isDefect } from './database-health.ts';
import type { Importing, SourceToWatch } from './importing.ts';
import { pause } from './pause.ts';

/** One version that is here and is to be imported. */
export interface ImportJob {
  readonly source: SourceToWatch;
  /** How it is to be read, where that is not said of its table. */
  readonly settings?: UploadSettings;
  readonly read: ReadVersion;
  /** Fires when it is not wanted any more. */
  readonly signal: AbortSignal;
  onBegin(): void;
  onProgress(progress: ImportProgress): void;
  /** `null`: it was not wanted any more, or the queue has stopped. Nothing of it was published. Never throws. */
  onEnd(outcome: ImportOutcome | null): Promise<void>;
}

export interface ImportQueueParts {
  readonly importing: Importing;
  readonly health: DatabaseHealth;
  readonly backoff: BackoffTuning;
  readonly random: () => number;
}

/**
 * Imports one version after the other, in the order in which they became ready: one import uses all cores, and a database has one
 * writer. While the database cannot be used the first one waits, and all others behind it.
 */
export class ImportQueue {
  readonly #parts: ImportQueueParts;
  readonly #backoff: Backoff;
  readonly #stopping = new AbortController();
  readonly #waiting: ImportJob[] = [];
  readonly #chores: (() => Promise<void>)[] = [];
  #working: Promise<void> | null = null;
  #isDraining = false;

  constructor(parts: ImportQueueParts) {
    this.#parts = parts;
    this.#backoff = new Backoff(parts.backoff, parts.random);
  }

  get length(): number {
    return this.#waiting.length;
  }

  add(job: ImportJob): void {
    if (job.signal.aborted || this.#isDraining) {
      void job.onEnd(null);
      return;
    }
    this.#waiting.push(job);
    job.signal.addEventListener('abort', () => this.#drop(job), { once: true });
    this.#working ??= this.#work();
  }

  /** Does something with the database while nothing is imported: now, or before the next import begins. */
  between(work: () => Promise<void>): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#chores.push(() => work().then(resolve, reject));
    this.#working ??= this.#work();
    return promise;
  }

  /** Takes nothing new; resolves once the import in hand has ended. What waits is told that it will not be imported. */
  async drain(): Promise<void> {
    this.#isDraining = true;
    for (const job of this.#waiting.splice(0)) void job.onEnd(null);
    await this.#working;
  }

  /** Ends the import in hand as well; what it has staged is gone on with by the next process. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.drain();
  }

  /** What has not begun yet ends at once, however long the import before it takes. */
  #drop(job: ImportJob): void {
    const index = this.#waiting.indexOf(job);
    if (index < 0) return;
    this.#waiting.splice(index, 1);
    void job.onEnd(null);
  }

  async #work(): Promise<void> {
    for (;;) {
      for (let chore = this.#chores.shift(); chore !== undefined; chore = this.#chores.shift()) await chore();
      if (this.#isDraining) break;
      const job = this.#waiting.shift();
      if (job === undefined) break;
      await job.onEnd(await this.#import(job));
    }
    this.#working = null;
  }

  async #import(job: ImportJob): Promise<ImportOutcome | null> {
    const { importing, health } = this.#parts;
    const signal = AbortSignal.any([job.signal, this.#stopping.signal]);
    job.onBegin();
    for (;;) {
      try {
        const control = { signal, onProgress: (progress: ImportProgress) => job.onProgress(progress) };
        const outcome = await importing.import(job.source, job.read.file, control, job.settings);
        this.#backoff.succeeded();
        health.worked('write');
        return outcome;
      } catch (error) {
        const isWanted = !signal.aborted;
        if (isWanted) {
          if (!isDefect(error)) health.failed('write', error);
          await importing.reopen();
        }
        if (isWanted && isDefect(error))
          return { kind: 'failed', error: asLonghaulError(error), record: null };
        if (isWanted && !this.#isDraining) await pause(this.#backoff.failed(), signal);
        if (signal.aborted || this.#isDraining) return null;
      }
    }
  }
}
