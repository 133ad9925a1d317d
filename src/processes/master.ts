/** The process of `longhaul master`: its main thread answers, a thread of its own senses, reads and imports. */
import { collectDefaultMetrics, Registry } from 'prom-client';
import { randomUUID } from 'node:crypto';
import { StatusRoute } from '../api/handling/status.ts';
import { masterApi } from '../api/master-api.ts';
import { databaseName } from '../config/database-url.ts';
import type { NamedSource } from '../config/source-names.ts';
import type { HttpServer } from '../http/http-server.ts';
import { systemClock } from '../runtime/clock.ts';
import { LonghaulError } from '../runtime/errors.ts';
import { loopTimerMs } from '../runtime/loop-delay.ts';
import { type Log, openLog } from '../runtime/log.ts';
import type { LogLevel } from '../runtime/log-levels.ts';
import { runService, type Service } from '../runtime/service.ts';
import { ThreadCaller } from '../runtime/thread-calls.ts';
import { AddressGuard } from '../source/address-guard.ts';
import type { WatchEvent } from '../watch/events.ts';
import type { Trouble } from '../watch/status.ts';
import type { WatchTuning } from '../watch/tuning.ts';
import { ApiDatabase } from './api-database.ts';
import { checkReachable } from './listening.ts';
import { masterHandlers } from './master-handlers.ts';
import { logEvent } from './master-log.ts';
import { pagesFolder } from './pages-folder.ts';
import { programVersion } from '../runtime/program-version.ts';
import { WatchCalls } from './watch-calls.ts';
import { startThread } from './threads.ts';
import type { WatchedDatabaseOptions } from './watched-database.ts';

export interface MasterOptions extends Omit<MasterThreadData, 'tuning'> {
  readonly host: string;
  readonly port: number;
  readonly token: string | null;
  /** Names besides those of this machine that browsers may ask for it by, without a token. */
  readonly allowedHosts: readonly string[];
  readonly senseIntervalMs: number;
  readonly drainMs: number;
}

export interface MasterThreadData extends WatchedDatabaseOptions {
  /** Those of the config and of the command line; the database may remember others. */
  readonly sources: readonly NamedSource[];
  /** The table of sources that name none. */
  readonly usualTable: string;
  /** Where content from elsewhere is brought to before it is imported. */
  readonly spoolFolder: string;
  readonly spoolBytes: number;
  /** Whether sources that were given through the API may be anywhere. */
  readonly allowsPrivateSources: boolean;
  readonly tuning: WatchTuning;
  readonly logLevel: LogLevel;
}

export type MasterNotice = WatchEvent | { kind: 'warning'; message: string } | { kind: 'drained' };

export type MasterEvent = WatchEvent;

export interface MasterWatcher {
  onListening(url: string): void;
  onEvent(event: MasterEvent): void;
}

const stallMs = 30_000;

/** What the design says, and nobody has asked to change. */
function tuningOf(senseIntervalMs: number): WatchTuning {
  return {
    senseIntervalMs,
    senseTimeoutMs: 10_000,
    senseBackoff: { firstMs: senseIntervalMs, mostMs: 60_000 },
    readBackoff: { firstMs: 1000, mostMs: 60_000 },
    databaseBackoff: { firstMs: 1000, mostMs: 60_000 },
    failedRetryMs: 3_600_000,
    filesInHand: 4,
  };
}

/** Senses sources and imports what changes until the signal fires; then the import in hand is finished, or left for the next time. */
export async function runMaster(
  options: MasterOptions,
  logTo: NodeJS.WritableStream,
  watcher: MasterWatcher,
  signal: AbortSignal,
): Promise<void> {
  checkReachable(options.host, options.token);
  const log = openLog('master', options.logLevel, logTo);
  const master = new Master(options, log, watcher);
  const ending = AbortSignal.any([signal, master.broken]);
  await runService(master, ending, options.drainMs, () => watcher.onListening(master.url));
  if (!signal.aborted) throw master.broken.reason;
}

