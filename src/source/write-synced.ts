import { open } from 'node:fs/promises';
import { LonghaulError } from '../runtime/errors.ts';

/** A small file of our own, on the disk when it resolves; `flags` as of `open`. What leads to it is the caller's to sync. */
export async function writeSynced(path: string, text: string, flags: 'w' | 'wx' = 'w'): Promise<void> {
  await using file = await open(path, flags, 0o600);
  await file.writeFile(text);
  await file.sync();
}

/** What was made, renamed or removed in a folder stays so after a crash. */
export async function syncFolder(path: string): Promise<void> {
  await using folder = await open(path, 'r');
  await folder.sync();
}

/** What the system has against working in a folder of ours, as an error of ours. */
export async function triedIn<Result>(
  work: () => Promise<Result>,
  told: (code: string, error: unknown) => Error,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined || error instanceof LonghaulError) throw error;
    throw told(code, error);
  }
}
