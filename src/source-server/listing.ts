/** What `/sense` tells, made of what is in memory. */
import { createHash } from 'node:crypto';
import type { LonghaulError } from '../runtime/errors.ts';
import type { FileState, HostedFile } from './hosted-file.ts';

interface ListedFile {
  readonly name: string;
  readonly version: string | null;
  readonly bytes: number | null;
  /** When its content was last changed, as its file system has it. */
  readonly modified: string | null;
  readonly state: FileState;
  /** Why it is refused: the code of an error, and its words. */
  readonly code?: string;
  readonly reason?: string;
}

export interface Listing {
  /**
   * A hash over names and contents. It is that of the contents known last while a file is prepared: `touch` does not move it, and
   * what moves it can be read.
   */
  readonly version: string;
  /** The files as JSON. */
  readonly files: string;
}

/** @param refused what is in the folder and no file that could be hosted */
export function listingOf(files: Iterable<HostedFile>, refused: ReadonlyMap<string, LonghaulError>): Listing {
  const listed: ListedFile[] = [];
  const known: (readonly [string, string])[] = [];
  for (const file of files) {
    const { name, version, state, facts, error, lastKnown } = file;
    const modified = timeText(facts.modifiedMs);
    listed.push({ name, version, bytes: facts.bytes, modified, state, ...reason(error) });
    if (lastKnown !== null) known.push([name, lastKnown]);
  }
  for (const [name, error] of refused) {
    listed.push({ name, version: null, bytes: null, modified: null, state: 'refused', ...reason(error) });
    known.push([name, `refused: ${error.code}`]);
  }
  const byName = (a: { name: string }, b: { name: string }): number => compare(a.name, b.name);
  const version = createHash('sha256')
    .update(JSON.stringify(known.sort(([a], [b]) => compare(a, b))))
    .digest('hex');
  return { version, files: JSON.stringify(listed.sort(byName)) };
}

/** `null` for a time beyond what a date can hold; a file system may hold it. */
function timeText(ms: number): string | null {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}

function reason(error: LonghaulError | null): Pick<ListedFile, 'code' | 'reason'> {
  return error === null ? {} : { code: error.code, reason: error.message };
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
