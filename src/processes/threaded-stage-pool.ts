import { LocalThreads } from '../queue/local-threads.ts';
import type { SharedRowMemory } from '../stage/row-memory.ts';
import type { StagedInPool, StagePool } from '../stage/stage-pool.ts';
import { breakLine, newPartLine } from './part-line.ts';
import type { StageArgs } from './staging-calls.ts';
import type { ThreadedStore } from './threaded-store.ts';
import { HelpingThread } from './helping-thread.ts';
import { startThread } from './threads.ts';

/** Stages chunks on threads of this process; `staging-calls.ts` is their side. */
export class ThreadedStagePool implements StagePool {
  /** Where rows are put of which several threads may build the pages. */
  memory: SharedRowMemory | null = null;
  readonly #threads: LocalThreads;
  readonly #helping: HelpingThread | null;
  #store: ThreadedStore | null = null;

  /**
   * @param threads that stage, the store's among them
   * @param thisHelps whether this thread, which reads, is one of them as well where the store has a thread
   */
  constructor(threads: number, { thisHelps = false } = {}) {
    this.#helping = thisHelps && threads > 1 ? new HelpingThread() : null;
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
    if (this.#helping === null) return;
    this.#threads.addThis(this.#helping);
    store.addHelper(this.#helping.line);
  }

  get width(): number {
    return this.#threads.width;
  }

  prepare(): void {
    this.#helping?.prepare();
    this.#threads.prepare();
  }

  stage(...[setup, chunk, buffer, place = null]: Parameters<StagePool['stage']>): Promise<StagedInPool> {
    // Nobody will read rows there any more once they are in files; whoever still holds it would keep 128 MiB for nothing.
    if (place !== null || this.memory?.isFull === true) this.memory = null;
    const args: StageArgs = [setup, chunk, buffer, place ?? this.memory?.buffer ?? null];
    return this.#threads.run('stage', args, [buffer]);
  }

  allGiven(): void {
    this.#threads.allGiven();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#helping?.close();
    await this.#threads[Symbol.asyncDispose]();
  }
}
