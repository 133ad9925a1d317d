import type { Clock } from '../runtime/clock.ts';
import type { Service } from '../runtime/service.ts';
import type { FileRef } from '../schema/file-ref.ts';
import type { OwnPatience } from '../schema/source-patience.ts';
import type { SourceClient } from '../source/source-client.ts';
import { uploadSource } from '../source/uploaded-file.ts';
import { DatabaseHealth } from './database-health.ts';
import type { WatchEvent } from './events.ts';
import type { FilePageAsked } from './file-list.ts';
import { ImportQueue } from './import-queue.ts';
import type { Importing, SourceToWatch } from './importing.ts';
import type { FileStatus, SourceStatus, WatchStatus } from './status.ts';
import type { WatchTuning } from './tuning.ts';
import { Uploads } from './uploads.ts';
import { WatchedSource } from './watched-source.ts';

export interface WatchParts {
  readonly importing: Importing;
  readonly openClient: (source: SourceToWatch) => SourceClient;
  readonly tuning: WatchTuning;
  readonly clock: Clock;
  /** From 0 to 1, for jitter. */
  readonly random: () => number;
  readonly report: (event: WatchEvent) => void;
}

interface Watched {
  readonly source: SourceToWatch;
  readonly watched: WatchedSource | null;
}

/** Senses many sources side by side and keeps tables as they say. Sources come and go while it runs. */
export class Watch implements Service {
  readonly #parts: WatchParts;
  readonly #health: DatabaseHealth;
  readonly #queue: ImportQueue;
  readonly uploads: Uploads;
  /** By name, in the order in which they came. Paused ones have nothing that runs. */
  readonly #sources = new Map<string, Watched>();
  /** One change of the sources after the other. */
  #changing: Promise<void> = Promise.resolve();
  #isEnding = false;

  constructor(parts: WatchParts) {
    const { importing, tuning, random, report } = parts;
    this.#parts = parts;
    this.#health = new DatabaseHealth(report);
    this.#queue = new ImportQueue({
      ...{ importing, random },
      health: this.#health,
      backoff: tuning.databaseBackoff,
    });
    this.uploads = new Uploads({ queue: this.#queue, importing, report });
  }

  async start(): Promise<void> {}

  /** From now on these sources are watched, and no others; those that are as they were are not disturbed. */
  setSources(sources: readonly SourceToWatch[]): Promise<void> {
    this.#changing = this.#changing.then(() => this.#setSources(sources));
    return this.#changing;
  }

  /** Senses a source without waiting for its interval. @returns whether there is one of this name that is not paused */
  senseNow(name: string): boolean {
    const watched = this.#sources.get(name)?.watched;
    watched?.senseNow();
    return watched !== undefined && watched !== null;
  }

  /** What looking at the database by other ways than this one has come to. @param error `null`: it could be read */
  noteDatabase(error: unknown): void {
    if (error === null) this.#health.worked('read');
    else this.#health.failed('read', error);
  }

  status(): WatchStatus {
    return {
      sources: Array.from(this.#sources.values(), statusOf),
      database: this.#health.trouble,
      waiting: this.#queue.length,
    };
  }

  /** A source as it is now; null when there is none of this name. */
  source(name: string): SourceStatus | null {
    const found = this.#sources.get(name);
    return found === undefined ? null : statusOf(found);
  }

  /** Files of a source; null when there is none of this name. */
  files(name: string, asked: FilePageAsked): readonly FileStatus[] | null {
    const found = this.#sources.get(name);
    if (found === undefined) return null;
    return found.watched?.files(asked) ?? [];
  }

  /** Ends the import of a run that is not published; one that nobody works on ends before the next import begins. */
  async cancel(table: string, file: FileRef, run: number): Promise<void> {
    const watched = this.#sources.get(file.source)?.watched;
    if (watched?.cancel(file.name, run) === true) return;
    if (file.source === uploadSource && this.uploads.cancel(file.name, run)) return;
    await this.#queue.between(() => this.#parts.importing.endRuns(table, file, 'cancelled'));
  }

  /** Tries a file once more that was left alone. @returns why not, or null */
  retry({ source, name }: FileRef): string | null {
    if (source === uploadSource) return 'an upload is not kept once it has ended: upload it again';
    const found = this.#sources.get(source);
    if (found === undefined) return `there is no source "${source}" any more`;
    return found.watched === null ? 'its source is paused' : found.watched.retry(name);
  }

  /** Ends senses and reads, and finishes the import in hand. */
  async drain(): Promise<void> {
    this.#isEnding = true;
    await this.#changing;
    const drained = this.#queue.drain();
    await Promise.all(this.#watched().map((watched) => watched.drain()));
    await drained;
  }

  async stop(): Promise<void> {
    this.#isEnding = true;
    const stopped = this.#queue.stop();
    await this.#changing;
    await Promise.all(this.#watched().map((watched) => watched.stop()));
    await stopped;
    this.#sources.clear();
  }

  #watched(): WatchedSource[] {
    return Array.from(this.#sources.values(), ({ watched }) => watched).filter((watched) => watched !== null);
  }

  async #setSources(sources: readonly SourceToWatch[]): Promise<void> {
    if (this.#isEnding) return;
    const wanted = new Map(sources.map((source) => [source.name, source]));
    const gone = Array.from(this.#sources).filter(([name, { source }]) => !isSame(source, wanted.get(name)));
    await Promise.all(
      gone.map(async ([name, { watched }]) => (wanted.has(name) ? watched?.stop() : watched?.leave())),
    );
    const { report } = this.#parts;
    for (const [name] of gone) {
      this.#sources.delete(name);
      if (!wanted.has(name)) report({ kind: 'source_removed', source: name });
    }
    for (const source of sources) {
      if (this.#sources.has(source.name)) continue;
      this.#add(source);
      report({ kind: 'source_changed', source: source.name });
    }
  }

  #add(source: SourceToWatch): void {
    if (source.paused) {
      this.#sources.set(source.name, { source, watched: null });
      return;
    }
    const { openClient, importing, clock, random, report } = this.#parts;
    const watched = new WatchedSource(source, openClient(source), {
      ...{ importing, clock, random, report },
      tuning: tuningFor(this.#parts.tuning, source.patience),
      ...{ queue: this.#queue, health: this.#health },
    });
    this.#sources.set(source.name, { source, watched });
    watched.start();
  }
}

/** A source that is asked seldom is not asked more often because it does not answer. */
function tuningFor(tuning: WatchTuning, own: OwnPatience): WatchTuning {
  const { senseIntervalMs, senseTimeoutMs } = { ...tuning, ...own };
  const { mostMs } = tuning.senseBackoff;
  const senseBackoff =
    own.senseIntervalMs === undefined
      ? tuning.senseBackoff
      : { firstMs: senseIntervalMs, mostMs: Math.max(mostMs, senseIntervalMs) };
  return { ...tuning, senseIntervalMs, senseTimeoutMs, senseBackoff };
}

function isSame(a: SourceToWatch, b: SourceToWatch | undefined): boolean {
  return b !== undefined && JSON.stringify(a) === JSON.stringify(b);
}

function statusOf({ source, watched }: Watched): SourceStatus {
  if (watched !== null) return watched.status();
  const { name, url, kind, table } = source;
  return {
    ...{ name, url, kind, table, paused: true },
    ...{ state: 'paused', trouble: null, failures: 0, sensedMs: null, senseTookMs: null, nextSenseMs: null },
    ...{ filesBy: {}, files: [] },
  };
}
