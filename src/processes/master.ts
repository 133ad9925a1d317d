/** The process of `longhaul master`: its main thread answers, a thread of its own senses, reads and imports. */
import { collectDefaultMetrics, Registry } from 'prom-client';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { ApiMetrics } from '../api/api-metrics.ts';
import { EventHub } from '../api/events/event-hub.ts';
import { eventsHandler } from '../api/events/events-route.ts';
import type { Backend } from '../api/handling/backend.ts';
import { StatusRoute } from '../api/handling/status.ts';
import { Uploading } from '../api/handling/uploads.ts';
import { masterApi } from '../api/master-api.ts';
import { databaseName, type DatabaseUrl } from '../config/database-url.ts';
import type { NamedSource } from '../config/source-names.ts';
import type { HttpServer } from '../http/http-server.ts';
import { systemClock } from '../runtime/clock.ts';
import { type ErrorCode, LonghaulError } from '../runtime/errors.ts';
import { loopTimerMs } from '../runtime/loop-delay.ts';
import { type Log, openLog } from '../runtime/log.ts';
import type { LogLevel } from '../runtime/log-levels.ts';
import { runService, type Service } from '../runtime/service.ts';
import { ThreadCaller } from '../runtime/thread-calls.ts';
import { AddressGuard } from '../source/address-guard.ts';
import { UploadReceiver } from '../source/upload-receiver.ts';
import type { SourcePatience } from '../schema/source-patience.ts';
import type { WatchEvent } from '../watch/events.ts';
import type { Trouble } from '../watch/status.ts';
import type { WatchTuning } from '../watch/tuning.ts';
import { ApiDatabase } from './api-database.ts';
import { checkReachable } from './listening.ts';
import { MasterEvents } from './master-events.ts';
import { masterHandlers } from './master-handlers.ts';
import { logEvent } from './master-log.ts';
import { pagesFolder } from './pages-folder.ts';
import { programVersion } from '../runtime/program-version.ts';
import { WatchCalls } from './watch-calls.ts';
import { startThread } from './threads.ts';
import { walBytes } from './stores.ts';
import { uploadSettings } from './upload-settings.ts';
import { saidOfTable, type WatchedDatabaseOptions } from './watched-database.ts';

export interface MasterOptions extends Omit<MasterThreadData, 'tuning' | 'uploadFolder' | 'instance'> {
  /** Where workers reach this master, if not where it listens. */
  readonly advertise: string | null;
  /** Of one upload. */
  readonly uploadBytes: number;
  readonly host: string;
  readonly port: number;
  readonly token: string | null;
  /** Names besides those of this machine that browsers may ask for it by, without a token. */
  readonly allowedHosts: readonly string[];
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
  /** Where uploads wait for their import. */
  readonly uploadFolder: string;
  /** Eight hexadecimal digits that no other process has. */
  readonly instance: string;
  /** Whether sources that were given through the API may be anywhere. */
  readonly allowsPrivateSources: boolean;
  readonly tuning: WatchTuning;
  /** With sources that say nothing else. */
  readonly patience: SourcePatience;
  readonly logLevel: LogLevel;
  /** Where the queue of chunks is, if not in the database. */
  readonly queue: DatabaseUrl | null;
}

export type MasterNotice =
  | WatchEvent
  | { readonly kind: 'warning'; readonly message: string }
  | { readonly kind: 'drained' }
  /** Another master of this database leads. */
  | { readonly kind: 'waiting'; readonly holder: string }
  | { readonly kind: 'leading'; readonly term: number }
  | { readonly kind: 'leadership_lost'; readonly term: number }
  /** It cannot lead, although it could. */
  | {
      readonly kind: 'failed';
      readonly code: ErrorCode;
      readonly facts: Readonly<Record<string, unknown>>;
    };

export type MasterEvent = WatchEvent;

export interface MasterWatcher {
  onListening(url: string): void;
  onEvent(event: MasterEvent): void;
}

const stallMs = 30_000;

