/** Any ranges put together are the file, whoever asks for them at the same time. */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { defaultDialect } from '../../src/csv/dialect.ts';
import { withParser } from '../../src/csv/parser.ts';
import { sampleBlocks } from '../../src/sample/blocks.ts';
import type { Manifest, ManifestChunk } from '../../src/source/manifest.ts';
import { Random } from '../helpers/random.ts';
import { TempFolder } from '../helpers/temp-folder.ts';
import { TestSource } from '../helpers/test-source.ts';

const bytes = Buffer.concat([...sampleBlocks({ records: 20_000, seed: 7 })]);
const sha256 = (part: Uint8Array): string => createHash('sha256').update(part).digest('hex');

test('the chunks of the manifest, each read by its range, have their hashes and their records', async () => {
  using folder = new TempFolder();
  folder.write('a.csv', bytes);
  await using source = await TestSource.start(folder);
  const version = await source.version('a.csv');
  const manifest = (await (await source.get('/manifest?file=a.csv')).json()) as Manifest;
  expect(manifest).toMatchObject({ version, bytes: bytes.length, header: ['name', 'sku', 'description'] });
  const chunks = manifest.chunks as readonly ManifestChunk[];
  expect(chunks.length).toBeGreaterThan(30);
  const read = await Promise.all(
    chunks.map(async ({ offset, length }) => {
      const headers = { range: `bytes=${offset}-${offset + length - 1}`, 'if-match': `"${version}"` };
      return (await source.read('a.csv', headers)).bytes();
    }),
  );
  expect(read.map(sha256)).toEqual(chunks.map((chunk) => chunk.sha256));
  expect(Buffer.concat(read).equals(bytes)).toBe(true);
  let line = 1;
  for (const [index, chunk] of chunks.entries()) {
    expect(chunk.line).toBe(line);
    const { records, lineEnds } = parsed(read[index]!, chunk.skip);
    expect(records).toBe(chunk.records);
    line += lineEnds;
  }
  expect(chunks.reduce((sum, { records }) => sum + records, 0)).toBe(20_000);
});

/** A chunk by itself, as whoever stages it parses it. */
function parsed(chunk: Uint8Array, skip: number): { records: number; lineEnds: number } {
  const records = withParser({ dialect: defaultDialect, columns: 3, capacity: 100 }, (parser) => {
    for (let at = parser.start(chunk, skip); at < chunk.length; ) at = parser.parse(at);
    return parser.records;
  });
  return { records, lineEnds: chunk.reduce((sum, byte) => sum + (byte === 0x0a ? 1 : 0), 0) };
}

test('any ranges put together', async () => {
  using folder = new TempFolder();
  folder.write('a.csv', bytes);
  await using source = await TestSource.start(folder);
  const version = await source.version('a.csv');
  expect(version).toBe(sha256(bytes));
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
