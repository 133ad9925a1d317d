/** The process of `longhaul worker`: claims chunks, stages them on its threads and commits them, until it is told to end. */
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { type ChunkDeliveries, type Delivery, leaseSeconds, withLedger } from '../queue/chunk-queue.ts';
import { systemClock } from '../runtime/clock.ts';
import { asLonghaulError, LonghaulError } from '../runtime/errors.ts';
import type { LogLevel } from '../runtime/log-levels.ts';
import { type Log, openLog } from '../runtime/log.ts';
import { runService, type Service } from '../runtime/service.ts';
import { checkParsed } from '../stage/chunk-staging.ts';
import type { ChunkWork } from '../stage/chunk-work.ts';
import type { ClaimedChunk, WorkerFacts, WorkerLedger } from '../store/chunk-jobs.ts';
import { pause } from '../watch/pause.ts';
import { ChunkBytes } from './chunk-bytes.ts';
import { openDeliveries, openWorkerLedger, type SharedDatabase } from './shared-database.ts';
import { ThreadedStagePool } from './threaded-stage-pool.ts';

export interface WorkerOptions {
  readonly database: SharedDatabase;
  readonly threads: number;
  /** What the master wants to be sent. */
  readonly token: string | null;
  readonly drainMs: number;
  readonly logLevel: LogLevel;
}

/** Between two looks for chunks while there are none, and between two of the same while there is no master yet or no database. */
const idleMs = 500;
const absentMs = 1000;
/** Between two renewals: three of them fit into a lease. */
const renewMs = 3000;
/** A chunk more than threads is in hand, so that none stands still while another chunk is on its way to the database. */
const ahead = 1;

export interface WorkerWatcher {
  /** Told once it is there, and again once there is a master to work for. */
  onState(worker: string, state: 'waiting' | 'working'): void;
}

/** Stages chunks until the signal fires; then finishes those in hand, and hands back what it could not begin. */
export async function runWorker(
  options: WorkerOptions,
  logTo: NodeJS.WritableStream,
  watcher: WorkerWatcher,
  signal: AbortSignal,
): Promise<void> {
  const log = openLog('worker', options.logLevel, logTo);
  const worker = new Worker(options, log, watcher);
  await runService(worker, signal, options.drainMs, () => undefined);
}

/** A chunk that was handed to us. */
interface InHand {
  readonly delivery: Delivery;
  /** Fires when it is no longer ours, or when we end. */
  readonly lost: AbortController;
  /** Until it is staged on a thread it can be handed back. */
  readonly fetching: AbortController;
}

class Worker implements Service {
  readonly #options: WorkerOptions;
  readonly #log: Log;
  readonly #watcher: WorkerWatcher;
  readonly #facts: WorkerFacts;
  readonly #pool: ThreadedStagePool;
  readonly #ending = new AbortController();
  /** Nothing is in hand any more, and nothing will be. */
  readonly #done = new AbortController();
  readonly #inHand = new Set<InHand>();
  readonly #working = new Set<Promise<void>>();
  #ledger: WorkerLedger | null = null;
  #queue: ChunkDeliveries | null = null;
  #bytes: ChunkBytes | null = null;
  #claiming: Promise<void> = Promise.resolve();
  #renewing: Promise<void> = Promise.resolve();
  #beating: Promise<void> | null = null;
  /** Wakes whoever waits for a chunk to be done with. */
  #oneEnded = Promise.withResolvers<void>();
  #stopping: Promise<void> | null = null;
  #trouble: string | null = null;

  constructor(options: WorkerOptions, log: Log, watcher: WorkerWatcher) {
    this.#options = options;
    this.#log = log;
    this.#watcher = watcher;
    const { threads } = options;
    const worker = randomBytes(4).toString('hex');
    this.#facts = { worker, host: hostname(), process: process.pid, threads };
    this.#pool = new ThreadedStagePool(threads);
  }

