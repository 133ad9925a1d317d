import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Check } from './check.ts';

/** Of all scripts that a page loads before it shows anything, compressed by gzip. */
const mostBytes = 250_000;

/** Names of the files that a chunk imports at once; what `import(…)` names is loaded later. */
function importsOf(code: string): string[] {
  const statements = code.matchAll(/(?:import|from)\s*["']\.\/([\w.-]+\.js)["']/g);
  return Array.from(statements, ([, name = '']) => name);
}

/** `names` and all that they import, in bytes as they are sent. */
function sizeOf(folder: string, names: readonly string[]): number {
  const wanted = new Set(names);
  let bytes = 0;
  for (const name of wanted) {
    const code = readFileSync(join(folder, name));
    bytes += gzipSync(code, { level: 9 }).length;
    for (const imported of importsOf(code.toString())) wanted.add(imported);
  }
  return bytes;
}

/** Sizes of the first load of each page, the largest first; its own part is the chunk that is named after it. */
function firstLoads(built: string): { page: string; bytes: number }[] {
  const folder = join(built, 'assets');
  const [, main = ''] =
    /src="\/assets\/([\w.-]+\.js)"/.exec(readFileSync(join(built, 'index.html'), 'utf8')) ?? [];
  return readdirSync(folder)
    .filter((name) => /-page-[\w-]+\.js$/.test(name))
    .map((page) => ({ page, bytes: sizeOf(folder, [main, page]) }))
    .toSorted((a, b) => b.bytes - a.bytes);
}

export const pagesSize: Check = {
  name: 'size of the pages',
  problems(root) {
    const built = join(root, 'dist/web');
    if (!existsSync(built)) return 'The pages are not built: npm run build.';
    const loads = firstLoads(built);
    if (loads.length === 0)
      return 'dist/web has no page: this check does not know how they are built any more.';
    return loads
      .filter(({ bytes }) => bytes > mostBytes)
      .map(
        ({ page, bytes }) =>
          `${page} loads ${bytes} bytes of script before it shows anything, at most ${mostBytes}.`,
      )
      .join('\n');
  },
};
