import { setTimeout as sleep } from 'node:timers/promises';

/** Polls until `condition` is true, so often; fails after `withinMs`. All in milliseconds. */
export async function eventually(
  what: string,
  condition: () => boolean | Promise<boolean>,
  withinMs = 30_000,
  everyMs = 2,
): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`not within ${withinMs} ms: ${what}`);
    await sleep(everyMs);
  }
}
