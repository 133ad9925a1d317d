import { type Transferable, Worker } from 'node:worker_threads';

type ThreadName =
  | 'api-thread'
  | 'index-thread'
  | 'manifest-thread'
  | 'master-thread'
  | 'stage-thread'
  | 'store-thread';

/** One that nobody has asked for yet. */
let early: { readonly name: ThreadName; readonly thread: Worker } | null = null;

/**
 * Starts a thread that will be asked for soon: it takes 50 ms, in half of which this one has its own modules to load. Until then it keeps
 * no process from ending. It gets no data.
 *
 * Should it fail before somebody asks for it, he gets another one, and is told what goes wrong with that.
 *
 * @returns `null`: it could not be started
 */
export function startThreadEarly(name: ThreadName): Worker | null {
  try {
    const thread = newThread(name);
    early = { name, thread };
    thread.unref();
    thread.on('error', () => undefined);
    return thread;
  } catch {
    return null;
  }
}

/** Ends a thread that was started early, if nobody has asked for it. */
export async function endEarlyThread(): Promise<void> {
  const { thread } = early ?? {};
  early = null;
  await thread?.terminate();
}

export function startThread(
  name: ThreadName,
  workerData?: unknown,
  transferList: Transferable[] = [],
): Worker {
  if (early?.name !== name || workerData !== undefined) return newThread(name, workerData, transferList);
  const { thread } = early;
  early = null;
  const hasEnded = thread.threadId < 0;
  if (hasEnded) return newThread(name);
  thread.ref();
  return thread;
}

/**
 * A thread's entry is a file of this folder. The compiler does not rewrite names inside `new URL`, so the
 * ending (`.ts` in the checkout, `.js` when built) is this file's own; and this code may have been put into a file of a folder
 * beside this one (`scripts/build.js`).
 */
function newThread(name: ThreadName, workerData?: unknown, transferList: Transferable[] = []): Worker {
  const ending = import.meta.filename.endsWith('.ts') ? 'ts' : 'js';
  return new Worker(new URL(`../processes/${name}.${ending}`, import.meta.url), { workerData, transferList });
}
