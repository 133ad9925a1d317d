import { readFileSync } from 'node:fs';

/**
 * Most memory that this process has had at once, in bytes. Linux tells it as `VmHWM`; the number that `resourceUsage` gives
 * there is also that of the program which started this one, if it had more.
 */
export function peakRssBytes(): number {
  return linuxPeakBytes() ?? process.resourceUsage().maxRSS * 1024;
}

function linuxPeakBytes(): number | null {
  if (process.platform !== 'linux') return null;
  const [, kib] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return kib === undefined ? null : Number(kib) * 1024;
}
