/** Where a page of a list ends, as a text that nobody has to understand. */
import { LonghaulError } from '../../runtime/errors.ts';

export function cursorOf(end: readonly string[]): string {
  return Buffer.from(JSON.stringify(end)).toString('base64url');
}

/** @returns null at the beginning. Throws `cursor_wrong`. */
export function readCursor(after: string | undefined, parts: number): readonly string[] | null {
  if (after === undefined) return null;
  let read: unknown;
  try {
    read = JSON.parse(Buffer.from(after, 'base64url').toString('utf8'));
  } catch {
    read = null;
  }
  const isOne =
    Array.isArray(read) && read.length === parts && read.every((part) => typeof part === 'string');
  if (!isOne) throw LonghaulError.of('cursor_wrong', {});
  return read as string[];
}
