import { expect, test } from 'vitest';
import { filledPoints } from './throughput-points.ts';

test('gaps are zeros, and so is what is before and after', () => {
  const points = [
    { atMs: 20_000, records: 500, bytes: 1 },
    { atMs: 40_000, records: 1000, bytes: 1 },
  ];
  expect(filledPoints({ bucketMs: 10_000, points }).map((point) => [point.atMs, point['records/s']])).toEqual(
    [
      [10_000, 0],
      [20_000, 50],
      [30_000, 0],
      [40_000, 100],
      [50_000, 0],
    ],
  );
  expect(filledPoints({ bucketMs: 10_000, points: [] })).toEqual([]);
});
