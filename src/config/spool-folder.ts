import { createHash } from 'node:crypto';
import { join, resolve } from 'node:path';
import type { DatabaseUrl } from './database-url.ts';

/** Where files from elsewhere are brought to before they are imported: a folder of its own for each database. */
export function spoolFolderOf(database: DatabaseUrl, cacheFolder: string): string {
  if (database.engine === 'sqlite') return `${resolve(database.path)}.spool`;
  const { host, pathname, searchParams } = new URL(database.url);
  const name = JSON.stringify([host, pathname, searchParams.get('schema')]);
  return join(cacheFolder, 'spool', createHash('sha256').update(name).digest('hex').slice(0, 16));
}
