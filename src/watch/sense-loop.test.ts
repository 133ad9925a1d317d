import { expect, test } from 'vitest';
import { eventually } from '../../test/helpers/eventually.ts';
import { ManualClock } from '../../test/helpers/manual-clock.ts';
import { SenseLoop } from './sense-loop.ts';

const intervalMs = 8000;

/** A loop over a source that answers at once; `next` tells in how many milliseconds it is asked again. */
class Sensing {
  readonly clock = new ManualClock();
  isSoon = false;
  times = 0;
  readonly loop = new SenseLoop({
    source: 'a',
    sense: async () => {
      this.times++;
      return this.isSoon;
    },
    tuning: {
      ...{ senseIntervalMs: intervalMs, senseTimeoutMs: 60_000, failedRetryMs: 0, filesInHand: 1 },
      ...{ senseBackoff: { firstMs: 1, mostMs: 1 }, readBackoff: { firstMs: 1, mostMs: 1 } },
      databaseBackoff: { firstMs: 1, mostMs: 1 },
    },
    clock: this.clock,
    random: () => 0.5,
    report: () => undefined,
  });

  async next(): Promise<number> {
    const before = this.times;
    if (before === 0) this.loop.start();
    else this.loop.senseNow();
    await eventually('it is sensed', () => this.times > before);
    await eventually('it waits', () => (this.loop.status().nextSenseMs ?? 0) > this.clock.wallMs());
    return this.loop.status().nextSenseMs! - this.clock.wallMs();
  }
}

test('what is about to offer something is asked more often, for a while', async () => {
  const sensing = new Sensing();
  expect(await sensing.next()).toBe(intervalMs);
  sensing.isSoon = true;
  expect(await sensing.next()).toBe(intervalMs / 8);
  sensing.clock.advance(5 * intervalMs);
  expect(await sensing.next()).toBe(intervalMs / 8);
  sensing.clock.advance(1);
  expect(await sensing.next()).toBe(intervalMs);
  sensing.isSoon = false;
  expect(await sensing.next()).toBe(intervalMs);
  sensing.isSoon = true;
  expect(await sensing.next()).toBe(intervalMs / 8);
  await sensing.loop.stop();
});
