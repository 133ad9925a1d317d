import { entry } from './error-entry.ts';

/** What can go wrong where several machines work on one run. */
export const workerErrors = {
  chunk_lost: entry<{ run: number; chunk: number }>(
    409,
    (f) => `chunk ${f.chunk} of run ${f.run} is another worker's by now; nothing of it was written`,
    () => 'nothing: whoever has it now does it',
    true,
  ),
  chunk_failed: entry<{ file: string; run: number; chunk: number; attempts: number; reason: string }>(
    422,
    (f) =>
      `${f.file}: chunk ${f.chunk} of run ${f.run} was given up after ${f.attempts} attempts: ${f.reason}; nothing was published`,
    (f) =>
      `mend what the reason says; then "longhaul runs retry ${f.run}" has it tried once more, as does a change of the file`,
  ),
  chunk_bytes_wrong: entry<{ from: string; run: number; chunk: number; reason: string }>(
    502,
    (f) => `chunk ${f.chunk} of run ${f.run} cannot be had from ${f.from}: ${f.reason}`,
    () => 'see whether the worker can reach the source and the master, and has the tokens that they want',
    true,
  ),
  chunk_unknown: entry<{ run: number; chunk: number }>(
    404,
    (f) => `there is no chunk ${f.chunk} of run ${f.run} to be staged`,
    () => 'nothing: it is staged already, or its run has ended',
  ),
  queue_failed: entry<{ database: string; reason: string }>(
    503,
    (f) => `${f.database}: the queue of chunks cannot be used (${f.reason})`,
    () => 'it goes on by itself once the queue can be used again',
    true,
  ),
  leadership_lost: entry<{ database: string; term: number }>(
    503,
    (f) =>
      `${f.database}: another master has taken over since this one was last heard of (term ${f.term} is over)`,
    () => 'start it again: it then waits until it is needed',
    true,
  ),
  workers_need_server: entry<{ database: string }>(
    400,
    (f) => `${f.database}: workers need a database that several machines can reach`,
    () => 'give the master and the workers --db postgres://user@host/database',
  ),
};
