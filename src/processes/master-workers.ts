import type { ChunkOffers } from '../queue/chunk-queue.ts';
import { WorkerStaging } from '../run/worker-staging.ts';
import { systemClock } from '../runtime/clock.ts';
import { type ChunkStaging, LocalStaging } from '../stage/chunk-staging.ts';
import type { StagePool } from '../stage/stage-pool.ts';
import type { ChunkJobs } from '../store/chunk-jobs.ts';
import type { Store } from '../store/store.ts';
import { openOffers, type SharedEngine } from './shared-database.ts';

/** The workers of a master, as its imports meet them. The queue is opened when there is the first one. */
export class MasterWorkers implements AsyncDisposable {
  readonly staging: ChunkStaging;
  #queue: Promise<ChunkOffers> | null = null;

  private constructor(store: Store, pool: StagePool, jobs: ChunkJobs, { database, shelf }: SharedEngine) {
    this.staging = new WorkerStaging({
      ...{ jobs, shelf, clock: systemClock },
      local: new LocalStaging(store, pool),
      queue: () => (this.#queue ??= openOffers(database, jobs, 'longhaul queue')),
    });
  }

  static async open(
    store: Store & { chunkJobs(): Promise<ChunkJobs> },
    pool: StagePool,
    shared: SharedEngine,
  ): Promise<MasterWorkers> {
    return new MasterWorkers(store, pool, await store.chunkJobs(), shared);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (await this.#queue?.catch(() => null))?.[Symbol.asyncDispose]();
  }
}
