/** What the HTTP API refuses. */
import { entry } from './error-entry.ts';

export const apiErrors = {
  cursor_wrong: entry<object>(
    400,
    () => 'what "after" says is not the end of a page of this list',
    () =>
      'hand back "next" of the page before as it is, with the same other parameters; without "after" a list begins anew',
  ),
  run_cancelled: entry<object>(
    409,
    () => 'a person has cancelled its import',
    () => 'it is left alone until it changes or is retried: POST /api/runs/RUN/retry',
  ),
  run_half_published: entry<{ run: number; published: number; of: number }>(
    409,
    (f) =>
      `run ${f.run} has ${f.published} of ${f.of} partitions published already: it can only go on to its end`,
    () => 'wait until it is done; to undo it, publish the former version of its file again',
  ),
  run_not_running: entry<{ run: number; state: string }>(
    409,
    (f) => `run ${f.run} is ${f.state}: there is nothing to cancel`,
    () => 'what is published stays; a newer version of the file, or an edit, changes rows again',
  ),
  run_not_retryable: entry<{ run: number; reason: string }>(
    409,
    (f) => `run ${f.run} cannot be tried once more: ${f.reason}`,
    () => 'the state of its file, at /api/sources/NAME/files, says what will be done with it',
  ),
  source_in_config: entry<{ source: string }>(
    409,
    (f) => `the source "${f.source}" is one of longhaul.yaml or of the command line`,
    (f) =>
      `"longhaul sources pause ${f.source}" pauses it; all else is changed there, and the master started again`,
  ),
  source_paused: entry<{ source: string }>(
    409,
    (f) => `the source "${f.source}" is paused`,
    () => 'let it go on first: PATCH it with {"paused":false}',
  ),
  source_refused: entry<{ what: string; problem: string }>(
    422,
    (f) => `${f.what} of the source cannot be that: ${f.problem}`,
    () => 'correct it',
  ),
};
