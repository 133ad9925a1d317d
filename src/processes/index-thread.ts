/** The thread that makes the search indexes of an SQLite database; `threaded-indexer.ts` is the other side. */
import { parentPort, workerData } from 'node:worker_threads';
import { answerCalls } from '../runtime/thread-calls.ts';
import type { Dataset } from '../schema/dataset.ts';
import { SqliteIndexer } from '../store/sqlite/indexer.ts';
import type { IndexThreadData } from './threaded-indexer.ts';

if (parentPort === null) throw new Error('index-thread is started as a worker thread');
const { path, stop } = workerData as IndexThreadData;
const flag = new Int32Array(stop);

answerCalls(parentPort, {
  make: async ([dataset]) => {
    await using indexer = new SqliteIndexer({ path });
    // It never gives the thread's event loop a turn, so the wish to stop comes through shared memory.
    return { value: await indexer.makeIndexes(dataset as Dataset, () => Atomics.load(flag, 0) !== 0) };
  },
});
