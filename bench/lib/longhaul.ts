/** Starting Longhaul as its users do: `bin/longhaul.js`, which takes dist/ unless src/ is younger. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Receipt } from '../../src/run/receipt.ts';
import { type ChildResult, type Measured, runChild } from './child.ts';

const root = join(import.meta.dirname, '../..');

/** Builds dist/ if it is missing or older than src/. */
export function build(): void {
  if (isBuilt()) return;
  const { status } = spawnSync(process.execPath, [join(root, 'scripts/build.js')], { stdio: 'inherit' });
  if (status !== 0) throw new Error('dist/ could not be built');
}

/** Call it after the last run: `bin/longhaul.js` starts from src/, three times as slowly, once that has changed. */
export function checkStillBuilt(): void {
  if (!isBuilt()) throw new Error('src/ has changed during the runs, so they have measured two programs');
}

function isBuilt(): boolean {
  const built = join(root, 'dist/cli/main.js');
  if (!existsSync(built)) return false;
  const source = join(root, 'src');
  const names = readdirSync(source, { recursive: true, encoding: 'utf8' });
  const youngest = Math.max(...names.map((name) => statSync(join(source, name)).mtimeMs));
  return youngest <= statSync(built).mtimeMs;
}

export function longhaul(args: readonly string[], nodeArgs: readonly string[] = []): Promise<ChildResult> {
  return runChild(process.execPath, [...nodeArgs, join(root, 'bin/longhaul.js'), ...args]);
}

/** One import, as a whole process. `name` says whose version the content is. */
export async function longhaulImport(
  database: string,
  file: string,
  name = 'products.csv',
): Promise<Measured & { receipt: Receipt }> {
  const args = [
    'import',
    file,
    '--as',
    name,
    '--db',
    database.includes('://') ? database : `sqlite:${database}`,
    '--json',
    '--quiet',
  ];
  const { stdout, ...measured } = await longhaul(args);
  const [receipt] = (JSON.parse(stdout) as { receipts: Receipt[] }).receipts;
  if (receipt === undefined) throw new Error('longhaul import has printed no receipt');
  return { ...measured, receipt };
}
