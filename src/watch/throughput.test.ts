import { expect, test } from 'vitest';
import { ManualClock } from '../../test/helpers/manual-clock.ts';
import type { WatchEvent } from './events.ts';
import { Throughput } from './throughput.ts';

const staged = (run: number, records: number): WatchEvent => ({
  ...{ kind: 'import_progress', source: 's', file: 'f', dataset: 'd' },
  progress: {
    ...{ phase: 'staging', run, chunkIndex: 0, storedBytes: 0, expectedBytes: null, chunksTakenOver: 0 },
    ...{ contentBytes: records * 10, records },
  },
});

test('what runs have staged, in buckets of ten seconds', () => {
  const clock = new ManualClock();
  const throughput = new Throughput(clock);
  const began = Math.floor(clock.wallMs() / 10_000) * 10_000;
  for (const event of [staged(1, 100), staged(1, 250), staged(2, 50)]) throughput.count(event);
  expect(throughput.points).toEqual([{ atMs: began, records: 300, bytes: 3000 }]);
  clock.advance(30_000);
  throughput.count(staged(2, 60));
  // Begun anew.
  throughput.count(staged(2, 5));
  throughput.count(staged(2, 9));
  expect(throughput.points).toEqual([
    { atMs: began, records: 300, bytes: 3000 },
    { atMs: began + 30_000, records: 14, bytes: 140 },
  ]);
  expect(throughput.records).toBe(314);
  clock.advance(3_570_000);
  expect(throughput.points.map(({ records }) => records)).toEqual([14]);
  clock.advance(100_000);
  expect(throughput.points).toEqual([]);
});
