/**
 * What `/api/events` sends, as Server-Sent Events: `event` is the name, `data` the JSON, `id` where to go on (`Last-Event-ID`). A client that comes
 * back gets what it has missed, or `reset` when that is no longer kept or the master is another one: then it asks for all anew.
 */
import { z } from 'zod';
import { dataset } from './datasets.ts';
import { timeMs, trouble } from './basics.ts';
import { run } from './runs.ts';
import { importProgress, source } from './sources.ts';

export const events = {
  /** First of each connection. */
  hello: z.object({ instance: z.string() }),
  reset: z.object({ instance: z.string() }),
  /** Something of a source or its files has changed; at most twice a second each. */
  source,
  source_removed: z.object({ name: z.string() }),
  /** At most four times a second. */
  progress: z.object({
    source: z.string(),
    file: z.string(),
    dataset: z.string(),
    atMs: timeMs,
    progress: importProgress,
  }),
  /** A run was opened or has ended. */
  run,
  /** Totals have moved: by a publish or an edit; at most twice a second. */
  dataset,
  /** A row was edited, or its edit taken back, through this master. */
  edit: z.object({ dataset: z.string(), id: z.string(), hash: z.string() }),
  /** The database can be used, or cannot. */
  database: z.object({ trouble: trouble.nullable() }),
} as const;

export type EventName = keyof typeof events;
export type EventData<N extends EventName = EventName> = z.infer<(typeof events)[N]>;
