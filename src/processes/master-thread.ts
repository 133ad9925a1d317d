/** The thread that does a master's work: senses, reads, imports. The main thread only answers, so it always can. */
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import type { ApiRequest } from '../api/answer.ts';
import {
  sourceAnswer,
  watching,
  type Watching,
  type WatchingName,
  type WatchingTools,
} from '../api/watching/watching.ts';
import type { RouteName } from '../api/wire/routes.ts';
import type { DatabaseUrl } from '../config/database-url.ts';
import { sourceToken } from '../config/source-names.ts';
import { systemClock } from '../runtime/clock.ts';
import { asLonghaulError } from '../runtime/errors.ts';
import { openLog } from '../runtime/log.ts';
import { answerCalls, type Handler, sendNotice } from '../runtime/thread-calls.ts';
import { isDataset } from '../schema/dataset-plan.ts';
import type { FileRef } from '../schema/file-ref.ts';
import { AddressGuard } from '../source/address-guard.ts';
import type { SourceClient } from '../source/source-client.ts';
import { Spool } from '../source/spool.ts';
import { loadUploads, type UploadRecord } from '../source/upload-record.ts';
import { uploadedVersion } from '../source/uploaded-file.ts';
import type { WatchEvent } from '../watch/events.ts';
import type { SourceToWatch } from '../watch/importing.ts';
import { LateClient } from '../watch/late-client.ts';
import { Throughput } from '../watch/throughput.ts';
import type { UploadStatus } from '../watch/uploads.ts';
import { Watch } from '../watch/watch.ts';
import { WatchMetrics } from '../watch/watch-metrics.ts';
import { workerMetrics } from '../watch/worker-metrics.ts';
import { ChunkShelf } from '../run/chunk-shelf.ts';
import { newDataset } from './importer.ts';
import { Leader } from './leader.ts';
import type { MasterNotice, MasterThreadData } from './master.ts';
import { SearchIndexing } from './search-indexing.ts';
import { openSource } from './source-clients.ts';
import { openLeadership, sharedDatabase } from './shared-database.ts';
import { mayBeThere, openStore } from './stores.ts';
import { sourcesToWatch, WatchedDatabase } from './watched-database.ts';
import { workerSummaries } from './workers.ts';

if (parentPort === null) throw new Error('master-thread is started as a worker thread');
const port = parentPort;
const data = workerData as MasterThreadData;

const tell = (notice: MasterNotice): void => sendNotice(port, notice);
const warn = (message: string): void => tell({ kind: 'warning', message });

/** Whoever looks on sees no more than this; a log of every chunk does. */
const progressEveryMs = 100;
let progressAt = 0;

function report(event: WatchEvent): void {
  metrics.count(event);
  throughput.count(event);
  if (event.kind === 'sensed') {
    tellIfChanged(event.source);
    return;
  }
  const isLogged = data.logLevel === 'debug';
  if (event.kind === 'import_progress' && !(isLogged && event.progress.phase === 'staging')) {
    const now = systemClock.monotonicMs();
    if (now - progressAt < progressEveryMs) return;
    progressAt = now;
  }
  if (event.kind === 'imported' || event.kind === 'database_back') indexing.look();
  tell(event);
}

/** What of each source was told last. */
const toldOf = new Map<string, string>();

/** Whoever looks on is to see what a sense has found, and nothing of one that has found nothing new. */
function tellIfChanged(source: string): void {
  const status = watch.source(source);
  const now = JSON.stringify([
    status?.state,
    status?.trouble?.code,
    status?.filesBy,
    status?.files.map(({ name, state }) => [name, state]),
  ]);
  if (toldOf.get(source) === now) return;
  toldOf.set(source, now);
  tell({ kind: 'source_changed', source });
}

const indexing = new SearchIndexing(data.database, warn);
const database = new WatchedDatabase(
  data,
  warn,
  () => indexing.giveWay(),
  (table, ms) => metrics.locked(table, ms),
);
const log = openLog('master', data.logLevel, process.stderr);
const addressGuard = new AddressGuard();
let spool: Spool | null = null;

/** Opened when it is first asked: a token that is not there, or a path, can come later. */
function openClient(source: SourceToWatch): SourceClient {
  return new LateClient(async () => {
    if (spool === null) throw new Error('sources are asked before there is a place for what they give');
    const settings = { encoding: database.table(source.table).encoding };
    // Names of variables are made of names of sources: whoever gives one through the API must not be sent the token of another.
    const token = source.guarded ? null : sourceToken(source);
    const guard = source.guarded && !data.allowsPrivateSources ? addressGuard : null;
    const { connectMs, silentMs, rereadMs } = { ...data.patience, ...source.patience };
    const tuning = { connectMs, silentMs, rereadMs };
    return openSource({ ...source, token }, { spool, settings, clock: systemClock, log, guard, tuning });
  });
}

const watch = new Watch({
  importing: database,
  openClient,
  tuning: data.tuning,
  clock: systemClock,
  random: Math.random,
  report,
});
const throughput = new Throughput(systemClock);
const metrics = new WatchMetrics(() => watch.status(), systemClock, throughput);
const given = new Set(data.sources.map(({ name }) => name));
const tools: WatchingTools = { watch, throughput, isGiven: (source) => given.has(source) };
function addUpload(record: UploadRecord): UploadStatus {
  return watch.uploads.add(record, uploadedVersion(data.uploadFolder, record));
}

