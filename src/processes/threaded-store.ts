import { ThreadCaller } from '../runtime/thread-calls.ts';
import type { Dataset } from '../schema/dataset.ts';
import type { FileRef } from '../schema/file-ref.ts';
import { ownBuffers } from '../schema/packed-rows.ts';
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
import type { PartLine } from './part-line.ts';
import { startThread } from './threads.ts';

export interface StoreThreadOptions {
  readonly path: string;
  readonly stagingMemoryBytes: number;
  readonly stagingMemoryMs: number;
  /** Whether only to tell what would happen: `TrialStore`. */
  readonly trial?: boolean;
}

/** What the thread is told when it is to open its store. */
export interface StoreThreadData extends StoreThreadOptions {
  /** One 32-bit flag: not 0 once the publish under way is to stop. */
  readonly abort: SharedArrayBuffer;
}

/** The SQLite store on a thread of its own, so that a publish leaves this thread free for progress and Ctrl-C. */
export class ThreadedStore implements Store {
  readonly capabilities = { shortRunsStageInMemory: true, publishesByPartitions: false } as const;
  readonly #caller: ThreadCaller;
  readonly #abort: SharedArrayBuffer;
  /** Those that it does not know yet. */
  readonly #helpers: PartLine[] = [];
  /** Of the run that is open, as the thread has told last. */
  #rowsBeside: string | null = null;

  private constructor(caller: ThreadCaller, abort: SharedArrayBuffer) {
    this.#caller = caller;
    this.#abort = abort;
  }

  /** @param onStart told at once, before the database is open */
  static async open(
    options: StoreThreadOptions,
    warn: (message: string) => void,
    onStart: (store: ThreadedStore) => void = () => undefined,
  ): Promise<ThreadedStore> {
    const abort = new SharedArrayBuffer(4);
    const data: StoreThreadData = { ...options, abort };
    const caller = new ThreadCaller(startThread('store-thread'), (notice) => warn(String(notice)));
    const store = new ThreadedStore(caller, abort);
    onStart(store);
    try {
      await caller.call('open', [data]);
    } catch (error) {
      await caller[Symbol.asyncDispose]();
      throw error;
    }
    return store;
  }

  /** Stages chunks as well. */
  get thread(): ThreadCaller {
    return this.#caller;
  }

  /** A thread that can help with a publish. */
  addHelper(line: PartLine): void {
    this.#helpers.push(line);
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
  async openRun(plan: RunPlan): Promise<OpenedRun> {
    const answer = await this.#caller.call<{ opened: OpenedRun; rowsBeside: string | null }>('openRun', [
      plan,
    ]);
    this.#rowsBeside = answer.rowsBeside;
    return answer.opened;
  }
  endRuns(dataset: Dataset, file: FileRef, state: 'cancelled' | 'outdated'): Promise<void> {
    return this.#caller.call('endRuns', [dataset, file, state]);
  }
  rowsBeside(): string | null {
    return this.#rowsBeside;
  }
  async stageChunk(run: number, chunk: StagedChunk): Promise<void> {
    this.#rowsBeside = await this.#caller.call('stageChunk', [run, chunk], ownBuffers(chunk.packed));
  }
  async publish(run: number, totals: SnapshotTotals, control: PublishControl): Promise<RunRecord> {
    const flag = new Int32Array(this.#abort);
    Atomics.store(flag, 0, control.signal.aborted ? 1 : 0);
    const stop = (): void => {
      Atomics.store(flag, 0, 1);
    };
    control.signal.addEventListener('abort', stop);
    try {
      const helpers = this.#helpers.splice(0);
      const ports = helpers.map(({ port }) => port);
      return await this.#caller.call('publish', [run, totals, helpers], ports, (event) => {
        const told = event as { rows: number } | { lockedMs: number };
        if ('rows' in told) control.progress(told.rows);
        else control.locked?.(told.lockedMs);
      });
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
