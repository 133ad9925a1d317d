/** What can be wrong with an upload, apart from what is in it. */
import { entry } from './error-entry.ts';

export const uploadErrors = {
  upload_too_large: entry<{ mostBytes: number; advice: string }>(
    413,
    (f) => `the upload is larger than ${f.mostBytes} bytes, and nothing of it was kept`,
    (f) => f.advice,
  ),
  upload_cut_off: entry<{ bytes: number }>(
    400,
    (f) => `the upload broke off after ${f.bytes} bytes, and nothing of it was kept`,
    () => 'upload it again',
    true,
  ),
  upload_too_slow: entry<{ bytes: number; leastBytes: number; seconds: number }>(
    408,
    (f) =>
      `the upload brought less than ${f.leastBytes} bytes in ${f.seconds} s; ${f.bytes} were here, and nothing of them was kept`,
    () => 'upload it again over a quicker connection, or let the master read the file as a source',
    true,
  ),
  uploads_full: entry<{ reason: string }>(
    503,
    (f) => `no more uploads are taken at the moment: ${f.reason}`,
    () => 'upload it again when those that wait have been imported',
    true,
  ),
  upload_failed: entry<{ folder: string; reason: string }>(
    507,
    (f) => `the upload cannot be kept in ${f.folder} (${f.reason})`,
    () => 'see whether the disk has room and whether the master may write to that folder',
    true,
  ),
} as const;
