/** One file's chunks parsed by one thread or by several, which are started before anything is timed. */
import { Worker } from 'node:worker_threads';
import type { ChunkCut } from '../../src/csv/cut.ts';
import type { ParsedChunk, ParseRequest, ParseThreadData } from './parse-thread.ts';

export class ParseThreads implements AsyncDisposable {
  readonly #threads: readonly Worker[];
  readonly #next = new Int32Array(new SharedArrayBuffer(4));

  /** Each thread gets a copy of the bytes, as those of an import have their chunks to themselves. */
  constructor(threads: number, bytes: Uint8Array, columns: number, cuts: readonly ChunkCut[]) {
    const workerData: ParseThreadData = { bytes, columns, cuts, next: this.#next };
    const entry = new URL('./parse-thread.ts', import.meta.url);
    this.#threads = Array.from({ length: threads }, () => new Worker(entry, { workerData }));
  }

  /** Parses all chunks. @returns them in the order of the file */
  async parse(digests: boolean): Promise<ParsedChunk[]> {
    Atomics.store(this.#next, 0, 0);
    const answers = this.#threads.map((thread) => {
      const { promise, resolve, reject } = Promise.withResolvers<ParsedChunk[]>();
      thread.once('message', resolve);
      thread.once('error', reject);
      thread.postMessage({ digests } satisfies ParseRequest);
      return promise.finally(() => thread.removeListener('error', reject));
    });
    const parsed = (await Promise.all(answers)).flat();
    return parsed.sort((a, b) => a.index - b.index);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.terminate()));
  }
}
