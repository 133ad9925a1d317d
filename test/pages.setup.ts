/** Builds the pages once for all tests in a browser, unless they are as they were built last. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { runTool } from '../scripts/checks/check.ts';

const root = join(import.meta.dirname, '..');
const sources = ['web', 'src/api/wire', 'package-lock.json'];
const built = join(root, 'dist/web/index.html');

function changedMs(path: string): number {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return 0;
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(stat.mtimeMs, ...readdirSync(path).map((name) => changedMs(join(path, name))));
}

export function setup(): void {
  const newestMs = Math.max(...sources.map((name) => changedMs(join(root, name))));
  if (changedMs(built) > newestMs) return;
  // In a process of its own: here NODE_ENV is `test`, by which React would be the larger one for development.
  const { status, output } = runTool(root, 'env', [
    'NODE_ENV=production',
    'vite',
    'build',
    'web',
    '--logLevel',
    'warn',
  ]);
  if (status !== 0) throw new Error(`the pages could not be built:\n${output}`);
}
