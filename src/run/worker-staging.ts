import { randomUUID } from 'node:crypto';
import { type ChunkOffers, leaseSeconds, withLedger } from '../queue/chunk-queue.ts';
import type { Clock } from '../runtime/clock.ts';
import { asLonghaulError, LonghaulError } from '../runtime/errors.ts';
import type { ChunkStaging, ChunkWithBytes, RunStaging, RunToStage } from '../stage/chunk-staging.ts';
import type { ChunkWork } from '../stage/chunk-work.ts';
import type { ChunkJob, ChunkJobs, SettledChunk } from '../store/chunk-jobs.ts';
import type { ChunkSums } from '../store/store.ts';
import type { ChunkShelf } from './chunk-shelf.ts';

export interface WorkerStagingParts {
  readonly jobs: ChunkJobs;
  /** Asked for when there is the first worker. */
  readonly queue: () => Promise<ChunkOffers>;
  /** Who stages where there is no worker. */
  readonly local: ChunkStaging;
  readonly shelf: ChunkShelf;
  readonly clock: Clock;
  readonly tuning?: Partial<WorkerStagingTuning>;
}

/** All in milliseconds. */
export interface WorkerStagingTuning {
  /** Between two looks at what was staged. */
  readonly lookMs: number;
  /** Between two looks for leases that were lost. */
  readonly rescueMs: number;
  /** Between two looks for what the queue has lost, and for workers at all. */
  readonly sweepMs: number;
  /** A chunk that nobody has touched for so long may be one that the queue has lost. */
  readonly quietMs: number;
  /** After so long without a word a worker does not count. */
  readonly workerLostMs: number;
}

const usual: WorkerStagingTuning = {
  lookMs: 200,
  rescueMs: 1200,
  sweepMs: 5000,
  quietMs: 20_000,
  workerLostMs: 30_000,
};

/** Chunks under way at a time: those whose bytes take no room here, and those that lie in files until they are staged. */
const mostUnderWay = 4096;
const mostInFiles = 128;

/** A file of so many chunks is not worth telling others of. */
const mostChunksHere = 2;

interface RunParts extends Omit<WorkerStagingParts, 'queue'> {
  readonly queue: ChunkOffers;
}

interface Waiting {
  readonly chunk: ChunkWithBytes['cut'];
  readonly sha256: string;
  readonly resolve: (sums: ChunkSums) => void;
  readonly reject: (error: Error) => void;
}

/** Workers on other machines stage; where there are none when a run begins, this process does it itself. */
export class WorkerStaging implements ChunkStaging {
  readonly #parts: WorkerStagingParts;
  readonly #tuning: WorkerStagingTuning;

  constructor(parts: WorkerStagingParts) {
    this.#parts = parts;
    this.#tuning = { ...usual, ...parts.tuning };
  }

