import type { CountBucket } from './search.ts';

/** @param frequencies (number of rows, how many values have so many) */
export function countBuckets(frequencies: readonly (readonly unknown[])[]): CountBucket[] {
  const buckets = new Map<number, { groups: number; rows: number }>();
  for (const frequency of frequencies) {
    const [number, groups] = frequency.map(Number) as [number, number];
    const from = 2 ** Math.floor(Math.log2(number));
    const bucket = buckets.get(from) ?? { groups: 0, rows: 0 };
    buckets.set(from, { groups: bucket.groups + groups, rows: bucket.rows + groups * number });
  }
  return Array.from(buckets, ([from, sums]) => ({ from, to: 2 * from - 1, ...sums })).sort(
    (a, b) => a.from - b.from,
  );
}
