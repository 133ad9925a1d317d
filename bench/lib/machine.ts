/** What a figure depends on besides the code: no names, no paths. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, platform, totalmem } from 'node:os';
import { sqliteShellVersion } from './sqlite-shell.ts';

const root = new URL('../../', import.meta.url);

export function machine(): Record<string, string | number> {
  return {
    platform: platform(),
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryBytes: totalmem(),
  };
}

/** Of the last minute. */
export function load(): number {
  return Number((loadavg()[0] ?? 0).toFixed(2));
}

export function versions(): Record<string, string | null> {
  return {
    node: process.versions.node,
    sqliteInNode: process.versions['sqlite'] ?? null,
    sqliteShell: sqliteShellVersion(),
    duckdb: packageVersion('@duckdb/node-api'),
    udsv: packageVersion('udsv'),
  };
}

/** What is measured: `-changed` when src/ or bin/ differ from that commit. */
export function commit(): string {
  const git = (...args: string[]): string | null => {
    const { status, stdout } = spawnSync('git', args, { cwd: root, encoding: 'utf8' });
    return status === 0 ? stdout.trim() : null;
  };
  const hash = git('rev-parse', '--short=10', 'HEAD');
  if (hash === null) return 'unknown';
  const changes = git('status', '--porcelain', '--', 'src', 'bin', 'package-lock.json');
  return changes === '' ? hash : `${hash}-changed`;
}

function packageVersion(name: string): string {
  const text = readFileSync(new URL(`node_modules/${name}/package.json`, root), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
