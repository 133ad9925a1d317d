import { expect, test } from 'vitest';
import { ManualClock } from '../../test/helpers/manual-clock.ts';
import { Buckets } from './buckets.ts';

/** How often something can be taken until there is nothing left. */
function taken(buckets: Buckets, key: string): number {
  let times = 0;
  while (buckets.take(key)) times++;
  return times;
}

test('so many at once, then as fast as they come back, each address for itself', () => {
  const clock = new ManualClock();
  const buckets = new Buckets({ size: 5, perSecond: 2 }, clock);
  expect([taken(buckets, 'a'), taken(buckets, 'a'), taken(buckets, 'b')]).toEqual([5, 0, 5]);
  expect(buckets.has('a')).toBe(false);
  clock.advance(400);
  expect(buckets.has('a')).toBe(false);
  clock.advance(100);
  expect(buckets.has('a')).toBe(true);
  expect(taken(buckets, 'a')).toBe(1);
  clock.advance(1500);
  expect(taken(buckets, 'a')).toBe(3);
  clock.advance(3_600_000);
  expect(taken(buckets, 'a')).toBe(5);
});

test('whoever asks all the time is not forgotten for a crowd of others', () => {
  const buckets = new Buckets({ size: 2, perSecond: 0 }, new ManualClock());
  expect(taken(buckets, 'a')).toBe(2);
  for (let other = 0; other < 30_000; other++) {
    buckets.take(`other ${other}`);
    expect(buckets.take('a')).toBe(false);
  }
  // The others are: only so many are kept.
  expect(taken(buckets, 'other 0')).toBe(2);
});
