import { entry } from './error-entry.ts';

/** What can be wrong with what a person says of sources. */
export const masterErrors = {
  source_there: entry<{ database: string; source: string }>(
    409,
    (f) => `${f.database}: there is a source "${f.source}" already`,
    (f) => `give it another name, or first: longhaul sources remove ${f.source}`,
  ),
  source_unknown: entry<{ database: string; source: string }>(
    404,
    (f) => `${f.database}: remembers no source "${f.source}"`,
    () =>
      '"longhaul show sources" lists those that the database remembers; those of longhaul.yaml and of --source are changed there',
  ),
  database_unusable: entry<{ reason: string }>(
    503,
    (f) => `the database cannot be used at the moment: ${f.reason}`,
    () => 'it goes on by itself once the database can be used again',
    true,
  ),
  database_gone: entry<{ database: string }>(
    503,
    (f) => `${f.database}: its file was removed, or replaced by another one, while it was in use`,
    () =>
      'put it back, or another database in its place; a master goes on with what is there by itself, and makes a new one when it is restarted',
    true,
  ),
  source_token_wrong: entry<{ source: string; from: string; reason: string }>(
    422,
    (f) => `${f.source}: its token cannot be taken from ${f.from} (${f.reason})`,
    () => 'put nothing but the token there, and let the user who runs the master read it',
    true,
  ),
};
