/** Any ranges put together are the file, whoever asks for them at the same time. */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sampleBlocks } from '../../src/sample/blocks.ts';
import { Random } from '../helpers/random.ts';
import { TempFolder } from '../helpers/temp-folder.ts';
import { TestSource } from '../helpers/test-source.ts';

test('any ranges put together', async () => {
  using folder = new TempFolder();
  const bytes = Buffer.concat([...sampleBlocks({ records: 20_000, seed: 7 })]);
  folder.write('a.csv', bytes);
  await using source = await TestSource.start(folder);
  const version = await source.version('a.csv');
  expect(version).toBe(createHash('sha256').update(bytes).digest('hex'));
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: bytes.length - 1 }), { maxLength: 12, size: 'max' }),
      fc.integer(),
      async (cuts, seed) => {
        const borders = [...new Set([0, ...cuts, bytes.length])].sort((a, b) => a - b);
        const ranges = borders.slice(1).map((to, index) => ({ from: borders[index]!, to }));
        const parts = new Map<number, Uint8Array>();
        await Promise.all(
          new Random(seed).shuffled(ranges).map(async ({ from, to }) => {
            const isLast = to === bytes.length;
            const response = await source.read('a.csv', {
              range: `bytes=${from}-${isLast ? '' : to - 1}`,
              'if-match': `"${version}"`,
            });
            expect(response.status).toBe(206);
            expect(response.headers.get('content-range')).toBe(`bytes ${from}-${to - 1}/${bytes.length}`);
            parts.set(from, await response.bytes());
          }),
        );
        expect(Buffer.concat(ranges.map(({ from }) => parts.get(from)!)).equals(bytes)).toBe(true);
      },
    ),
    { numRuns: 60 },
  );
});
