/** A thread that asks the database, or changes it, for requests of the API: however long that takes, the main thread goes on answering others. */
import { parentPort, workerData } from 'node:worker_threads';
import type { ApiRequest } from '../api/answer.ts';
import { editing, type Editing, type EditingName } from '../api/editing/editing.ts';
import type { EditingTools } from '../api/editing/tools.ts';
import { emptyReader } from '../api/reading/empty-reader.ts';
import type { PreviewAsked } from '../api/reading/preview.ts';
import { reading, type Reading, type ReadingName } from '../api/reading/reading.ts';
import { rejectsPart, type RejectsPartAsked } from '../api/reading/rejects-csv.ts';
import type { RouteName } from '../api/wire/routes.ts';
import { type ErrorCode, LonghaulError } from '../runtime/errors.ts';
import { answerCalls, type Handler } from '../runtime/thread-calls.ts';
import type { SearchingReader } from '../store/search.ts';
import type { ApiThreadData } from './api-database.ts';
import { Pool } from './pool.ts';
import { identityOf, openEditor, openReader, openRegister } from './stores.ts';

if (parentPort === null) throw new Error('api-thread is started as a worker thread');
const { database, mostAtOnce } = workerData as ApiThreadData;

/** An edit waits for a publish for a second at most; whoever holds the lock for longer is no publish. */
const lockWaitSeconds = 10;

/** An edit of a file that was removed, or replaced by another one, would be lost. */
const identity = (): string | null => identityOf(database);
const readers = new Pool(() => openReader(database), identity);
const editors = new Pool(() => openEditor(database, lockWaitSeconds), identity);
const registers = new Pool(() => openRegister(database, lockWaitSeconds), identity);

const nothingThere: ReadonlySet<ErrorCode> = new Set([
  'database_missing',
  'database_not_published',
  'tables_missing',
]);

/** Before the first import there may be no database: then it has no datasets and no runs. */
async function read<Result>(work: (reader: SearchingReader) => Promise<Result>): Promise<Result> {
  try {
    return await readers.use(work);
  } catch (error) {
    if (error instanceof LonghaulError && nothingThere.has(error.code)) return await work(emptyReader);
    throw error;
  }
}

const tools: EditingTools = {
  read,
  edit: (work) => editors.use(work),
  changeSources: (work) => registers.use(work),
};

const handlers: Record<string, Handler> = {
  ready: async () => ({ value: await read((reader) => reader.datasets()) }),
  read: async ([name, request]) => {
    const ask = reading[name as ReadingName] as Reading<RouteName>;
    return { value: await read((reader) => ask(reader, request as ApiRequest)) };
  },
  rejects: async ([asked]) => ({
    value: await read((reader) => rejectsPart(reader, asked as RejectsPartAsked)),
  }),
  preview: async ([asked]) => {
    // Only where somebody asks for one: what parses files is not needed for anything else here.
    const { previewUpload } = await import('./preview-upload.ts');
    return { value: await read((reader) => previewUpload(reader, asked as PreviewAsked)) };
  },
  edit: async ([name, request]) => {
    const change = editing[name as EditingName] as Editing<RouteName>;
    return { value: await change(tools, request as ApiRequest) };
  },
  close: async () => {
    await readers[Symbol.asyncDispose]();
    await editors[Symbol.asyncDispose]();
    await registers[Symbol.asyncDispose]();
    return { value: null };
  },
};
answerCalls(parentPort, handlers, { mostAtOnce });
