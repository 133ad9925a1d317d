import { setTimeout as sleep } from 'node:timers/promises';

const pollMs = 2;

/** Polls until `condition` is true; fails after `withinMs`. */
export async function eventually(
  what: string,
  condition: () => boolean | Promise<boolean>,
  withinMs = 30_000,
): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`not within ${withinMs} ms: ${what}`);
    await sleep(pollMs);
  }
}
