import { accessErrors } from './access-errors.ts';
import { entry } from './error-entry.ts';
import { uploadErrors } from './upload-errors.ts';

/** What servers refuse, and why one cannot start. */
export const serviceErrors = {
  ...accessErrors,
  ...uploadErrors,
  folder_not_found: entry<{ folder: string }>(
    404,
    (f) => `${f.folder}: no such folder`,
    () => 'check the path; a relative one starts at the folder in which you call longhaul',
  ),
  hosted_folder_gone: entry<{ folder: string; reason: string }>(
    503,
    (f) => `the hosted folder ${f.folder} cannot be listed now (${f.reason})`,
    () => 'see why the folder is away; once it is back it is hosted again by itself',
    true,
  ),
  folder_not_readable: entry<{ file: string; reason: string }>(
    403,
    (f) => `${f.file}: the folder cannot be listed (${f.reason})`,
    () => 'let the source server read the folder, or move it out of the hosted one',
  ),
  link_refused: entry<{ file: string; reason: string }>(
    403,
    (f) => `${f.file}: is a link that is not followed: ${f.reason}`,
    () => 'put the file itself into the hosted folder, or link to a file below it',
  ),
  file_not_hosted: entry<{ file: string }>(
    404,
    (f) => `no file "${f.file}" is hosted here`,
    () => '/sense lists the files that are; names are compared to the letter',
  ),
  nothing_hosted: entry<object>(
    404,
    () => 'no file is hosted here yet',
    () => 'put a CSV file into the hosted folder',
  ),
  file_preparing: entry<{ file: string }>(
    503,
    (f) => `${f.file}: has just changed; it can be read once it was left alone for 2 s and is hashed`,
    () => 'ask again after the time that Retry-After says',
    true,
  ),
  version_gone: entry<{ file: string; version: string | null }>(
    412,
    (f) => `${f.file}: this version is gone${f.version === null ? '' : `; the current one is ${f.version}`}`,
    () => 'sense again and read the current version from its beginning',
  ),
  reader_too_slow: entry<{ file: string; seconds: number }>(
    408,
    (f) => `${f.file}: the reader took nothing for ${f.seconds} s and was cut off`,
    () => 'read again from where it broke off, with Range and If-Range',
    true,
  ),
  range_outside: entry<{ file: string; bytes: number }>(
    416,
    (f) => `${f.file}: has ${f.bytes} bytes, and the range begins behind them`,
    () => 'ask for bytes that are there',
  ),
  token_wrong: entry<object>(
    401,
    () => 'this needs a token, and the request has none or another one',
    () => 'send the header "Authorization: Bearer TOKEN" with the token that the server was started with',
  ),
  server_busy: entry<{ requests: number }>(
    503,
    (f) => `${f.requests} such requests are under way, and no more are taken`,
    () => 'ask again after the time that Retry-After says',
    true,
  ),
  server_ending: entry<object>(
    503,
    () => 'the server is ending and takes nothing new',
    () => 'ask again when it has been started again',
    true,
  ),
  request_wrong: entry<{ reason: string }>(
    400,
    (f) => `the request cannot be understood: ${f.reason}`,
    () => 'correct the request',
  ),
  address_unknown: entry<{ path: string; known: string }>(
    404,
    (f) => `there is nothing at ${f.path}`,
    (f) => `this server has ${f.known}`,
  ),
  method_unknown: entry<{ path: string; method: string; allowed: readonly string[] }>(
    405,
    (f) => `${f.path} does not take ${f.method}`,
    (f) => `it takes ${f.allowed.map((method) => method).join(', ')}`,
  ),
  cannot_listen: entry<{ address: string; reason: string }>(
    503,
    (f) => `cannot listen on ${f.address} (${f.reason})`,
    () => 'give --port another port (0: one that is free), or --host another address of this machine',
  ),
};
