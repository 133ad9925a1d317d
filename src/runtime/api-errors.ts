/** What the HTTP API refuses. */
import { entry, quoted } from './error-entry.ts';

export const apiErrors = {
  cursor_wrong: entry<object>(
    400,
    () => 'what "after" says is not the end of a page of this list',
    () =>
      'hand back "next" of the page before as it is, with the same other parameters; without "after" a list begins anew',
  ),
  not_searchable: entry<{ table: string; column: string; columns: readonly string[] }>(
    422,
    (f) => `rows of "${f.table}" cannot be found by "${f.column}"`,
    (f) => `they can by ${quoted(f.columns)}`,
  ),
  not_counted: entry<{ table: string; column: string; columns: readonly string[] }>(
    422,
    (f) => `rows of "${f.table}" are not counted by "${f.column}"`,
    (f) => `they are by ${quoted(f.columns)}`,
  ),
  index_not_ready: entry<{ table: string; column: string }>(
    503,
    (f) => `rows of "${f.table}" cannot be found by "${f.column}" yet: its index is being made`,
    () => 'ask again in a while; the index is made while imports go on',
    true,
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
    () => 'change it there, and start the master again',
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
