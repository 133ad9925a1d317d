import type { Clock } from '../runtime/clock.ts';
import type { ImportOutcome } from '../run/import-file.ts';
import { receiptOfOutcome } from '../run/receipt.ts';
import { LonghaulError } from '../runtime/errors.ts';
import type { OfferedFile, SourceClient } from '../source/source-client.ts';
import type { PublishedFile } from '../store/store.ts';
import { type DatabaseHealth, troubleOf } from './database-health.ts';
import type { WatchEvent } from './events.ts';
import { type FilePageAsked, pageOf, summaryOf } from './file-list.ts';
import type { ImportQueue } from './import-queue.ts';
import type { Importing, SourceToWatch } from './importing.ts';
import { publishedBy, tellsContent } from './offer.ts';
import { SenseLoop } from './sense-loop.ts';
import type { FileStatus, SourceStatus, Times } from './status.ts';
import type { WatchTuning } from './tuning.ts';
import { UnwantedContent } from './unwanted-content.ts';
import { never, WatchedFile, type Work } from './watched-file.ts';

export interface WatchedSourceParts {
  readonly importing: Importing;
  readonly queue: ImportQueue;
  readonly health: DatabaseHealth;
  readonly tuning: WatchTuning;
  readonly clock: Clock;
  readonly random: () => number;
  readonly report: (event: WatchEvent) => void;
}

const cancelled = troubleOf(LonghaulError.of('run_cancelled', {}));

/**
 * One source: what it offers is compared with what is published each time it is sensed, and what differs is read, several files
 * beside each other, and queued for import in the order in which the source lists its files.
 */
export class WatchedSource {
  readonly source: SourceToWatch;
  readonly #client: SourceClient;
  readonly #parts: WatchedSourceParts;
  readonly #loop: SenseLoop;
  #isStopping = false;
  #isLeaving = false;
  /** In the order in which they are listed. */
  #files = new Map<string, WatchedFile>();
  /** Of all its files, also of those that are not listed now; `null` until the ledger was asked. */
  #published: Map<string, PublishedFile> | null = null;
  readonly #unwanted: UnwantedContent;
  #outages = 0;
  /** How many versions were published. */
  #imports = 0;
  /** Versions in hand that are not in the import queue yet, in the order in which they are to get there. */
  readonly #inOrder: { readonly file: WatchedFile; readonly work: Work }[] = [];
  /** Files that were to be read when all were last looked at, the next one last: of ten thousand not all are looked at after each. */
  #queued: WatchedFile[] = [];
  #inHand = 0;
  readonly #tasks = new Set<Promise<void>>();