  async start(): Promise<void> {
    this.#watcher.onState(this.#facts.worker, 'waiting');
    this.#claiming = this.#claimAll();
  }

  async drain(): Promise<void> {
    this.#ending.abort();
    for (const { fetching } of this.#inHand) fetching.abort();
    await this.#claiming;
    while (this.#working.size > 0) await Promise.all(this.#working);
    this.#done.abort();
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    const drained = this.drain();
    for (const { lost } of this.#inHand) lost.abort();
    await drained;
    await this.#renewing;
    await this.#beating;
    await this.#ledger?.beat('ended', []).catch(() => undefined);
    await this.#bytes?.[Symbol.asyncDispose]();
    await this.#queue?.[Symbol.asyncDispose]();
    await this.#ledger?.[Symbol.asyncDispose]();
    await this.#pool[Symbol.asyncDispose]();
  }

  /** Resolves with what there is to work with, or null when the worker is to end before that. */
  async #meetMaster(): Promise<{ readonly ledger: WorkerLedger; readonly queue: ChunkDeliveries } | null> {
    const { database } = this.#options;
    const { signal } = this.#ending;
    while (!signal.aborted) {
      try {
        this.#ledger ??= await openWorkerLedger(database, this.#facts);
        if (this.#ledger !== null) {
          // A master has chunks for workers only once it sees one.
          await this.#beat(this.#ledger);
          this.#queue = await openDeliveries(database, this.#ledger, `longhaul worker ${this.#facts.worker}`);
        }
        if (this.#ledger !== null && this.#queue !== null)
          return { ledger: this.#ledger, queue: this.#queue };
      } catch (error) {
        this.#tell(error);
      }
      await pause(absentMs, signal);
    }
    return null;
  }

  async #claimAll(): Promise<void> {
    const met = await this.#meetMaster();
    if (met === null) return;
    const { ledger, queue } = met;
    const { token: masterToken, threads } = this.#options;
    const { signal } = this.#ending;
    const bytes = new ChunkBytes({ masterUrl: () => ledger.masterUrl(), masterToken, log: this.#log });
    this.#bytes = bytes;
    this.#watcher.onState(this.#facts.worker, 'working');
    this.#renewing = this.#renewAll(ledger, queue);
    while (!signal.aborted) {
      const room = threads + ahead - this.#inHand.size;
      if (room <= 0) {
        await Promise.race([this.#oneEnded.promise, pause(renewMs, signal)]);
        continue;
      }
      const claimed = await queue.claim(room).catch((error: unknown) => {
        this.#tell(error);
        return null;
      });
      if (claimed === null) {
        await pause(absentMs, signal);
        continue;
      }
      this.#trouble = null;
      for (const delivery of claimed) this.#begin(delivery, ledger, queue, bytes);
      if (claimed.length === 0) await pause(idleMs, signal);
    }
  }

  #begin(delivery: Delivery, ledger: WorkerLedger, queue: ChunkDeliveries, bytes: ChunkBytes): void {
    const inHand = { delivery, lost: new AbortController(), fetching: new AbortController() };
    if (this.#ending.signal.aborted) inHand.fetching.abort();
    this.#inHand.add(inHand);
    const work = this.#do(inHand, ledger, queue, bytes)
      .catch((error: unknown) => this.#tell(error))
      .finally(() => {
        this.#inHand.delete(inHand);
        this.#working.delete(work);
        this.#oneEnded.resolve();
        this.#oneEnded = Promise.withResolvers();
      });
    this.#working.add(work);
  }

  async #do(
    { delivery, lost, fetching }: InHand,
    ledger: WorkerLedger,
    queue: ChunkDeliveries,
    bytes: ChunkBytes,
  ): Promise<void> {
    const { run, chunk } = delivery;
    const claimed = await ledger.claim(delivery);
    if (claimed === null) {
      await queue.complete(delivery);
      return;
    }
    const { attempt } = claimed;
    try {
      const staged = await this.#stage(claimed, bytes, lost.signal, fetching.signal);
      await withLedger(
        queue,
        (along) => ledger.commit(claimed, staged, along),
        async (sql) => {
          const isOurs = await queue.complete(delivery, sql);
          // Committed already, it is done, whatever the queue thinks of whose it is.
          if (!isOurs && sql !== undefined) throw LonghaulError.of('chunk_lost', { run, chunk });
        },
      );
      this.#log.debug({ run, chunk, attempt, rows: staged.rows }, 'staged');
    } catch (error) {
      const known = asLonghaulError(error);
      if (lost.signal.aborted || known.code === 'chunk_lost') {
        this.#log.info({ run, chunk, attempt }, 'taken away');
        return;
      }
      // What a database cannot do now it can later; nobody knows of a chunk of ours until the lease has ended.
      if (isOfDatabase(known)) throw error;
      const isHandedBack = fetching.signal.aborted;
      if (isHandedBack) this.#log.info({ run, chunk, attempt }, 'handed back');
      else this.#log.warn({ run, chunk, attempt, reason: known.message }, 'failed');
      await withLedger(
        queue,
        (along) =>
          isHandedBack ? ledger.giveBack(claimed, along) : ledger.fail(claimed, known.message, along),
        async (sql) => void (await queue.giveBack(delivery, sql)),
      );
    }
  }

  async #stage(claimed: ClaimedChunk, from: ChunkBytes, lost: AbortSignal, fetching: AbortSignal) {
    const work = JSON.parse(claimed.work) as ChunkWork;
    const { index, offset, length, line, sha256, setup } = work;
    const bytes = await from.read(claimed.run, work, AbortSignal.any([lost, fetching]));
    const { rows } = await this.#pool.stage({ ...setup, dataset: claimed.dataset }, work, bytes.buffer);
    checkParsed(work, rows);
    lost.throwIfAborted();
    const { packed, rejects, ...sums } = rows;
    const staged = { ...sums, rows: packed.rows, packed, rejects };
    return { index, offset, length, line, sha256, ...staged };
  }

  /** Until the last chunk is done with, after the end has begun as well. */
  async #renewAll(ledger: WorkerLedger, queue: ChunkDeliveries): Promise<void> {
    let renewedMs = systemClock.monotonicMs();
    while (!this.#done.signal.aborted) {
      await pause(renewMs, this.#done.signal);
      const mine = [...this.#inHand];
      const askedMs = systemClock.monotonicMs();
      try {
        const ours = new Set((await queue.renew(mine.map(({ delivery }) => delivery))).map(({ job }) => job));
        renewedMs = askedMs;
        for (const { delivery, lost } of mine) if (!ours.has(delivery.job)) lost.abort();
      } catch (error) {
        this.#tell(error);
        if (systemClock.monotonicMs() - renewedMs > leaseSeconds * 1000) {
          // Somebody else has them by now, and what we still send will be refused.
          for (const { lost } of mine) lost.abort();
          ledger.break();
          renewedMs = systemClock.monotonicMs();
        }
      }
      // Waits for what the connection has to do before, which renewing must not.
      this.#beating ??= this.#beat(ledger)
        .catch((error: unknown) => this.#tell(error))
        .finally(() => {
          this.#beating = null;
        });
    }
  }

  #beat(ledger: WorkerLedger): Promise<void> {
    const inHand = Array.from(this.#inHand, ({ delivery }) => delivery);
    return ledger.beat(this.#ending.signal.aborted ? 'draining' : 'working', inHand);
  }

  /** The same trouble once. */
  #tell(error: unknown): void {
    const { code, message } = asLonghaulError(error);
    if (this.#trouble === `${code} ${message}`) return;
    this.#trouble = `${code} ${message}`;
    this.#log.warn({ code, reason: message }, 'cannot go on for the time being');
  }
}

function isOfDatabase({ facts }: LonghaulError): boolean {
  return 'database' in facts;
}
