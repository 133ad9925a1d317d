/** The writer thread: owns the SQLite store and with it all writes to the database. While chunks are staged it stages some of them. */
import { parentPort } from 'node:worker_threads';
import { systemClock } from '../runtime/clock.ts';
import { answerCalls, type Handler, sendNotice } from '../runtime/thread-calls.ts';
import { SqliteStore } from '../store/sqlite/store.ts';
import { SqliteTrialDatabase } from '../store/sqlite/trial-database.ts';
import { TrialStore } from '../store/trial-store.ts';
import type { SnapshotTotals, Store } from '../store/store.ts';
import { type PartLine, PartLineBuilder } from './part-line.ts';
import { stagingHandlers } from './staging-calls.ts';
import type { StoreThreadData } from './threaded-store.ts';

if (parentPort === null) throw new Error('store-thread is started as a worker thread');
const port = parentPort;

let opened: Store | null = null;
let abort = new SharedArrayBuffer(4);
const partBuilders: PartLineBuilder[] = [];
const store = (): Store => {
  if (opened === null) throw new Error('the store is not open');
  return opened;
};
const rowsBeside = (run: number): string | null => store().rowsBeside?.(run) ?? null;

const handlers: Record<string, Handler> = {
  open: (args) => {
    const [data] = args as [StoreThreadData];
    const { path, stagingMemoryBytes, stagingMemoryMs, trial } = data;
    abort = data.abort;
    const warn = (message: string): void => sendNotice(port, message);
    const options = { clock: systemClock, stagingMemoryBytes };
    opened =
      trial === true
        ? new TrialStore({ ...options, database: new SqliteTrialDatabase(path) })
        : new SqliteStore({ ...options, path, stagingMemoryMs, warn, partBuilders });
    return { value: null };
  },
  close: async () => {
    await opened?.[Symbol.asyncDispose]();
    opened = null;
    return { value: null };
  },
  ensureDataset: async (args) => ({
    value: await store().ensureDataset(...(args as Parameters<Store['ensureDataset']>)),
  }),
  findDataset: async (args) => ({
    value: await store().findDataset(...(args as Parameters<Store['findDataset']>)),
  }),
  dropDataset: async (args) => ({
    value: await store().dropDataset(...(args as Parameters<Store['dropDataset']>)),
  }),
  lockImports: async (args) => ({
    value: await store().lockImports(...(args as Parameters<Store['lockImports']>)),
  }),
  findPublished: async (args) => ({
    value: await store().findPublished(...(args as Parameters<Store['findPublished']>)),
  }),
  openRun: async (args) => {
    const run = await store().openRun(...(args as Parameters<Store['openRun']>));
    return { value: { opened: run, rowsBeside: rowsBeside(run.run) } };
  },
  endRuns: async (args) => ({
    value: await store().endRuns(...(args as Parameters<Store['endRuns']>)),
  }),
  stageChunk: async (args) => {
    const [run, chunk] = args as Parameters<Store['stageChunk']>;
    await store().stageChunk(run, chunk);
    return { value: rowsBeside(run) };
  },
  publish: async (args, sendEvent) => {
    const [run, totals, helpers] = args as [number, SnapshotTotals, readonly PartLine[]];
    partBuilders.push(...helpers.map((line) => new PartLineBuilder(line)));
    // A publish never gives the thread's event loop a turn, so the wish to stop comes through shared memory.
    const flag = new Int32Array(abort);
    const controller = new AbortController();
    const progress = (rows: number): void => {
      if (Atomics.load(flag, 0) !== 0) controller.abort();
      sendEvent({ rows });
    };
    const locked = (lockedMs: number): void => sendEvent({ lockedMs });
    return { value: await store().publish(run, totals, { signal: controller.signal, progress, locked }) };
  },
  endRun: async (args) => ({ value: await store().endRun(...(args as Parameters<Store['endRun']>)) }),
  discardRun: async (args) => ({
    value: await store().discardRun(...(args as Parameters<Store['discardRun']>)),
  }),
  clear: async (args) => ({ value: await store().clear(...(args as Parameters<Store['clear']>)) }),
};
// Rows that are staged are put away before the next chunk is: until then whoever reads counts them as under way, and waits.
answerCalls(port, { ...handlers, ...stagingHandlers }, { patient: 'stage' });