let poll: NodeJS.Timeout | null = null;

/** Without tables nobody could read what is there, nor add a source, before the first import is published. */
async function makeTables(): Promise<void> {
  const [table] = data.tables;
  if (table === undefined || mayBeThere(data.database)) return;
  const dataset = newDataset(table);
  if (!isDataset(dataset)) return;
  await using store = await openStore(data.database, { warn, stagingMemoryBytes: 0 });
  await store.ensureDataset(dataset);
}

let looking: Promise<void> = Promise.resolve();

/** Sources come and go in the database, whoever writes them there: looking costs less than being told. One look after the other. */
function lookForSources(): Promise<void> {
  const look = looking.then(lookOnce);
  looking = look.catch(() => undefined);
  return look;
}

async function lookOnce(): Promise<void> {
  try {
    const stored = await database.sources();
    watch.noteDatabase(null);
    const sources = sourcesToWatch(data.sources, stored, data.usualTable);
    await watch.setSources(sources);
    await sweepSpool(new Set(sources.map(({ name }) => name)));
  } catch (error) {
    // What is watched stays as it is.
    if (poll === null) throw error;
    watch.noteDatabase(error);
  }
}

let swept = '';

/** What was brought here of sources that have gone. */
async function sweepSpool(names: ReadonlySet<string>): Promise<void> {
  const now = JSON.stringify([...names].toSorted());
  if (now === swept) return;
  swept = now;
  await spool?.sweep(names).catch((error: unknown) => warn(asLonghaulError(error).message));
}

function pollForSources(): void {
  poll = setTimeout(() => void lookForSources().then(pollForSources), data.tuning.senseIntervalMs);
}

const shelf = new ChunkShelf(join(data.spoolFolder, 'chunks'));
let leader: Leader | null = null;

/** Does what a master does from here on. */
async function begin(): Promise<void> {
  await database.open();
  spool = await Spool.open({ folder: data.spoolFolder, maxBytes: data.spoolBytes });
  for (const record of await loadUploads(data.uploadFolder, data.instance)) addUpload(record);
  await lookForSources();
  pollForSources();
  indexing.look();
}

/** Several machines may have a master of this database: one of them leads. @param url where workers reach this one */
async function lead(server: Extract<DatabaseUrl, { engine: 'postgres' }>, url: string): Promise<void> {
  const { promise: isKnown, resolve: know, reject: fail } = Promise.withResolvers<void>();
  const campaigning = new Leader({
    ...{ leadership: await openLeadership(server.url), url, warn },
    onWaiting: (holder) => {
      tell({ kind: 'waiting', holder });
      know();
    },
    onLost: (term) => tell({ kind: 'leadership_lost', term }),
  });
  leader = campaigning;
  const led = async (): Promise<void> => {
    const term = await campaigning.campaign();
    if (term === null) return;
    database.shared = { database: sharedDatabase(server, data.queue), term, shelf };
    await begin();
    tell({ kind: 'leading', term });
  };
  void led().then(know, (error: unknown) => {
    const { code, facts } = asLonghaulError(error);
    fail(error);
    // Whoever has waited is not waited for any more.
    tell({ kind: 'failed', code, facts });
  });
  await isKnown;
}

const handlers: Record<string, Handler> = {
  start: async ([url]) => {
    if (data.database.engine === 'postgres') {
      await lead(data.database, url as string);
    } else {
      await makeTables();
      await begin();
    }
    return { value: null };
  },
  chunk: async ([run, chunk]) => {
    const bytes = await shelf.read(run as number, chunk as number);
    return { value: bytes, transfer: [bytes.buffer] };
  },
  ask: ([name, request]) => {
    const ask = watching[name as WatchingName] as Watching<RouteName>;
    return { value: ask(tools, request as ApiRequest) };
  },
  overview: () => {
    const { sources, waiting } = watch.status();
    return {
      value: JSON.stringify({ sources: sources.map((source) => sourceAnswer(source, tools)), waiting }),
    };
  },
  sourcesChanged: async () => {
    await lookForSources();
    return { value: null };
  },
  cancel: async ([table, file, run]) => {
    await watch.cancel(table as string, file as FileRef, run as number);
    return { value: null };
  },
  retry: ([file]) => ({ value: watch.retry(file as FileRef) }),
  addUpload: ([record]) => ({ value: addUpload(record as UploadRecord) }),
  uploads: () => ({ value: watch.uploads.list() }),
  metrics: async () => {
    const texts = [await metrics.text()];
    const { shared } = database;
    if (shared !== null) texts.push(await workerMetrics(() => workerSummaries(shared.database.url)));
    return { value: texts.join('\n') };
  },
  // Told when it has drained, so that it can be asked other things meanwhile.
  drain: () => {
    clearTimeout(poll ?? undefined);
    void Promise.all([watch.drain(), indexing.stop()]).then(() => tell({ kind: 'drained' }));
    return { value: null };
  },
  stop: async () => {
    clearTimeout(poll ?? undefined);
    await Promise.all([watch.stop(), indexing.stop()]);
    await database[Symbol.asyncDispose]();
    await leader?.stop();
    return { value: null };
  },
};
/** What waits for a source to end, or for an import, must not keep anybody from asking how that goes; how many may wait is the caller's to say. */
answerCalls(port, handlers, { mostAtOnce: Number.POSITIVE_INFINITY });