/** What the design says, and nobody has asked to change. */
function tuningOf({ senseIntervalMs, senseTimeoutMs }: SourcePatience): WatchTuning {
  return {
    ...{ senseIntervalMs, senseTimeoutMs },
    senseBackoff: { firstMs: senseIntervalMs, mostMs: Math.max(60_000, senseIntervalMs) },
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
  readonly #apiMetrics: ApiMetrics;
  readonly #hub: EventHub;
  readonly #events: MasterEvents;
  readonly #processMetrics = new Registry();
  readonly #broken = new AbortController();
  readonly #drained = Promise.withResolvers<void>();
  /** Why nothing can be imported. */
  #trouble: Trouble | null = { code: 'starting', reason: 'the master is starting' };
  readonly #options: MasterOptions;
  #isDraining = false;
  #stopping: Promise<void> | null = null;

  constructor(options: MasterOptions, log: Log, watcher: MasterWatcher) {
    const { host, port, token, allowedHosts, patience } = options;
    this.#options = options;
    this.#log = log;
    this.#watcher = watcher;
    const instance = randomUUID();
    const uploads = { uploadFolder: join(options.spoolFolder, 'uploads'), instance: instance.slice(0, 8) };
    const data: MasterThreadData = { ...options, ...uploads, tuning: tuningOf(patience) };
    this.#thread = new ThreadCaller(
      startThread('master-thread', data),
      (notice) => this.#notice(notice as MasterNotice),
      (error) => this.#broken.abort(error),
    );
    this.#database = new ApiDatabase(options.database, (error) => this.#broken.abort(error));
    const version = programVersion();
    const watch = new WatchCalls(this.#thread);
    const backend = { database: this.#database, watch };
    const status = new StatusRoute({
      ...{ backend, clock: systemClock, trouble: () => this.#trouble },
      head: { version, instance, startedMs: systemClock.wallMs() },
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
    this.#hub = new EventHub({ instance, warn: (message) => log.warn(message) });
    this.#apiMetrics = new ApiMetrics({
      waiting: () => ({ ...this.#database.waiting(), watch: watch.waiting }),
      listeners: () => this.#hub.listeners,
      walBytes: () => walBytes(options.database),
    });
    this.#events = new MasterEvents(this.#hub, backend, systemClock, status);
    this.#http = masterApi({
      ...{ host, port, token, allowedHosts, stallMs, log, clock: systemClock, version },
      handlers: masterHandlers({
        ...{ ...backend, status, given, events: this.#events },
        uploading: this.#uploading(options, backend, data),
        listen: eventsHandler(this.#hub),
      }),
      onEnded: (...ended) => this.#apiMetrics.ended(...ended),
      onRefused: (code) => this.#apiMetrics.refused(code),
      pagesFolder: pagesFolder(),
      metrics: () => this.#metrics(),
      checkReady: () => this.#checkReady(),
      chunk: (run, chunk) => this.#thread.call('chunk', [run, chunk]),
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
    await this.#thread.call('start', [this.#options.advertise ?? this.url]);
    this.#database.checkThere();
    if (this.#trouble?.code === 'starting') this.#trouble = null;
  }

  async drain(): Promise<void> {
    this.#isDraining = true;
    await this.#thread.call('drain', []);
    await this.#drained.promise;
    // Whoever listens would never leave by himself.
    this.#hub.end();
    await this.#http.drain();
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    try {
      this.#hub.end();
      await this.#http.stop();
      if (!this.broken.aborted) await this.#thread.call('stop', []);
    } finally {
      await this.#database[Symbol.asyncDispose]();
      await this.#thread[Symbol.asyncDispose]();
    }
  }

  #uploading(
    options: MasterOptions,
    backend: Backend,
    { uploadFolder, instance }: MasterThreadData,
  ): Uploading {
    const { uploadBytes, spoolBytes, usualTable, tables, maxRecordBytes } = options;
    const receiver = new UploadReceiver({
      ...{ folder: uploadFolder, instance, clock: systemClock },
      ...{ mostBytes: uploadBytes, mostBytesInAll: spoolBytes },
    });
    return new Uploading({
      ...{ backend, receiver, usualTable, tables: new Set(tables.map(({ plan }) => plan.name)) },
      reading: (name, said) => {
        const table = saidOfTable(options, name);
        return { plan: table.plan, settings: uploadSettings(table, said), maxRecordBytes };
      },
    });
  }

  async #metrics(): Promise<string> {
    const texts = await Promise.all([
      this.#processMetrics.metrics(),
      this.#apiMetrics.text(),
      this.#thread.call<string>('metrics', []),
    ]);
    return texts.join('\n');
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
      case 'waiting': {
        const reason = `another master leads (${notice.holder})`;
        this.#trouble = { code: 'waiting', reason };
        this.#log.info({ leader: notice.holder }, 'another master leads: waiting until it is gone');
        return;
      }
      case 'leading':
        this.#trouble = null;
        this.#log.info({ term: notice.term }, 'leads');
        return;
      case 'failed':
        this.#broken.abort(LonghaulError.from(notice.code, notice.facts));
        return;
      case 'leadership_lost': {
        const database = databaseName(this.#options.database);
        this.#broken.abort(LonghaulError.of('leadership_lost', { database, term: notice.term }));
        return;
      }
      case 'database_failing':
        this.#trouble = notice.trouble;
        break;
      case 'database_back':
        this.#trouble = null;
        break;
      default:
    }
    logEvent(this.#log, notice);
    this.#events.happened(notice);
    this.#watcher.onEvent(notice);
  }
}
