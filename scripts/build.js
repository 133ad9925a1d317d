/**
 * Builds dist/ from src/. With --if-possible, as `prepare` calls it, a missing compiler or a type error is no
 * failure: `npm ci --omit=dev` must work, and commands start from src/ when there is no dist/.
 *
 * Plain JavaScript, because npm runs `prepare` on whatever Node there is.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
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
}
