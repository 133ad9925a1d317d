import { z } from 'zod';
import { dataset } from './datasets.ts';
import { timeMs, trouble } from './basics.ts';
import { source } from './sources.ts';

export const status = z.object({
  /** Of the program. */
  version: z.string(),
  /** A new one with each start: what was known of another one is stale. */
  instance: z.string(),
  startedMs: timeMs,
  /** The database's URL without its password, and why nothing can be imported at the moment. */
  database: z.object({
    url: z.string(),
    engine: z.enum(['sqlite', 'postgres']),
    trouble: trouble.nullable(),
  }),
  datasets: z.array(dataset),
  sources: z.array(source),
  /** Versions that are here and wait for their turn. */
  waiting: z.int(),
});
export type Status = z.infer<typeof status>;

/** Records that were staged, for each ten seconds of the last hour in which there were any. */
export const throughput = z.object({
  bucketMs: z.int(),
  points: z.array(z.object({ atMs: timeMs, records: z.int(), bytes: z.int() })),
});
export type Throughput = z.infer<typeof throughput>;
