import { LocalThreads } from '../queue/local-threads.ts';
import type { ChunkToStage } from '../stage/chunk-stager.ts';
import type { StagedInPool, StagePool, StageSetup } from '../stage/stage-pool.ts';
import { startThread } from './threads.ts';

export type StageArgs = readonly [
  setup: StageSetup,
  chunk: ChunkToStage & { readonly length: number },
  buffer: ArrayBuffer,
];

/** Stages chunks on threads of this process; `stage-thread.ts` is their side. */
export class ThreadedStagePool implements StagePool {
  readonly #threads: LocalThreads;

  constructor(threads: number) {
    this.#threads = new LocalThreads(threads, () => startThread('stage-thread'));
  }

  get width(): number {
    return this.#threads.width;
  }

  stage(...args: StageArgs): Promise<StagedInPool> {
    return this.#threads.run('stage', args, [args[2]]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#threads[Symbol.asyncDispose]();
  }
}
