import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MemoryBytes } from '../../test/helpers/memory-file.ts';
import { Random } from '../../test/helpers/random.ts';
import { randomContent } from '../../test/helpers/random-files.ts';
import { type Dialect, defaultDialect } from '../csv/dialect.ts';
import { cutCsv, readCsv } from '../reference/csv.ts';
import { maxRejectRawBytes } from '../schema/rejects.ts';
import { openContent } from '../source/content.ts';
import { ChunkReader, type ReadEvent } from './chunk-reader.ts';

interface ReadFile {
  readonly events: readonly ReadEvent[];
  readonly reader: ChunkReader;
}

interface Settings {
  readonly chunkBytes: number;
  readonly maxRecordBytes: number;
  readonly dialect?: Dialect;
  readonly seed?: number;
}

const { signal } = new AbortController();

/** Reads all, in blocks of random sizes. Buffers go back as from threads: at some time, in some order, overwritten. */
async function readAll(
  bytes: Uint8Array,
  { dialect = defaultDialect, seed = 1, ...sizes }: Settings,
): Promise<ReadFile> {
  const random = new Random(seed);
  const largest = [1, 30, 1000, 2_000_000][random.below(4)]!;
  const stored = new MemoryBytes(
    bytes,
    () => 1 + random.below(largest),
    random.below(2) === 0 ? bytes.length : null,
  );
  await using content = await openContent(stored, { label: 'a.csv' });
  const reader = new ChunkReader(content, { label: 'a.csv', dialect, ...sizes });
  const events: ReadEvent[] = [];
  const away: ArrayBuffer[] = [];
  for await (const event of reader.read(signal)) {
    // What a receiver does with its bytes must not reach what others hold.
    events.push(event.kind === 'header' ? event : { ...event, bytes: event.bytes.slice() });
    if (event.kind === 'chunk') {
      new Uint8Array(event.bytes.buffer).fill(0x22);
      away.push(event.bytes.buffer);
    }
    if (random.below(2) === 0 && away.length > 0)
      reader.giveBack(away.splice(random.below(away.length), 1)[0]!);
  }
  return { events, reader };
}

describe('a chunk reader', () => {
  test('gives out the chunks of the reference with their bytes and hashes, whatever the blocks', async () => {
    const settings = fc.record({
      chunkBytes: fc.constantFrom(1, 7, 30, 100, 10_000),
      maxRecordBytes: fc.constantFrom(40, 100, 10_000),
      seed: fc.integer(),
    });
    let chunks = 0;
    const property = fc.asyncProperty(randomContent, settings, async ({ bytes, dialect }, given) => {
      const csv = readCsv(bytes, dialect, given.maxRecordBytes);
      const reading = readAll(bytes, { dialect, ...given });
      if (csv.openQuote !== null || csv.headerTooLarge) {
        const isBinary = bytes.subarray(0, given.maxRecordBytes).includes(0);
        const tooLarge = isBinary ? 'looks_binary' : 'header_unreadable';
        const code = csv.headerTooLarge ? tooLarge : 'unterminated_quote';
        const { line, byteOffset } = csv.openQuote ?? {};
        await expect(reading).rejects.toMatchObject({
          code,
          facts: csv.headerTooLarge ? {} : { line, byteOffset },
        });
        return;
      }
      const { events, reader } = await reading;
      const headers = events.filter((event) => event.kind === 'header');
      expect(headers).toEqual(
        csv.header === null ? [] : [{ kind: 'header', bytes: bytes.slice(0, csv.headerBytes) }],
      );
      if (csv.header !== null) expect(events[0]).toBe(headers[0]);
      const read = events.filter((event) => event.kind === 'chunk');
      const cuts = cutCsv(bytes, csv, given.chunkBytes);
      expect(read.map(({ cut }) => cut)).toEqual(cuts);
      for (const { cut, sha256, bytes: held, lineEndBytes } of read) {
        const expected = bytes.slice(cut.offset, cut.offset + cut.length);
        expect(sha256).toBe(createHash('sha256').update(expected).digest('hex'));
        const record = csv.records.find(({ byteOffset }) => byteOffset === cut.offset);
        const recordBytes = cut.kind === 'oversized' ? record!.byteLength : cut.length;
        expect(cut.length - lineEndBytes).toBe(recordBytes);
        expect(held).toEqual(expected.slice(0, recordBytes));
      }
      expect(reader.records).toBe(csv.records.length);
      expect(reader.contentBytes).toBe(bytes.length);
      chunks += read.length;
    });
    await fc.assert(property, { numRuns: 300 });
    expect(chunks).toBeGreaterThan(300);
  });

  test.each([3, 5, 11])('passes over a huge record without holding it (blocks %i)', async (seed) => {
    const record = Buffer.alloc(3_000_000, 'x');
    const bytes = Buffer.concat([Buffer.from('a,b\n1,2\n"'), record, Buffer.from('\n\n",3\r\n4,5\n')]);
    const { events } = await readAll(bytes, { chunkBytes: 100_000, maxRecordBytes: 1000, seed });
    const chunks = events.filter((event) => event.kind === 'chunk');
    expect(chunks.map(({ cut }) => [cut.kind, cut.offset, cut.length, cut.line])).toEqual([
      ['records', 0, 8, 1],
      ['oversized', 8, 3_000_000 + 8, 3],
      ['records', 8 + 3_000_000 + 8, 4, 6],
    ]);
    expect(chunks[1]).toMatchObject({
      lineEndBytes: 2,
      sha256: createHash('sha256').update(bytes.subarray(8, -4)).digest('hex'),
    });
    expect(chunks[1]!.bytes).toEqual(new Uint8Array(bytes.subarray(8, 8 + maxRejectRawBytes)));
  });

  test('holds a chunk that is much longer than expected', async () => {
    const bytes = Buffer.from(`a,b\n${'1,2\n'.repeat(700_000)}3,"${'x'.repeat(1_500_000)}"\n`);
    const { events } = await readAll(bytes, { chunkBytes: 2_799_999, maxRecordBytes: 2_000_000, seed: 4 });
    expect(events.map((event) => (event.kind === 'chunk' ? event.cut.length : 0))).toEqual([
      0, 2_800_000, 1_500_009,
    ]);
  });

  test.each([1, 2, 3, 4, 5, 6])(
    'holds what follows a chunk that ends late, in a buffer that is large enough (%i)',
    async (seed) => {
      // The record is known to be too long only after 3 MB; then the short records before it become a chunk.
      const bytes = Buffer.from(`a,b\n${'1,2\n'.repeat(60)}3,${'x'.repeat(4_000_000)}\n4,5\n`);
      const { events } = await readAll(bytes, { chunkBytes: 100, maxRecordBytes: 3_000_000, seed });
      const lengths = events.map((event) => (event.kind === 'chunk' ? event.cut.length : 0));
      expect(lengths).toEqual([0, 100, 100, 44, 4_000_003, 4]);
    },
  );

  test('stops between two blocks when it is told to', async () => {
    const abort = new AbortController();
    const stored = new MemoryBytes(Buffer.from('a\n1\n2\n3\n'), () => 2);
    await using content = await openContent(stored, { label: 'a.csv' });
    const reader = new ChunkReader(content, {
      label: 'a.csv',
      dialect: defaultDialect,
      chunkBytes: 1,
      maxRecordBytes: 100,
    });
    const read = async (): Promise<void> => {
      for await (const event of reader.read(abort.signal)) if (event.kind === 'chunk') abort.abort();
    };
    await expect(read()).rejects.toThrow('aborted');
    expect(content.storedBytes).toBeLessThan(8);
  });
});