class Master implements Service {
  readonly #log: Log;
  readonly #watcher: MasterWatcher;
  readonly #http: HttpServer;
  readonly #thread: ThreadCaller;
  readonly #database: ApiDatabase;
  readonly #processMetrics = new Registry();
  readonly #broken = new AbortController();
  readonly #drained = Promise.withResolvers<void>();
  /** Why nothing can be imported. */
  #trouble: Trouble | null = { code: 'starting', reason: 'the master is starting' };
  #isDraining = false;
  #stopping: Promise<void> | null = null;

  constructor(options: MasterOptions, log: Log, watcher: MasterWatcher) {
    const { host, port, token, allowedHosts, senseIntervalMs } = options;
    this.#log = log;
    this.#watcher = watcher;
    const data: MasterThreadData = { ...options, tuning: tuningOf(senseIntervalMs) };
    this.#thread = new ThreadCaller(
      startThread('master-thread', data),
      (notice) => this.#notice(notice as MasterNotice),
      (error) => this.#broken.abort(error),
    );
    this.#database = new ApiDatabase(options.database, (error) => this.#broken.abort(error));
    const version = programVersion();
    const backend = { database: this.#database, watch: new WatchCalls(this.#thread) };
    const status = new StatusRoute({
      ...{ backend, clock: systemClock, trouble: () => this.#trouble },
      head: { version, instance: randomUUID(), startedMs: systemClock.wallMs() },
      database: { url: databaseName(options.database), engine: options.database.engine },
    });
    const addresses = new AddressGuard();
    const given = {
      names: new Set(options.sources.map(({ name }) => name)),
      usualTable: options.usualTable,
      checkUrl: async (source: string, url: string) => {
        if (!options.allowsPrivateSources) await addresses.check(source, url);
      },
    };
    this.#http = masterApi({
      ...{ host, port, token, allowedHosts, stallMs, log, clock: systemClock, version },
      handlers: masterHandlers({ ...backend, status, given }),
      pagesFolder: pagesFolder(),
      metrics: () => this.#metrics(),
      checkReady: () => this.#checkReady(),
    });
  }

  get url(): string {
    return this.#http.url;
  }

  /** Fires when the thread that does the work has died. */
  get broken(): AbortSignal {
    return this.#broken.signal;
  }

  /** Throws `import_running`, what is wrong with the database, and `cannot_listen`. */
  async start(): Promise<void> {
    collectDefaultMetrics({ register: this.#processMetrics, eventLoopMonitoringPrecision: loopTimerMs });
    // First the port: whoever has taken it is most often another master.
    await this.#http.start();
    await this.#thread.call('start', []);
    if (this.#trouble?.code === 'starting') this.#trouble = null;
  }

  async drain(): Promise<void> {
    this.#isDraining = true;
    await this.#thread.call('drain', []);
    await this.#drained.promise;
    await this.#http.drain();
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    try {
      await this.#http.stop();
      if (!this.broken.aborted) await this.#thread.call('stop', []);
    } finally {
      await this.#database[Symbol.asyncDispose]();
      await this.#thread[Symbol.asyncDispose]();
    }
  }

  async #metrics(): Promise<string> {
    const [own, watch] = await Promise.all([
      this.#processMetrics.metrics(),
      this.#thread.call<string>('metrics', []),
    ]);
    return `${own}\n${watch}`;
  }

  async #checkReady(): Promise<void> {
    if (this.#isDraining) throw LonghaulError.of('server_ending', {});
    const trouble = this.#trouble;
    if (trouble !== null) throw LonghaulError.of('database_unusable', { reason: trouble.reason });
    await this.#database.ready();
  }

  #notice(notice: MasterNotice): void {
    switch (notice.kind) {
      case 'drained':
        this.#drained.resolve();
        return;
      case 'warning':
        this.#log.warn(notice.message);
        return;
      case 'database_failing':
        this.#trouble = notice.trouble;
        break;
      case 'database_back':
        this.#trouble = null;
        break;
      default:
    }
    logEvent(this.#log, notice);
    this.#watcher.onEvent(notice);
  }
}
