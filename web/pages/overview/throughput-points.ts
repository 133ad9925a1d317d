import type { Throughput } from '../../../src/api/wire/status.ts';

export interface ThroughputPoint {
  readonly atMs: number;
  readonly 'records/s': number;
}

/** A point for each bucket from the first to the last with any records, and one of zero on either side: gaps are zeros, not lines. */
export function filledPoints({ bucketMs, points }: Throughput): ThroughputPoint[] {
  const first = points.at(0);
  const last = points.at(-1);
  if (first === undefined || last === undefined) return [];
  const known = new Map(points.map(({ atMs, records }) => [atMs, records]));
  const filled: ThroughputPoint[] = [];
  for (let atMs = first.atMs - bucketMs; atMs <= last.atMs + bucketMs; atMs += bucketMs)
    filled.push({ atMs, 'records/s': ((known.get(atMs) ?? 0) * 1000) / bucketMs });
  return filled;
}
