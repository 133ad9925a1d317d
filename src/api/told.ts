import { type ErrorCode, LonghaulError } from '../runtime/errors.ts';
import { serverErrors } from '../runtime/server-errors.ts';

/** Codes that say what is wrong with the database, and not with a request. */
const ofDatabase: ReadonlySet<ErrorCode> = new Set([
  ...(Object.keys(serverErrors) as (keyof typeof serverErrors)[]).filter((code) => code !== 'value_too_long'),
  ...([
    'database_missing',
    'database_gone',
    'database_not_published',
    'database_not_one',
    'database_not_utf8',
    'database_damaged',
    'database_newer',
    'database_locked',
    'database_not_writable',
    'database_not_ours',
    'database_not_readable',
    'database_failed',
    'disk_full',
    'import_running',
  ] as const),
]);

/** Whoever asks the API can do nothing about the database but wait, whatever is wrong with it. */
export function toldOfDatabase(error: LonghaulError): LonghaulError {
  if (!ofDatabase.has(error.code)) return error;
  return LonghaulError.of('database_unusable', { reason: error.message }, { cause: error });
}
