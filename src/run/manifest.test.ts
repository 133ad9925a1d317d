import { createHash } from 'node:crypto';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MemoryBytes } from '../../test/helpers/memory-file.ts';
import { randomContent } from '../../test/helpers/random-files.ts';
import { sourceSettings } from '../../test/helpers/test-source.ts';
import { LonghaulError } from '../runtime/errors.ts';
import { openContent } from '../source/content.ts';
import type { Manifest, ManifestChunk } from '../source/manifest.ts';
import type { StoredBytes } from '../source/source-file.ts';
import { ChunkReader, type ReadChunk } from './chunk-reader.ts';
import { makeManifest, type ManifestSettings } from './manifest.ts';

const { signal } = new AbortController();
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

function stored(bytes: Uint8Array, blockSize = 1000): StoredBytes {
  const memory = new MemoryBytes(bytes, () => blockSize);
  const readAt = async (target: Uint8Array, position: number): Promise<number> => {
    const found = bytes.subarray(position, position + target.length);
    target.set(found);
    return found.length;
  };
  return {
    read: (target) => memory.read(target),
    checkUnchanged: () => memory.checkUnchanged(),
    [Symbol.asyncDispose]: () => memory[Symbol.asyncDispose](),
    expectedBytes: bytes.length,
    seekable: { size: bytes.length, readAt },
  };
}

function manifestOf(
  bytes: Uint8Array,
  changed: Partial<ManifestSettings> = {},
  name = 'a.csv',
): Promise<Manifest> {
  return makeManifest(stored(bytes), name, { ...sourceSettings, ...changed }, signal);
}

/** What an import of the same bytes stages. */
async function engineChunks(bytes: Uint8Array, settings: ManifestSettings): Promise<ReadChunk[]> {
  const content = await openContent(new MemoryBytes(bytes, () => 700), { label: 'a.csv' });
  const reader = new ChunkReader(content, {
    ...settings,
    label: 'a.csv',
    columns: settings.columns ?? undefined,
  });
  const chunks: ReadChunk[] = [];
  for await (const event of reader.read(signal)) if (event.kind === 'chunk') chunks.push(event);
  return chunks;
}

test('the chunks are those of an import, and tile the file', async () => {
  await fc.assert(
    fc.asyncProperty(
      randomContent,
      fc.integer({ min: 1, max: 400 }),
      fc.integer({ min: 30, max: 400 }),
      fc.boolean(),
      async ({ bytes, dialect: random }, chunkBytes, maxRecordBytes, header) => {
        const dialect = { ...random, header };
        const settings = { ...sourceSettings, dialect, chunkBytes, maxRecordBytes };
        let manifest: Manifest;
        try {
          manifest = await manifestOf(bytes, settings);
        } catch (error) {
          // Which files are refused is the engine's to say; tested there.
          expect(error).toBeInstanceOf(LonghaulError);
          return;
        }
        const expected = (await engineChunks(bytes, settings)).map(
          ({ cut: { index: _, ...cut }, sha256: hash }) => ({
            ...cut,
            sha256: hash,
          }),
        );
        expect(manifest.chunks).toEqual(expected);
        expect(manifest).toMatchObject({ version: sha256(bytes), bytes: bytes.length, compression: null });
        let at = 0;
        for (const { offset, length, sha256: hash } of manifest.chunks) {
          expect(offset).toBe(at);
          expect(hash).toBe(sha256(bytes.subarray(offset, offset + length)));
          at += length;
        }
        expect(at).toBe(bytes.length);
      },
    ),
    { numRuns: 500 },
  );
});

test('what stands beside the chunks', async () => {
  const text = Buffer.from("a;b\n'x\ny';'1'\n2;3\n");
  const dialect = { delimiter: 0x3b, quote: 0x27, escape: 0x5c, header: true };
  const manifest = await manifestOf(text, { dialect });
  expect(manifest).toMatchObject({
    dialect: { delimiter: ';', quote: "'", escape: '\\', header: true, encoding: 'utf-8' },
    chunkBytes: sourceSettings.chunkBytes,
    maxRecordBytes: sourceSettings.maxRecordBytes,
    header: ['a', 'b'],
  });
  expect((manifest.chunks as ManifestChunk[]).map(({ line, records }) => [line, records])).toEqual([[1, 2]]);
  const headless = await manifestOf(text, {
    dialect: { ...dialect, header: false, quote: null, escape: null },
  });
  expect(headless.header).toBeNull();
  expect((headless.chunks as ManifestChunk[]).map(({ records }) => records)).toEqual([4]);
});

const large = Buffer.from('name,sku\n'.repeat(2_000_000));

test.for([
  ['gzip', gzipSync(large, { level: 0 }), 'a.csv', {}],
  ['gzip', gzipSync('a,b\n'), 'no ending', {}],
  ['brotli', brotliCompressSync('a,b\n'), 'a.csv.br', {}],
  [null, Buffer.from('\uFEFFa,b\n', 'utf16le'), 'a.csv', {}],
  [null, large, 'a.csv', { encoding: 'windows-1252' }],
] as const)('%s: plain pieces of stored bytes', async ([compression, bytes, name, changed]) => {
  const manifest = await manifestOf(bytes, changed, name);
  expect(manifest).toMatchObject({ version: sha256(bytes), bytes: bytes.length, compression, header: null });
  const pieceBytes = 8 * 2 ** 20;
  const pieces = Array.from({ length: Math.ceil(bytes.length / pieceBytes) }, (_, index) => {
    const piece = bytes.subarray(index * pieceBytes, (index + 1) * pieceBytes);
    return { offset: index * pieceBytes, length: piece.length, sha256: sha256(piece) };
  });
  expect(manifest.chunks).toEqual(pieces);
});

test.for([
  ['', 'file_empty'],
  ['\n\n', 'file_empty'],
  ['<!DOCTYPE html><html>\n', 'looks_like_html'],
  ['a,\0b\n', 'looks_binary'],
  ['a,b\n1,"2\n', 'unterminated_quote'],
  ['a,b\xff\n', 'header_unreadable'],
  ['"a"b,c\n', 'header_unreadable'],
  ['\x89PNG\r\n\x1a\n\0\0', 'header_unreadable'],
  ['BZh91AY&SY', 'compression_unknown'],
] as const)('%j is no CSV: %s', async ([text, code]) => {
  await expect(manifestOf(Buffer.from(text, 'latin1'))).rejects.toMatchObject({
    code,
    facts: { file: 'a.csv' },
  });
});