  async open(run: RunToStage): Promise<RunStaging> {
    const { jobs, local } = this.#parts;
    const { expectedBytes } = run.content;
    // Done here before a worker would have looked for it.
    if (expectedBytes !== null && expectedBytes <= mostChunksHere * run.setup.chunkBytes)
      return local.open(run);
    if ((await jobs.liveWorkers(this.#tuning.workerLostMs / 1000)) === 0) return local.open(run);
    const queue = await this.#parts.queue();
    await jobs.begin(run.run);
    return new RunByWorkers({ ...this.#parts, queue }, this.#tuning, run);
  }
}

/**
 * One run. What counts is the ledger, and it is looked at again and again: who has staged tells nobody, and nothing that could be told is lost
 * with a process, a connection or the queue.
 */
class RunByWorkers implements RunStaging {
  readonly #parts: RunParts;
  readonly #tuning: WorkerStagingTuning;
  readonly #run: RunToStage;
  readonly #waiting = new Map<number, Waiting>();
  /** What workers may have in hand, also of a run that has failed: until it is withdrawn. */
  readonly #offered = new Map<number, ChunkJob>();
  #failure: Error | null = null;
  #local: RunStaging | null = null;
  #timer: NodeJS.Timeout | null = null;
  #looking: Promise<void> = Promise.resolve();
  #rescuedMs: number;
  #sweptMs: number;

  constructor(parts: RunParts, tuning: WorkerStagingTuning, run: RunToStage) {
    this.#parts = parts;
    this.#tuning = tuning;
    this.#run = run;
    const nowMs = parts.clock.monotonicMs();
    this.#rescuedMs = nowMs;
    this.#sweptMs = nowMs;
    run.signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  get width(): number {
    if (this.#local !== null) return this.#local.width;
    return (this.#run.content.seekable ?? null) === null ? mostInFiles : mostUnderWay;
  }

  async stage(chunk: ChunkWithBytes, giveBack: (buffer: ArrayBuffer) => void): Promise<ChunkSums> {
    if (this.#local !== null) return this.#local.stage(chunk, giveBack);
    if (this.#failure !== null) throw this.#failure;
    const { jobs, queue, shelf } = this.#parts;
    const { run, content } = this.#run;
    const { cut, sha256 } = chunk;
    await shelf.put(run, chunk, content);
    giveBack(chunk.bytes.buffer);
    const job = { run, chunk: cut.index, job: randomUUID() };
    const { promise, resolve, reject } = Promise.withResolvers<ChunkSums>();
    this.#waiting.set(cut.index, { chunk: cut, sha256, resolve, reject });
    this.#offered.set(cut.index, job);
    // Whoever fails tells all that wait, so here as well.
    promise.catch(() => undefined);
    try {
      const work = JSON.stringify(this.#work(chunk));
      await withLedger(
        queue,
        (along) => jobs.offer([{ ...job, work }], along),
        (sql) => queue.offer([job], sql),
      );
    } catch (error) {
      this.#fail(asLonghaulError(error));
    }
    this.#timer ??= setTimeout(() => this.#look(), this.#tuning.lookMs);
    return await promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#run.signal.removeEventListener('abort', this.#onAbort);
    clearTimeout(this.#timer ?? undefined);
    await this.#looking;
    clearTimeout(this.#timer ?? undefined);
    this.#fail(new Error('its staging has ended'));
    const left = [...this.#offered.values()];
    this.#offered.clear();
    if (left.length === 0) return;
    const { jobs, queue } = this.#parts;
    // Their workers notice when they next renew. What cannot be told now is found by whoever goes on with the run.
    await jobs.withdraw(this.#run.run).catch(() => undefined);
    await queue.withdraw(left).catch(() => undefined);
  }

  #work({ cut, sha256 }: ChunkWithBytes): ChunkWork {
    const { index, offset, length, line, skip, records, blankLines } = cut;
    const { dialect, mapping, chunkBytes } = this.#run.setup;
    const { content, origin } = this.#run;
    return {
      ...{ index, offset, length, line, skip, records, blankLines, sha256 },
      setup: { dialect, mapping, chunkBytes },
      // Offsets in the content are those in the file only where the one is the other.
      origin: (content.seekable ?? null) === null ? null : origin,
    };
  }

  readonly #onAbort = (): void => this.#fail(asLonghaulError(this.#run.signal.reason));

  /** Nobody has to wait any longer for anything. */
  #fail(error: Error): void {
    this.#failure ??= error;
    for (const [index, { reject }] of this.#waiting) {
      reject(this.#failure);
      void this.#parts.shelf.drop(this.#run.run, index);
    }
    this.#waiting.clear();
  }

  #look(): void {
    this.#looking = this.#lookNow()
      .catch((error: unknown) => this.#fail(asLonghaulError(error)))
      .then(() => {
        this.#timer = this.#waiting.size === 0 ? null : setTimeout(() => this.#look(), this.#tuning.lookMs);
      });
  }

  async #lookNow(): Promise<void> {
    const { jobs, clock } = this.#parts;
    const { rescueMs, sweepMs } = this.#tuning;
    for (const settled of await jobs.settled(this.#run.run)) this.#settle(settled);
    const nowMs = clock.monotonicMs();
    if (nowMs - this.#rescuedMs >= rescueMs) {
      this.#rescuedMs = nowMs;
      await this.#rescue().catch(unlessOfQueue);
    }
    if (nowMs - this.#sweptMs >= sweepMs) {
      this.#sweptMs = nowMs;
      await this.#sweep().catch(unlessOfQueue);
    }
  }

  #settle(settled: SettledChunk): void {
    const { run, label: file } = this.#run;
    const { index: chunk } = settled;
    const waiting = this.#waiting.get(chunk);
    if (waiting === undefined) return;
    if (settled.kind === 'failed') {
      const { attempts, reason } = settled;
      this.#fail(LonghaulError.of('chunk_failed', { file, run, chunk, attempts, reason }));
      return;
    }
    this.#waiting.delete(chunk);
    this.#offered.delete(chunk);
    void this.#parts.shelf.drop(run, chunk);
    const { records, blankLines, superseded, rejected, rows } = settled;
    waiting.resolve({ records, blankLines, superseded, rejected, rows });
  }

  /** What was handed to workers that have not been heard of since. */
  async #rescue(): Promise<void> {
    const { jobs, queue } = this.#parts;
    const held = await jobs.quiet(this.#run.run, 'held', leaseSeconds);
    // Before the queue looks at them: it would wait for the locks of one that was frozen as it committed.
    for (const lost of await queue.lost(held)) await jobs.endSession(lost);
    await queue.rescue();
  }

  /** What no worker will ever be given, and what there is no worker for. */
  async #sweep(): Promise<void> {
    const { jobs, queue } = this.#parts;
    const { quietMs, workerLostMs } = this.#tuning;
    if ((await jobs.liveWorkers(workerLostMs / 1000)) === 0) {
      await this.#takeBack();
      return;
    }
    const quiet = await jobs.quiet(this.#run.run, 'all', quietMs / 1000);
    for (const lost of await queue.missing(quiet)) {
      const job = randomUUID();
      await withLedger(
        queue,
        (along) => jobs.reoffer(lost, job, along),
        (sql) => queue.offer([{ ...lost, job }], sql),
      );
      this.#offered.set(lost.chunk, { ...lost, job });
    }
  }

  /** From here on this process does it itself. */
  async #takeBack(): Promise<void> {
    const { jobs, local, shelf } = this.#parts;
    const { run } = this.#run;
    const own = (this.#local ??= await local.open(this.#run));
    for (const { chunk: cut, sha256, resolve, reject } of [...this.#waiting.values()]) {
      if (!(await jobs.takeBack(run, cut.index))) continue;
      this.#waiting.delete(cut.index);
      this.#offered.delete(cut.index);
      const bytes = await shelf.read(run, cut.index);
      await own.stage({ cut, sha256, bytes }, () => undefined).then(resolve, reject);
      await shelf.drop(run, cut.index);
    }
  }
}

/** What the queue cannot be asked now, it is asked at the next look. */
function unlessOfQueue(error: unknown): void {
  if (asLonghaulError(error).code !== 'queue_failed') throw error;
}
