import { ThreadCaller } from '../runtime/thread-calls.ts';
import type { Dataset } from '../schema/dataset.ts';
import type { FileRef } from '../schema/file-ref.ts';
import type {
  Failure,
  KeptDataset,
  OpenedRun,
  PublishControl,
  PublishedFile,
  RunPlan,
  RunRecord,
  SnapshotTotals,
  StagedChunk,
  Store,
  TableTotals,
} from '../store/store.ts';
import { startThread } from './threads.ts';

export interface StoreThreadOptions {
  readonly path: string;
  readonly stagingMemoryBytes: number;
  readonly stagingMemoryMs: number;
  /** Whether only to tell what would happen: `TrialStore`. */
  readonly trial?: boolean;
}

export interface StoreThreadData extends StoreThreadOptions {
  /** One 32-bit flag: not 0 once the publish under way is to stop. */
  readonly abort: SharedArrayBuffer;
}

/** The SQLite store on a thread of its own, so that a publish leaves this thread free for progress and Ctrl-C. */
export class ThreadedStore implements Store {
  readonly capabilities = { shortRunsStageInMemory: true } as const;
  readonly #caller: ThreadCaller;
  readonly #abort: SharedArrayBuffer;

  private constructor(caller: ThreadCaller, abort: SharedArrayBuffer) {
    this.#caller = caller;
    this.#abort = abort;
  }

  static async open(options: StoreThreadOptions, warn: (message: string) => void): Promise<ThreadedStore> {
    const abort = new SharedArrayBuffer(4);
    const data: StoreThreadData = { ...options, abort };
    const caller = new ThreadCaller(startThread('store-thread', data), (notice) => warn(String(notice)));
    try {
      await caller.call('open', []);
    } catch (error) {
      await caller[Symbol.asyncDispose]();
      throw error;
    }
    return new ThreadedStore(caller, abort);
  }

  ensureDataset(dataset: Dataset): Promise<TableTotals> {
    return this.#caller.call('ensureDataset', [dataset]);
  }
  findDataset(name: string): Promise<KeptDataset | null> {
    return this.#caller.call('findDataset', [name]);
  }
  dropDataset(dataset: Dataset): Promise<void> {
    return this.#caller.call('dropDataset', [dataset]);
  }
  lockImports(program?: string): Promise<void> {
    return this.#caller.call('lockImports', [program]);
  }
  findPublished(dataset: Dataset, file: FileRef): Promise<PublishedFile | null> {
    return this.#caller.call('findPublished', [dataset, file]);
  }
  openRun(plan: RunPlan): Promise<OpenedRun> {
    return this.#caller.call('openRun', [plan]);
  }
  endRuns(dataset: Dataset, file: FileRef, state: 'cancelled' | 'outdated'): Promise<void> {
    return this.#caller.call('endRuns', [dataset, file, state]);
  }
  stageChunk(run: number, chunk: StagedChunk): Promise<void> {
    return this.#caller.call('stageChunk', [run, chunk], [chunk.packed.words.buffer]);
  }
  async publish(run: number, totals: SnapshotTotals, control: PublishControl): Promise<RunRecord> {
    const flag = new Int32Array(this.#abort);
    Atomics.store(flag, 0, control.signal.aborted ? 1 : 0);
    const stop = (): void => {
      Atomics.store(flag, 0, 1);
    };
    control.signal.addEventListener('abort', stop);
    try {
      return await this.#caller.call('publish', [run, totals], [], (event) =>
        control.progress((event as { rows: number }).rows),
      );
    } finally {
      control.signal.removeEventListener('abort', stop);
    }
  }
  endRun(
    run: number,
    state: 'failed' | 'cancelled' | 'outdated',
    totals: SnapshotTotals | null,
    failure: Failure | null,
  ): Promise<RunRecord> {
    return this.#caller.call('endRun', [run, state, totals, failure]);
  }
  discardRun(run: number): Promise<void> {
    return this.#caller.call('discardRun', [run]);
  }
  clear(dataset: Dataset): Promise<void> {
    return this.#caller.call('clear', [dataset]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.#caller.call('close', []);
    } finally {
      await this.#caller[Symbol.asyncDispose]();
    }
  }
}
