import { brotliCompressSync, constants, gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { MemoryBytes } from '../../test/helpers/memory-file.ts';
import { Random } from '../../test/helpers/random.ts';
import { openContent } from './content.ts';

/** Reads all content in pieces of random sizes. */
async function readAll(
  stored: Uint8Array,
  blockBytes = Number.POSITIVE_INFINITY,
  name = 'a.csv.gz',
): Promise<Buffer> {
  const random = new Random(stored.length);
  await using content = await openContent(new MemoryBytes(stored, () => blockBytes), { label: name });
  const pieces: Buffer[] = [];
  for (;;) {
    const piece = Buffer.alloc(1 + random.below(2000));
    const read = await content.read(piece);
    if (read === 0) break;
    pieces.push(piece.subarray(0, read));
  }
  expect(content.storedBytes).toBe(stored.length);
  expect(await content.finish()).toMatch(/^[0-9a-f]{64}$/);
  return Buffer.concat(pieces);
}

const text = Buffer.from(
  Array.from({ length: 300 }, (_, index) => `name ${index},sku-${index * 7919},x\n`).join(''),
);
const gzip = gzipSync(text);

describe('gzip', () => {
  test.each([1, 7, 1000, Number.POSITIVE_INFINITY])('in blocks of %d bytes', async (blockBytes) => {
    expect(await readAll(gzip, blockBytes)).toEqual(text);
  });

  test('is known by its first bytes, also of nothing', async () => {
    expect(await readAll(gzipSync(''))).toEqual(Buffer.alloc(0));
    expect(await readAll(text)).toEqual(text);
    expect(await readAll(Buffer.alloc(0))).toEqual(Buffer.alloc(0));
    expect(await readAll(Buffer.from([0x1f]))).toEqual(Buffer.from([0x1f]));
  });

  test('of several members is all of them, wherever blocks end', async () => {
    const members = [gzipSync('first\n'), gzipSync(''), gzip, gzipSync('last\n')];
    const stored = Buffer.concat(members);
    const content = Buffer.concat([Buffer.from('first\n'), text, Buffer.from('last\n')]);
    for (const blockBytes of [1, members[0]!.length, stored.length]) {
      expect(await readAll(stored, blockBytes)).toEqual(content);
    }
  });

  test('cut off at any length is an error, although all content may be out by then', async () => {
    for (let length = 2; length < gzip.length; length += length < 40 || gzip.length - length < 40 ? 1 : 13) {
      await expect(readAll(gzip.subarray(0, length)), `${length} bytes`).rejects.toMatchObject({
        code: 'compressed_truncated',
      });
    }
    const second = Buffer.concat([gzip, gzip.subarray(0, 9)]);
    await expect(readAll(second)).rejects.toMatchObject({
      code: 'compressed_truncated',
      facts: { storedBytes: second.length },
    });
  });

  test('with a wrong checksum or length is an error', async () => {
    for (const at of [gzip.length - 8, gzip.length - 5, gzip.length - 4, gzip.length - 1]) {
      const damaged = Buffer.from(gzip);
      damaged[at]! ^= 1;
      await expect(readAll(damaged), `byte ${at}`).rejects.toMatchObject({ code: 'compressed_corrupt' });
    }
  });

  test('damaged anywhere never passes for another content', async () => {
    const random = new Random(1);
    for (let round = 0; round < 100; round++) {
      const damaged = Buffer.from(gzip);
      damaged[10 + random.below(gzip.length - 10)]! ^= 1 << random.below(8);
      await expect(readAll(damaged)).rejects.toMatchObject({
        code: expect.stringMatching(/^compressed_/) as string,
      });
    }
  });

  test.each([
    ['one zero', Buffer.alloc(1)],
    ['one byte', Buffer.from('\n')],
    ['many zeros', Buffer.alloc(1000)],
    ['a line break', Buffer.from('\r\n')],
    ['text', Buffer.from('name,sku\n')],
    ['zeros and then another member', Buffer.concat([Buffer.alloc(8), gzip])],
    ['a page of HTML', Buffer.from(`<html>${'x'.repeat(5000)}`)],
  ])('followed by %s is an error', async (_, trailing) => {
    for (const blockBytes of [1, gzip.length, Number.POSITIVE_INFINITY]) {
      const stored = Buffer.concat([gzip, trailing]);
      await expect(readAll(stored, blockBytes), `blocks of ${blockBytes}`).rejects.toMatchObject({
        code: 'compressed_trailing',
      });
    }
  });

  test('followed by any one byte is an error; one that a member begins with may be all that is left of one', async () => {
    for (const whole of [gzip, Buffer.concat([gzip, gzipSync('last\n')])]) {
      for (let byte = 0; byte < 256; byte++) {
        const code = byte === 0x1f ? 'compressed_truncated' : 'compressed_trailing';
        const reading = readAll(Buffer.concat([whole, Buffer.of(byte)]), byte % 2 === 0 ? 100 : whole.length);
        await expect(reading, `byte ${byte}`).rejects.toMatchObject({ code });
      }
    }
  });

  test('that inflates to far more than it is, is refused before its end', async () => {
    // Deflate reaches 1,032 times at most, so a bomb shows late, by a few percent of its size.
    const bomb = gzipSync(Buffer.alloc(64 * 2 ** 20));
    const stored = new MemoryBytes(bomb, () => 4096);
    await using content = await openContent(stored, { label: 'bomb.gz' });
    const target = new Uint8Array(2 ** 20);
    const drain = async (): Promise<void> => {
      while ((await content.read(target)) > 0);
    };
    await expect(drain()).rejects.toMatchObject({ code: 'inflated_too_large' });
  });

  test('hands over what its source throws', async () => {
    class Failing extends MemoryBytes {
      override read(): Promise<number> {
        return Promise.reject(new Error('the disk is gone'));
      }
    }
    const failing = new Failing(new Uint8Array(0), () => 1);
    await expect(openContent(failing, { label: 'a.csv' })).rejects.toThrow('the disk is gone');
    expect(failing.isDisposed).toBe(true);
    class FailingLater extends MemoryBytes {
      #reads = 0;
      override read(target: Uint8Array): Promise<number> {
        return this.#reads++ < 2 ? super.read(target) : Promise.reject(new Error('the disk is gone'));
      }
    }
    const later = new FailingLater(gzip, () => 20);
    {
      await using content = await openContent(later, { label: 'a.csv' });
      const drain = async (): Promise<void> => {
        while ((await content.read(new Uint8Array(1000))) > 0);
      };
      await expect(drain()).rejects.toThrow('the disk is gone');
    }
    expect(later.isDisposed).toBe(true);
  });
});

/** With a checksum, as the program \`zstd\` writes it; Node leaves it out. */
const withChecksum = { params: { [constants.ZSTD_c_checksumFlag]: 1 } };
const zstd = zstdCompressSync(text, withChecksum);
const skippable = Buffer.from([0x5a, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);

describe('zstd', () => {
  test('of the program zstd', async () => {
    const stored = Buffer.from('KLUv/QRYgQAAbmFtZSxza3UKQW5uLHMxCg8L6Yc=', 'base64');
    expect((await readAll(stored)).toString()).toBe('name,sku\nAnn,s1\n');
  });

  test('of several frames and of frames to skip is all of them, wherever blocks end', async () => {
    const end = Buffer.from('end\n');
    const stored = Buffer.concat([
      ...[skippable, skippable, zstd, zstdCompressSync(''), skippable],
      ...[zstdCompressSync(end), zstd, skippable],
    ]);
    for (const blockBytes of [1, 11, 22 + zstd.length, 1000, stored.length]) {
      expect(await readAll(stored, blockBytes)).toEqual(Buffer.concat([text, end, text]));
    }
  });
});

describe('brotli', () => {
  test('is known by its name only', async () => {
    const stored = brotliCompressSync(text);
    expect(await readAll(stored, 1000, 'a.csv.BR')).toEqual(text);
    expect(await readAll(stored, 1000, 'a.csv')).toEqual(stored);
  });

  test('of no bytes at all is truncated', async () => {
    await expect(readAll(Buffer.alloc(0), 1, 'a.br')).rejects.toMatchObject({ code: 'compressed_truncated' });
  });
});

describe.each([
  ['zstd', (plain: Uint8Array) => zstdCompressSync(plain, withChecksum), 'a.zst', 4],
  ['brotli', (plain: Uint8Array) => brotliCompressSync(plain), 'a.br', 0],
] as const)('%s', (format, compress, name, shortest) => {
  const whole = compress(text);

  test.each([1, 7, 1000, Number.POSITIVE_INFINITY])('in blocks of %d bytes', async (blockBytes) => {
    expect(await readAll(whole, blockBytes, name)).toEqual(text);
    expect(await readAll(compress(Buffer.alloc(0)), blockBytes, name)).toEqual(Buffer.alloc(0));
  });

  test('of several blocks of content', async () => {
    const random = new Random(7);
    const long = Buffer.from(Array.from({ length: 3_000_000 }, () => 97 + random.below(16)));
    expect((await readAll(compress(long), undefined, name)).equals(long)).toBe(true);
  });

  test('cut off at any length is an error, although all content may be out by then', async () => {
    const { length } = whole;
    for (let cut = shortest; cut < length; cut += cut < 40 || length - cut < 40 ? 1 : 13) {
      await expect(readAll(whole.subarray(0, cut), 500, name), `${cut} bytes`).rejects.toMatchObject({
        code: 'compressed_truncated',
        facts: { format, storedBytes: cut },
      });
    }
  });

  test.each([
    ['one zero', Buffer.alloc(1)],
    ['many zeros', Buffer.alloc(1000)],
    ['a line break', Buffer.from('\n')],
    ['text', Buffer.from('name,sku\n')],
  ])('followed by %s is an error', async (_, trailing) => {
    for (const blockBytes of [1, whole.length, Number.POSITIVE_INFINITY]) {
      const reading = readAll(Buffer.concat([whole, trailing]), blockBytes, name);
      await expect(reading, `blocks of ${blockBytes}`).rejects.toMatchObject({
        code: 'compressed_trailing',
        facts: { format },
      });
    }
  });

  test('that inflates to far more than it is, is refused before its end', async () => {
    const bomb = compress(Buffer.alloc(64 * 2 ** 20));
    await using content = await openContent(new MemoryBytes(bomb, () => 4096), { label: name });
    const target = new Uint8Array(2 ** 20);
    const drain = async (): Promise<void> => {
      while ((await content.read(target)) > 0);
    };
    await expect(drain()).rejects.toMatchObject({ code: 'inflated_too_large' });
  });

  test('can be left in the middle', async () => {
    const stored = new MemoryBytes(compress(Buffer.alloc(8 * 2 ** 20)), () => 100);
    {
      await using content = await openContent(stored, { label: name });
      await content.read(new Uint8Array(10));
    }
    expect(stored.isDisposed).toBe(true);
  });
});

test('damaged zstd never passes for another content', async () => {
  const random = new Random(1);
  for (let round = 0; round < 100; round++) {
    const damaged = Buffer.from(zstd);
    // Not the flags and the size before the content: one flag says that there is no checksum.
    damaged[10 + random.below(zstd.length - 10)]! ^= 1 << random.below(8);
    // Some bits of the format mean nothing.
    const result = await readAll(damaged).catch((error: unknown) => error);
    if (!(result instanceof Buffer && result.equals(text))) {
      expect(result).toMatchObject({ code: expect.stringMatching(/^compressed_/) as string });
    }
  }
});

test('damaged brotli is an error where the format shows it: it has no checksum', async () => {
  const damaged = brotliCompressSync(text);
  damaged[200]! ^= 1;
  await expect(readAll(damaged, 100, 'a.br')).rejects.toMatchObject({
    code: 'compressed_corrupt',
    facts: { format: 'brotli' },
  });
});

test.each([
  ['bzip2', [0x42, 0x5a, 0x68]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
])('%s is named, not read', async (format, magic) => {
  const stored = new MemoryBytes(Uint8Array.from([...magic, 1, 2, 3]), () => 1);
  await expect(openContent(stored, { label: 'a' })).rejects.toMatchObject({
    code: 'compression_unknown',
    facts: { format },
  });
  expect(stored.isDisposed).toBe(true);
});
