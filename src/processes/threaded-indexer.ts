import { ThreadCaller } from '../runtime/thread-calls.ts';
import type { Dataset } from '../schema/dataset.ts';
import type { SearchIndexer } from '../store/search.ts';
import { startThread } from './threads.ts';

export interface IndexThreadData {
  readonly path: string;
  /** One 32-bit flag: not 0 once the work is to stop. */
  readonly stop: SharedArrayBuffer;
}

/** How often it is asked whether to stop. */
const msBetweenLooks = 100;

/** Makes the search indexes of an SQLite database on a thread of its own, as it computes for seconds. */
export class ThreadedIndexer implements SearchIndexer {
  readonly #stop = new Int32Array(new SharedArrayBuffer(4));
  readonly #caller: ThreadCaller;

  constructor(path: string) {
    const data: IndexThreadData = { path, stop: this.#stop.buffer };
    this.#caller = new ThreadCaller(startThread('index-thread', data));
  }

  async makeIndexes(dataset: Dataset, shouldStop: () => boolean = () => false): Promise<boolean> {
    Atomics.store(this.#stop, 0, 0);
    const look = (): void => {
      if (shouldStop()) Atomics.store(this.#stop, 0, 1);
    };
    const timer = setInterval(look, msBetweenLooks);
    try {
      return await this.#caller.call('make', [dataset]);
    } finally {
      clearInterval(timer);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#caller[Symbol.asyncDispose]();
  }
}
