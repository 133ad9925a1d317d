/** One look at everything in a folder. */
import type { BigIntStats, Dirent } from 'node:fs';
import { lstat, readdir, realpath, stat } from 'node:fs/promises';
import { LonghaulError } from '../runtime/errors.ts';
import { fingerprintOf } from './fingerprint.ts';
import { isLeftOut, nameText } from './file-names.ts';

/** What the file system tells of a file. */
export interface FileFacts {
  /** Where its bytes lie: an absolute path without links. */
  readonly path: Buffer;
  readonly fingerprint: string;
  readonly bytes: number;
  /** Milliseconds since 1970, as the file system has them. */
  readonly modifiedMs: number;
  /** Of the last change of content, name or permissions. */
  readonly changedMs: number;
}

export interface FolderScan {
  /** By name: the path below the folder, its parts divided by `/`. */
  readonly files: ReadonlyMap<string, FileFacts>;
  /** What is there but cannot be hosted, and why. */
  readonly refused: ReadonlyMap<string, LonghaulError>;
}

/** Files looked at side by side: more would not be faster, four threads do all of it. */
const sideBySide = 32;
const slash = Buffer.from('/');

/** Throws `hosted_folder_gone` when the folder itself cannot be listed. */
export async function scanFolder(folder: string): Promise<FolderScan> {
  const files = new Map<string, FileFacts>();
  const refused = new Map<string, LonghaulError>();
  let root: Buffer;
  try {
    root = await realpath(folder, 'buffer');
  } catch (error) {
    throw LonghaulError.of('hosted_folder_gone', { folder, reason: reasonOf(error) }, { cause: error });
  }
  const folders: { path: Buffer; name: string }[] = [{ path: root, name: '' }];
  for (let next = folders.pop(); next !== undefined; next = folders.pop()) {
    const { path, name } = next;
    let entries: Dirent<Buffer>[];
    try {
      entries = await readdir(path, { withFileTypes: true, encoding: 'buffer' });
    } catch (error) {
      const reason = reasonOf(error);
      if (name === '') throw LonghaulError.of('hosted_folder_gone', { folder, reason }, { cause: error });
      // One that has just been removed is none.
      if (reason !== 'ENOENT') {
        refused.set(name, LonghaulError.of('folder_not_readable', { file: name, reason }, { cause: error }));
      }
      continue;
    }
    const found = entries
      .map((entry) => ({ entry, text: nameText(entry.name) }))
      .filter(({ text }) => !isLeftOut(text))
      .map(({ entry, text }) => ({ entry, path: below(path, entry.name), name: name + text }));
    for (const { entry, ...rest } of found) {
      if (entry.isDirectory()) folders.push({ path: rest.path, name: `${rest.name}/` });
    }
    const others = found.filter(({ entry }) => !entry.isDirectory());
    for (let from = 0; from < others.length; from += sideBySide) {
      await Promise.all(
        others.slice(from, from + sideBySide).map(async (other) => {
          try {
            files.set(other.name, await lookAtFile(other.path, other.name, root));
          } catch (error) {
            if (error instanceof LonghaulError) refused.set(other.name, error);
            // Removed since the folder was listed, as any other reason not to find it.
            else if (reasonOf(error) !== 'ENOENT') throw error;
          }
        }),
      );
    }
  }
  return { files, refused };
}

/** Follows a link only to a file below the root. Throws LonghaulError if it cannot be hosted, and what `lstat` throws. */
async function lookAtFile(path: Buffer, name: string, root: Buffer): Promise<FileFacts> {
  const stats = await lstat(path, { bigint: true });
  if (!stats.isSymbolicLink()) return factsOf(path, stats, name);
  const refuse = (reason: string): LonghaulError => LonghaulError.of('link_refused', { file: name, reason });
  let target: Buffer;
  let targetStats: BigIntStats;
  try {
    target = await realpath(path, 'buffer');
    targetStats = await stat(target, { bigint: true });
  } catch (error) {
    throw refuse(`it leads nowhere (${reasonOf(error)})`);
  }
  if (!isBelow(target, root)) throw refuse('it leads out of the hosted folder');
  if (targetStats.isDirectory()) throw refuse('it leads to a folder');
  return factsOf(target, targetStats, name);
}

/** Of a file that is known already. Throws what `lstat` throws, and LonghaulError if it is no file any more. */
export async function lookAgain(path: Buffer, name: string): Promise<FileFacts> {
  return factsOf(path, await lstat(path, { bigint: true }), name);
}

/** As `lookAgain`, of a file that a scan has found. A folder on the way may be a link by now, and lead anywhere: that is refused. */
export async function lookAtFound(path: Buffer, name: string): Promise<FileFacts> {
  const facts = await lookAgain(path, name);
  if ((await realpath(path, 'buffer')).equals(path)) return facts;
  throw LonghaulError.of('link_refused', { file: name, reason: 'a folder that it was in has become a link' });
}

function factsOf(path: Buffer, stats: BigIntStats, name: string): FileFacts {
  if (!stats.isFile()) throw LonghaulError.of('file_not_regular', { file: name });
  return {
    path,
    fingerprint: fingerprintOf(stats),
    bytes: Number(stats.size),
    modifiedMs: Number(stats.mtimeMs),
    changedMs: Number(stats.mtimeMs > stats.ctimeMs ? stats.mtimeMs : stats.ctimeMs),
  };
}

function below(folder: Buffer, name: Buffer): Buffer {
  return Buffer.concat([folder, folder.at(-1) === slash[0] ? Buffer.alloc(0) : slash, name]);
}

function isBelow(path: Buffer, root: Buffer): boolean {
  const start = below(root, Buffer.alloc(0));
  return path.subarray(0, start.length).equals(start);
}

function reasonOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? (error instanceof Error ? error.message : String(error));
}
