import { spawnSync } from 'node:child_process';
import { TempFolder } from './temp-folder.ts';

/** Why a small disk, mounted for some processes alone, cannot be had here, or null. */
export function whyNoSmallDisk(): string | null {
  if (process.platform !== 'linux') return 'needs mount namespaces of Linux';
  using folder = new TempFolder();
  const mount = ['mount', '-t', 'tmpfs', '-o', 'size=1m', 'longhaul-test', folder.path];
  return spawnSync('unshare', ['-m', ...mount]).status === 0
    ? null
    : 'may not mount (needs root and unshare)';
}