  /** Owns the client. */
  constructor(source: SourceToWatch, client: SourceClient, parts: WatchedSourceParts) {
    this.source = source;
    this.#client = client;
    this.#parts = parts;
    this.#unwanted = new UnwantedContent(source, parts.importing);
    this.#loop = new SenseLoop({
      ...parts,
      source: source.name,
      sense: (signal) => this.#sense(signal),
    });
  }

  start(): void {
    this.#loop.start();
  }

  senseNow(): void {
    this.#loop.senseNow();
  }

  /** As `stop`, for good: an import that was ended so will not be gone on with. */
  leave(): Promise<void> {
    this.#isLeaving = true;
    return this.stop();
  }

  /** Ends senses and reads; an import that has begun is ended too. What was read so far is kept for the next time. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.#loop.stop();
    for (const file of this.#files.values()) this.#cancel(file);
    while (this.#tasks.size > 0) await Promise.allSettled(this.#tasks);
    await this.#client[Symbol.asyncDispose]();
  }

  /** As `stop`, but what is being imported may go on, and the client stays. */
  async drain(): Promise<void> {
    await this.#loop.stop();
    for (const file of this.#files.values()) if (file.work?.state !== 'importing') this.#cancel(file);
  }

  status(): SourceStatus {
    const { name, url, table, paused } = this.source;
    return {
      ...{ name, url, table, paused, kind: this.#client.kind },
      ...this.#loop.status(),
      ...summaryOf(this.#files.values(), this.#times()),
    };
  }

  files(asked: FilePageAsked): readonly FileStatus[] {
    return pageOf(this.#files.values(), asked, this.#times());
  }

  /** Ends the import of a run that is not published. @returns whether it is in hand */
  cancel(name: string, run: number): boolean {
    const work = this.#files.get(name)?.work;
    if (work?.state !== 'importing' || (work.run !== null && work.run !== run)) return false;
    work.isCancelled = true;
    work.cancel.abort();
    return true;
  }

  /** Tries once more what was left alone. @returns why not, or null */
  retry(name: string): string | null {
    const file = this.#files.get(name);
    if (file === undefined) return 'its source does not offer the file any more';
    const { nowMs } = this.#times();
    if (!file.retry(nowMs)) return `its file is ${file.state(nowMs)}`;
    this.#unwanted.forget(name);
    this.#queued.push(file);
    this.#advance();
    return null;
  }

  #times(): Times {
    const { clock } = this.#parts;
    const nowMs = clock.monotonicMs();
    return { nowMs, wallMinusMonotonicMs: clock.wallMs() - nowMs };
  }

  /** @returns whether a file is being prepared */
  async #sense(signal: AbortSignal): Promise<boolean> {
    const sensed = await this.#client.sense(signal);
    if (sensed !== null) this.#offer(sensed);
    if (this.#published === null || this.#outages !== this.#parts.health.outages) await this.#askLedger();
    this.#look();
    return this.#files.values().some(({ offered }) => offered.state === 'preparing');
  }

  async #askLedger(): Promise<void> {
    const { health, importing } = this.#parts;
    const { outages } = health;
    try {
      let published: ReadonlyMap<string, PublishedFile>;
      let imports: number;
      do {
        imports = this.#imports;
        published = await importing.published(this.source);
        // What was published meanwhile may not be in the answer.
      } while (imports !== this.#imports);
      await this.#unwanted.learn();
      for (const file of this.#files.values()) file.relearn(published.get(file.name) ?? null);
      this.#published = new Map(published);
      this.#outages = outages;
      health.worked('read');
    } catch (error) {
      this.#published = null;
      health.failed('read', error);
    }
  }

  #offer(offers: readonly OfferedFile[]): void {
    const files = new Map<string, WatchedFile>();
    for (const offered of offers) {
      const known = this.#files.get(offered.name);
      const file = known ?? new WatchedFile(offered, this.#published?.get(offered.name) ?? null);
      file.offered = offered;
      files.set(offered.name, file);
    }
    // What is not listed any more stays in the table; what is in hand of it is a version like any other.
    for (const [name, file] of this.#files) if (!files.has(name) && file.work !== null) files.set(name, file);
    this.#files = files;
  }

  /** Finds what is to be done: derived anew from what is offered and what is published. */
  #look(): void {
    // While the database cannot be asked nobody knows what is to be done.
    if (this.#loop.isStopped || this.#published === null) return;
    const nowMs = this.#parts.clock.monotonicMs();
    const files = [...this.#files.values()];
    for (const file of files)
      if (this.#unwanted.is(file.offered)) file.setAside(file.offered, 'failed', cancelled, never);
    for (const file of files) if (file.isOutdated) this.#overtake(file);
    this.#queued = files.filter((file) => file.state(nowMs) === 'queued').reverse();
    this.#advance();
  }

  /** Begins what is to be done, as far as there is room. */
  #advance(): void {
    if (this.#loop.isStopped || this.#published === null) return;
    const nowMs = this.#parts.clock.monotonicMs();
    while (this.#inHand < this.#parts.tuning.filesInHand) {
      const file = this.#queued.pop();
      if (file === undefined) return;
      // It may not be listed any more, or be left alone for the time being.
      if (this.#files.get(file.name) === file && file.state(nowMs) === 'queued') this.#begin(file);
    }
  }

  /** A newer version is there. An import that was overtaken once already goes on: else a busy file would never be published. */
  #overtake(file: WatchedFile): void {
    const { work } = file;
    if (work === null || work.cancel.signal.aborted) return;
    if (work.state === 'importing' && (file.overtaken > 0 || work.import?.phase === 'publishing')) return;
    this.#cancel(file);
  }

  #cancel(file: WatchedFile): void {
    const { work } = file;
    work?.cancel.abort();
    // What is here and waits for the files before it is nobody else's yet.
    if (work?.state === 'waiting' && this.#inOrder.some((entry) => entry.work === work))
      this.#track(this.#imported(file, work, null));
  }

  #begin(file: WatchedFile): void {
    const work: Work = {
      offered: file.offered,
      cancel: new AbortController(),
      state: 'reading',
      version: null,
      read: null,
      import: null,
      run: null,
      isCancelled: false,
    };
    file.work = work;
    this.#inHand++;
    this.#inOrder.push({ file, work });
    this.#track(this.#read(file, work));
  }

  #track(task: Promise<void>): void {
    const tracked = task.finally(() => this.#tasks.delete(tracked));
    this.#tasks.add(tracked);
  }

  async #read(file: WatchedFile, work: Work): Promise<void> {
    const { clock, report } = this.#parts;
    const about = { source: this.source.name, file: file.name };
    const startMs = clock.monotonicMs();
    report({ kind: 'reading', ...about });
    try {
      work.version = await this.#client.read(
        work.offered,
        (progress) => (work.read = progress),
        work.cancel.signal,
      );
      work.state = 'waiting';
      file.failedReads = 0;
      const tookMs = clock.monotonicMs() - startMs;
      report({ kind: 'read', ...about, bytes: work.read?.storedBytes ?? null, tookMs });
    } catch (error) {
      if (!work.cancel.signal.aborted) this.#readFailed(file, work, error);
    }
    if (work.version === null) this.#ended(file, work);
    this.#queueInOrder();
  }

  #readFailed(file: WatchedFile, work: Work, error: unknown): void {
    const { clock, report, tuning } = this.#parts;
    const trouble = troubleOf(error);
    const nowMs = clock.monotonicMs();
    if (error instanceof LonghaulError && error.code === 'version_gone') {
      // Not a fault: what is offered now tells what to do, and asking for it is not put off.
      file.setAside(work.offered, 'retrying', trouble, nowMs + tuning.senseIntervalMs);
      this.#loop.senseNow();
      return;
    }
    report({ kind: 'read_failed', source: this.source.name, file: file.name, trouble });
    const isFinal = error instanceof LonghaulError && !error.retryable;
    const { firstMs, mostMs } = tuning.readBackoff;
    const most = isFinal ? tuning.failedRetryMs : mostMs;
    const waitMs = Math.min(most, firstMs * 2 ** Math.min(file.failedReads++, 30));
    file.setAside(work.offered, isFinal ? 'failed' : 'retrying', trouble, nowMs + waitMs);
  }

  /** Hands on what is here, up to the first version that is still being read: files publish in the order listed. */
  #queueInOrder(): void {
    for (
      let next = this.#inOrder[0];
      next !== undefined && next.work.state !== 'reading';
      next = this.#inOrder[0]
    ) {
      this.#inOrder.shift();
      this.#import(next.file, next.work);
    }
  }

  #import(file: WatchedFile, work: Work): void {
    const { queue, report } = this.#parts;
    const { version: read } = work;
    if (read === null) return;
    const about = { source: this.source.name, file: file.name };
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#track(promise);
    queue.add({
      source: this.source,
      read,
      signal: work.cancel.signal,
      onBegin: () => {
        work.state = 'importing';
        report({ kind: 'importing', ...about });
      },
      onProgress: (progress) => {
        work.import = progress;
        if (progress.phase === 'staging') work.run = progress.run;
        report({ kind: 'import_progress', ...about, dataset: this.source.table, progress });
      },
      onEnd: (outcome) => this.#imported(file, work, outcome).finally(resolve),
    });
  }

  async #imported(file: WatchedFile, work: Work, outcome: ImportOutcome | null): Promise<void> {
    const { report } = this.#parts;
    const about = { source: this.source.name, file: file.name };
    // Stopped for a restart it is wanted again. Overtaken, or of a source that goes for good, it is not.
    const isUnwanted =
      outcome === null && work.cancel.signal.aborted && (!this.#isStopping || this.#isLeaving);
    try {
      if (outcome !== null) {
        this.#settle(file, work, outcome);
        const receipt = receiptOfOutcome(outcome, this.source.table, {
          source: about.source,
          name: file.name,
        });
        const trouble = outcome.kind === 'failed' ? troubleOf(outcome.error) : null;
        report({ kind: 'imported', ...about, receipt, trouble });
        await work.version?.forget();
      } else if (work.isCancelled) {
        try {
          await this.#endRuns(file, 'cancelled');
          await work.version?.forget();
        } finally {
          file.setAside(work.offered, 'failed', cancelled, never);
          report({ kind: 'cancelled', ...about });
        }
      } else if (isUnwanted && work.state === 'importing') {
        file.overtaken++;
        await this.#endRuns(file, 'outdated').finally(() => report({ kind: 'outdated', ...about }));
      }
    } catch (error) {
      // What a disk or a database has against tidying up changes nothing of what is published.
      report({ kind: 'not_tidied', ...about, trouble: troubleOf(error) });
    } finally {
      await work.version?.[Symbol.asyncDispose]();
      this.#ended(file, work);
    }
  }

  /** Before that is told: whoever hears of it reads in the ledger what has become of the run. */
  #endRuns({ name }: WatchedFile, state: 'cancelled' | 'outdated'): Promise<void> {
    const { table, name: source } = this.source;
    return this.#parts.importing.endRuns(table, { source, name }, state);
  }

  #settle(file: WatchedFile, work: Work, outcome: ImportOutcome): void {
    const { clock, tuning } = this.#parts;
    const nowMs = clock.monotonicMs();
    if (outcome.kind === 'failed') {
      const mayBeBetterLater = outcome.error.retryable;
      const untilMs = nowMs + (mayBeBetterLater ? tuning.readBackoff.firstMs : tuning.failedRetryMs);
      const state = mayBeBetterLater ? 'retrying' : 'failed';
      file.setAside(work.offered, state, troubleOf(outcome.error), untilMs);
      return;
    }
    this.#imports++;
    this.#unwanted.forget(file.name);
    const isIdle = outcome.kind === 'already_published';
    file.idleReads = isIdle ? file.idleReads + 1 : 0;
    // A source that tells nothing, and says each time that there is something new, is not read at each sense.
    const idleMs = Math.min(
      tuning.readBackoff.mostMs,
      tuning.readBackoff.firstMs * 2 ** Math.min(file.idleReads, 30),
    );
    const published = outcome.kind === 'published' ? publishedBy(outcome) : outcome.published;
    this.#published?.set(file.name, published);
    file.finished(work.offered, published, isIdle && !tellsContent(work.offered) ? nowMs + idleMs : 0);
  }

  #ended(file: WatchedFile, work: Work): void {
    if (file.work === work) {
      file.work = null;
      this.#inHand--;
      // A newer version may be there already.
      this.#queued.push(file);
    }
    const index = this.#inOrder.findIndex((entry) => entry.work === work);
    if (index >= 0) this.#inOrder.splice(index, 1);
    this.#advance();
  }
}
