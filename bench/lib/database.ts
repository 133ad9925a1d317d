import { closeSync, copyFileSync, fsyncSync, openSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { runChild } from './child.ts';

const sideFiles = ['', '-wal', '-shm', '-journal', '.wal', '.lock', '.importing'];

/** Removes a database with whatever lies beside it. */
export function removeDatabase(path: string): void {
  for (const ending of sideFiles) rmSync(`${path}${ending}`, { recursive: true, force: true });
}

/** Replaces a database by a copy of another, on the disk when this returns: who comes next shall not wait for it. */
export function copyDatabase(from: string, to: string): void {
  removeDatabase(to);
  copyFileSync(from, to);
  const file = openSync(to, 'r+');
  fsyncSync(file);
  closeSync(file);
}

/** The digest of a database's products and counts, by `bench/digest.ts`. */
async function digestOf(database: string): Promise<string> {
  const program = fileURLToPath(new URL('../digest.ts', import.meta.url));
  const { stdout } = await runChild(process.execPath, [program, database]);
  return stdout.trim();
}

/** The digest that all databases have. Throws if one differs. */
export async function commonDigest(databases: ReadonlyMap<string, string>): Promise<string> {
  const digests = new Map<string, string>();
  for (const [what, database] of databases) digests.set(what, await digestOf(database));
  const [digest, ...others] = new Set(digests.values());
  if (digest !== undefined && others.length === 0) return digest;
  const list = Array.from(digests, ([what, found]) => `  ${found}  ${what}`).join('\n');
  throw new Error(`the answers differ, so there is nothing to compare:\n${list}`);
}
