import { entry, quoted } from './error-entry.ts';

/** What can be wrong with what a person says of a dataset. */
export const datasetErrors = {
  config_wrong: entry<{ file: string; mistakes: readonly string[] }>(
    422,
    (f) => `${f.file}: ${f.mistakes.length === 1 ? f.mistakes[0] : `${f.mistakes.length} mistakes`}`,
    (f) => `correct ${f.file}; docs/reference/config.md says what can stand in it`,
  ),
  dataset_unknown: entry<{ database: string; table: string; known: readonly string[] }>(
    404,
    (f) => `${f.database}: longhaul keeps no table "${f.table}" there`,
    (f) =>
      f.known.length === 0
        ? 'import a file into it: longhaul import --table NAME --key COLUMN FILE'
        : `give --table one of ${quoted(f.known)}, or import a file into a new one`,
  ),
  dataset_impossible: entry<{ table: string; problem: string }>(
    422,
    (f) => `"${f.table}" cannot be a table as it is described: ${f.problem}`,
    () => 'correct --table, --key, --count-by or --types, or what longhaul.yaml says of the table',
  ),
  dataset_conflict: entry<{ database: string; table: string; conflict: string }>(
    409,
    (f) => `${f.database}: "${f.table}" is there already, and ${f.conflict}`,
    (f) =>
      `leave that out, give --table another name, or empty the table first (longhaul clear --table ${f.table}): one that holds something keeps its description`,
  ),
  dataset_undescribed: entry<{ table: string }>(
    422,
    (f) => `"${f.table}" is a new table, and nothing says which columns it has`,
    () => 'import a file with a header first, give --columns, or list the columns in longhaul.yaml',
  ),
  table_mismatch: entry<{ database: string; table: string; reason: string }>(
    409,
    (f) => `${f.database}: the table "${f.table}" ${f.reason}`,
    (f) =>
      f.reason.startsWith('is missing')
        ? 'restore the database from a backup, or import all files anew, into another one (--db)'
        : 'use another database with --db, or rename that table',
  ),
  table_refuses: entry<{ database: string; reason: string }>(
    422,
    (f) =>
      `${f.database}: something that others have made for a table refuses a row (${f.reason}); nothing was changed`,
    () => 'see which constraint, trigger or index says so: change it, or what is to be written',
  ),
  edit_key_parts: entry<{ table: string; key: readonly string[]; given: number }>(
    422,
    (f) => `a row of "${f.table}" is known by ${quoted(f.key)}, and ${f.given} values are given`,
    () => 'give a value for each column of the key, in this order',
  ),
  edit_without_key: entry<{ table: string }>(
    422,
    (f) => `the rows of "${f.table}" cannot be edited: it has no key to know them by`,
    () => 'correct the file and import it again',
  ),
  not_searchable: entry<{ table: string; column: string; reason: string; known: readonly string[] }>(
    422,
    (f) => `"${f.table}" cannot be searched${f.column === '' ? '' : ` by "${f.column}"`} so: ${f.reason}`,
    (f) =>
      f.known.length === 0
        ? 'list all rows; those of a table with a key or counts can be searched'
        : `search by one of ${quoted(f.known)}, or for an exact value`,
  ),
  not_counted: entry<{ table: string; column: string; known: readonly string[] }>(
    404,
    (f) => `"${f.table}" is not counted by "${f.column}"`,
    (f) => (f.known.length === 0 ? 'it has no counts' : `ask for one of ${quoted(f.known)}`),
  ),
  index_not_ready: entry<{ table: string; column: string }>(
    503,
    (f) =>
      `the index of "${f.table}" by "${f.column}" is not there yet, and there are too many rows to search without it`,
    () => 'ask again later: a running master makes it in the background (longhaul master)',
    true,
  ),
};
