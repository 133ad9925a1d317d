/** A thread that asks the database, or changes it, for requests of the API: however long that takes, the main thread goes on answering others. */
import { parentPort, workerData } from 'node:worker_threads';
import type { ApiAnswer, ApiRequest } from '../api/answer.ts';
import { editing, type Editing, type EditingName } from '../api/editing/editing.ts';
import { emptyReader } from '../api/reading/empty-reader.ts';
import { reading, type Reading, type ReadingName } from '../api/reading/reading.ts';
import type { RouteName } from '../api/wire/routes.ts';
import { type ErrorCode, LonghaulError } from '../runtime/errors.ts';
import { answerCalls, type Handler } from '../runtime/thread-calls.ts';
import type { StoreReader } from '../store/store.ts';
import type { ApiThreadData } from './api-database.ts';
import { Pool } from './pool.ts';
import { openEditor, openReader } from './stores.ts';

if (parentPort === null) throw new Error('api-thread is started as a worker thread');
const { database, mostAtOnce } = workerData as ApiThreadData;

/** An edit waits for a publish for a second at most; whoever holds the lock for longer is no publish. */
const lockWaitSeconds = 10;

const readers = new Pool(() => openReader(database));
const editors = new Pool(() => openEditor(database, lockWaitSeconds));

const nothingThere: ReadonlySet<ErrorCode> = new Set([
  'database_missing',
  'database_not_published',
  'tables_missing',
]);

/** Before the first import there may be no database: then it has no datasets and no runs. */
async function withReader(work: (reader: StoreReader) => Promise<ApiAnswer>): Promise<ApiAnswer> {
  try {
    return await readers.use(work);
  } catch (error) {
    if (error instanceof LonghaulError && nothingThere.has(error.code)) return await work(emptyReader);
    throw error;
  }
}

const handlers: Record<string, Handler> = {
  ready: async () => ({ value: await withReader(async () => ({ status: 204, body: null })) }),
  read: async ([name, request]) => {
    const read = reading[name as ReadingName] as Reading<RouteName>;
    return { value: await withReader((reader) => read(reader, request as ApiRequest)) };
  },
  edit: async ([name, request]) => {
    const edit = editing[name as EditingName] as Editing<RouteName>;
    const value = await withReader((reader) =>
      reader === emptyReader
        ? edit({ reader, editor: null }, request as ApiRequest)
        : editors.use((editor) => edit({ reader, editor }, request as ApiRequest)),
    );
    return { value };
  },
  close: async () => {
    await readers[Symbol.asyncDispose]();
    await editors[Symbol.asyncDispose]();
    return { value: null };
  },
};
answerCalls(parentPort, handlers, mostAtOnce);
