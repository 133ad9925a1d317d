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
      '"longhaul show sources" lists those that are known; those of longhaul.yaml and of --source are added and removed there',
  ),
  database_unusable: entry<{ reason: string }>(
    503,
    (f) => `the database cannot be used at the moment: ${f.reason}`,
    () => 'it goes on by itself once the database can be used again',
    true,
  ),
  master_silent: entry<{ master: string; reason: string }>(
    503,
    (f) => `${f.master}: no master answers there (${f.reason})`,
    () => 'start it, or say where it is with --master; "longhaul master" prints where it listens',
    true,
  ),
  master_refused: entry<{ master: string; code: string; reason: string; hint: string }>(
    409,
    (f) => `${f.master}: ${f.reason}`,
    (f) => f.hint,
  ),
  pages_not_built: entry<object>(
    404,
    () => 'the pages are not built',
    () => '"npm run build" builds them; the API under /api works without',
  ),
  database_gone: entry<{ database: string }>(
    503,
    (f) => `${f.database}: its file was removed, or replaced by another one, while it was in use`,
    () =>
      'put it back, and a master goes on by itself; or start it again, and it takes what is there then, or makes a new one',
    true,
  ),
  source_token_wrong: entry<{ source: string; from: string; reason: string }>(
    422,
    (f) => `${f.source}: its token cannot be taken from ${f.from} (${f.reason})`,
    () => 'put nothing but the token there, and let the user who runs the master read it',
    true,
  ),
};
