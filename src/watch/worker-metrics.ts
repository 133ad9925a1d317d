import { Gauge, Registry } from 'prom-client';
import type { WorkerStatus } from '../store/chunk-jobs.ts';

/** What `/metrics` tells of the workers of a database. @param workers as the database knows them */
export async function workerMetrics(workers: () => Promise<readonly WorkerStatus[]>): Promise<string> {
  const registry = new Registry();
  const registers = [registry];
  const count = new Gauge({
    ...{ name: 'longhaul_workers', help: 'Workers that are there or were of late, by state.' },
    ...{ labelNames: ['state'], registers },
  });
  const inHand = new Gauge({
    ...{ name: 'longhaul_worker_chunks_in_hand', help: 'Chunks that a worker has in hand.' },
    ...{ labelNames: ['worker', 'host'], registers },
  });
  const staged = new Gauge({
    ...{ name: 'longhaul_worker_chunks_staged', help: 'Chunks that a worker has staged since it began.' },
    ...{ labelNames: ['worker', 'host'], registers },
  });
  // Where the database cannot be asked, longhaul_database_up says so.
  for (const { state, worker, host, inHand: chunks, chunks: done } of await workers().catch(() => [])) {
    count.inc({ state });
    if (state === 'ended') continue;
    inHand.set({ worker, host }, chunks.length);
    staged.set({ worker, host }, done);
  }
  return registry.metrics();
}
