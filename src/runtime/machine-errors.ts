/** Entries of the error table: what is wrong with the machine, the folder that longhaul was called in, or the files that it keeps for itself. */
import { entry } from './error-entry.ts';

export const machineErrors = {
  folder_gone: entry<object>(
    400,
    () => 'the folder in which longhaul was called is not there any more',
    () => 'change to a folder that is there; if it was made again, "cd ." does that',
  ),
  too_many_files_open: entry<{ reason: string }>(
    503,
    (f) => `the system lets longhaul have no more files open (${f.reason})`,
    () => 'allow more ("ulimit -n 256" is enough for an import by eight threads), or take fewer --threads',
    true,
  ),
  out_of_memory: entry<{ reason: string }>(
    503,
    (f) => `the system gives longhaul no more memory (${f.reason})`,
    () =>
      'allow more ("ulimit -v" must leave some GiB of addresses), or take fewer --threads and a smaller --staging-memory',
    true,
  ),
  staged_rows_changed: entry<object>(
    500,
    () => 'staged rows do not end where they should: their file has changed; nothing was published',
    () =>
      'run the same command again: it stages what is not whole anew. Nothing else may write into DATABASE.staging',
  ),
} as const;
