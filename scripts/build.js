/**
 * Builds dist/ from src/, and the pages in dist/web/ from web/. With --if-possible, as `prepare` calls it, a missing
 * compiler or a type error is no failure: `npm ci --omit=dev` must work, and commands start from src/ when there is no
 * dist/. Without pages a master answers its API all the same.
 *
 * Plain JavaScript, because npm runs `prepare` on whatever Node there is.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

const path = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url));
const optional = process.argv.includes('--if-possible');
const compiler = path('node_modules/typescript/bin/tsc');

rmSync(path('dist'), { recursive: true, force: true }); // no file of a former build survives

if (!existsSync(compiler)) {
  console.error('build: TypeScript is not installed. Commands will start from src/.');
  process.exitCode = optional ? 0 : 1;
} else {
  const args = [compiler, '--project', path('tsconfig.build.json'), '--noEmitOnError'];
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' });
  if (status !== 0) console.error('build: not built. Commands will start from src/.');
  process.exitCode = optional ? 0 : status;
  if (status === 0) await bundle();
}
if (!(await buildPages()) && !optional) process.exitCode = 1;

/** @returns whether they are built */
async function buildPages() {
  try {
    // Whoever builds: React's larger one, for development, is for nobody here.
    process.env.NODE_ENV = 'production';
    const { build } = await import('vite');
    await build({ configFile: path('web/vite.config.ts'), logLevel: 'warn' });
    return true;
  } catch (error) {
    if (error.code === 'ERR_MODULE_NOT_FOUND') console.error('build: Vite is not installed.');
    else console.error(error);
    console.error('build: no pages. The API works without.');
    return false;
  }
}

/**
 * Puts the modules of each entry together: finding and loading 120 files takes 40 ms at each start, and 15 ms in each thread. A
 * file of a folder beside its own finds others by the same relative paths; that is all that code may rely on.
 * dist/ works without it as well.
 */
async function bundle() {
  let rolldown;
  try {
    ({ rolldown } = await import('rolldown'));
  } catch {
    return; // not installed, or not for this Node
  }
  const entries = ['index', 'cli/main', 'processes/threads'];
  for (const name of readdirSync(path('dist/processes'))) {
    if (name.endsWith('-thread.js')) entries.push(`processes/${name.slice(0, -'.js'.length)}`);
  }
  const bundled = await rolldown({
    input: Object.fromEntries(entries.map((entry) => [entry, path(`dist/${entry}.js`)])),
    platform: 'node',
    // Packages stay what users have installed.
    external: (id) => !id.startsWith('.') && !id.startsWith('/'),
  });
  const output = { format: 'esm', sourcemap: true, chunkFileNames: 'chunks/[name]-[hash].js' };
  const { output: files } = await bundled.generate(output);
  for (const name of readdirSync(path('dist'), { recursive: true, encoding: 'utf8' })) {
    if (/\.js(\.map)?$/.test(name)) rmSync(path(`dist/${name}`));
  }
  for (const file of files) {
    const target = path(`dist/${file.fileName}`);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, file.type === 'chunk' ? file.code : file.source);
  }
}
