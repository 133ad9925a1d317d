import type { BigIntStats } from 'node:fs';

/** What the file system tells of a file's content: equal as long as nothing was done to the file, whatever it holds. */
export function fingerprintOf(stats: BigIntStats): string {
  return [stats.dev, stats.ino, stats.size, stats.mtimeNs, stats.ctimeNs].join(':');
}
