import { LocalThreads } from '../queue/local-threads.ts';
import type { ChunkToStage } from '../stage/chunk-stager.ts';
import type { SharedRowMemory } from '../stage/row-memory.ts';
import type { StagedInPool, StagePool, StageSetup } from '../stage/stage-pool.ts';
import { breakLine, newPartLine } from './part-line.ts';
import type { ThreadedStore } from './threaded-store.ts';
import { startThread } from './threads.ts';

export type StageArgs = readonly [
  setup: StageSetup,
  chunk: ChunkToStage & { readonly length: number },
  buffer: ArrayBuffer,
  /** As in `SharedRowMemory`, if rows are to be put there. */
  memory: SharedArrayBuffer | null,
];

/** Stages chunks on threads of this process; `staging-calls.ts` is their side. */
export class ThreadedStagePool implements StagePool {
  /** Where rows are put of which several threads may build the pages. */
  memory: SharedRowMemory | null = null;
  readonly #threads: LocalThreads;
  #store: ThreadedStore | null = null;

  constructor(threads: number) {
    this.#threads = new LocalThreads(threads, () => {
      const { near, far } = newPartLine();
      const thread = startThread('stage-thread', far, [far.port]);
      thread.on('exit', () => breakLine(far));
      this.#store?.addHelper(near);
      return thread;
    });
  }

  /** The store's thread has nothing to do while chunks are staged, so it is one of those that stage; the others help it to publish. */
  workWith(store: ThreadedStore): void {
    this.#store = store;
    this.#threads.add(store.thread);
  }

  get width(): number {
    return this.#threads.width;
  }

  prepare(): void {
    this.#threads.prepare();
  }

  stage(...[setup, chunk, buffer]: Parameters<StagePool['stage']>): Promise<StagedInPool> {
    const args: StageArgs = [setup, chunk, buffer, this.memory?.buffer ?? null];
    return this.#threads.run('stage', args, [buffer]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#threads[Symbol.asyncDispose]();
  }
}
