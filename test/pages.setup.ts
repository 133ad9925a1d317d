/** Builds the pages once for all tests in a browser, unless they are as they were built last. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'vite';

const root = join(import.meta.dirname, '..');
const sources = ['web', 'src/api/wire', 'package-lock.json'];
const built = join(root, 'dist/web/index.html');

function changedMs(path: string): number {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return 0;
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(stat.mtimeMs, ...readdirSync(path).map((name) => changedMs(join(path, name))));
}

export async function setup(): Promise<void> {
  const newestMs = Math.max(...sources.map((name) => changedMs(join(root, name))));
  if (changedMs(built) > newestMs) return;
  await build({ configFile: join(root, 'web/vite.config.ts'), logLevel: 'warn' });
}
