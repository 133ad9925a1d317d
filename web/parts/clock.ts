/** The only place of the pages that reads the time. */
import { useSyncExternalStore } from 'react';

export function nowMs(): number {
  return Date.now();
}

/** How often a time that is told relative to now is told anew, in milliseconds. */
const tickMs = 1000;
let ticked = nowMs();
let timer: ReturnType<typeof setInterval> | undefined;
const watchers = new Set<() => void>();

function tick(): void {
  ticked = nowMs();
  for (const call of watchers) call();
}

function watch(call: () => void): () => void {
  if (watchers.size === 0) timer = setInterval(tick, tickMs);
  watchers.add(call);
  return () => {
    watchers.delete(call);
    if (watchers.size === 0) clearInterval(timer);
  };
}

/** Now, in whole seconds; all that show it tick together. */
export function useNow(): number {
  return useSyncExternalStore(watch, () => ticked);
}
