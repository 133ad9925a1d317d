import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Random } from '../../test/helpers/random.ts';
import type { Reject } from '../schema/rejects.ts';
import { RejectQuota } from './reject-quota.ts';

function rejects(chunk: number, count: number): Reject[] {
  return Array.from({ length: count }, (_, index) => ({
    code: 'empty_key',
    line: chunk,
    byteOffset: chunk * 100 + index,
    byteLength: 1,
    raw: new Uint8Array(1),
    column: null,
    value: null,
  }));
}

test('the first rejects of the file are among those admitted, whatever the order; some chunks twice', () => {
  const counts = fc.array(fc.nat({ max: 9 }), { maxLength: 30, size: 'max' });
  fc.assert(
    fc.property(counts, fc.nat({ max: 30 }), fc.integer(), (perChunk, limit, seed) => {
      const random = new Random(seed);
      const quota = new RejectQuota(limit);
      const written = new Map<number, readonly Reject[]>();
      const chunks = [...perChunk.keys()];
      for (const chunk of random.shuffled([...chunks, ...chunks.filter((index) => index % 3 === 0)])) {
        written.set(chunk, quota.admit(chunk, rejects(chunk, perChunk[chunk]!)));
      }
      const all = perChunk.flatMap((count, chunk) => rejects(chunk, count));
      const admitted = [...written.values()].flat().sort((a, b) => a.byteOffset - b.byteOffset);
      expect(admitted.slice(0, limit)).toEqual(all.slice(0, limit));
    }),
    { numRuns: 500 },
  );
});

test('in the order of the file nothing is admitted once there are enough', () => {
  const quota = new RejectQuota(5);
  expect([0, 1, 2, 3].map((chunk) => quota.admit(chunk, rejects(chunk, 3)).length)).toEqual([3, 3, 0, 0]);
});

test('chunks of an earlier process count as well', () => {
  const quota = new RejectQuota(5);
  quota.count(1, 4);
  quota.count(0, 4);
  expect(quota.admit(2, rejects(2, 3))).toEqual([]);
});
