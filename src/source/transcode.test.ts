import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MemoryBytes } from '../../test/helpers/memory-file.ts';
import { Random } from '../../test/helpers/random.ts';
import { openContent } from './content.ts';
import { transcoded } from './transcode.ts';

async function drain(content: { read(target: Uint8Array): Promise<number> }): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for (;;) {
    const piece = Buffer.alloc(1000);
    const bytes = await content.read(piece);
    if (bytes === 0) return Buffer.concat(pieces);
    pieces.push(piece.subarray(0, bytes));
  }
}

async function transcode(bytes: Uint8Array, encoding: string, seed = 1): Promise<Buffer> {
  const random = new Random(seed);
  return drain(transcoded(new MemoryBytes(bytes, () => 1 + random.below(9)), encoding));
}

const utf16le = (text: string): Buffer => Buffer.from(text, 'utf16le');
const utf16be = (text: string): Buffer => utf16le(text).swap16();
const hex = (text: string): Buffer => Buffer.from(text, 'hex');

/** Encoded by GNU iconv. */
const samples: readonly (readonly [encoding: string, text: string, bytes: string])[] = [
  ['windows-1252', 'Größe €5 “naïve”', '4772f6df6520803520936e61ef766594'],
  ['shift_jis', '名前,ｱﾎﾟ\\表示', '96bc914f2cb1ce df5c955c8ea6'.replace(' ', '')],
  ['euc-jp', '名前,表', 'ccbec1b02cc9bd'],
  ['gb18030', '名称,€𠀀', 'c3fbb3c62ca2e395328236'],
  ['koi8-r', 'Имя', 'e9cdd1'],
  ['windows-1251', 'Имя', 'c8ecff'],
  ['euc-kr', '이름', 'c0ccb8a7'],
  ['big5', '名稱', 'a657bad9'],
];

describe('transcoded', () => {
  test.each(samples)('%s: %s', async (encoding, text, bytes) => {
    for (let seed = 1; seed < 9; seed++) {
      expect((await transcode(hex(bytes), encoding, seed)).toString()).toBe(text);
    }
  });

  test.each([
    ['utf-16le', utf16le],
    ['utf-16be', utf16be],
  ] as const)('%s is the same text, wherever blocks end', async (encoding, encode) => {
    const property = fc.asyncProperty(fc.string({ unit: 'binary' }), fc.nat(), async (text, seed) => {
      expect((await transcode(encode(text), encoding, seed)).toString()).toBe(text);
    });
    await fc.assert(property, { numRuns: 300 });
  });

  test('any single-byte text is what TextDecoder makes of it', async () => {
    const property = fc.asyncProperty(fc.uint8Array(), fc.nat(), async (bytes, seed) => {
      const expected = new TextDecoder('windows-1252').decode(bytes);
      expect((await transcode(bytes, 'windows-1252', seed)).toString()).toBe(expected);
    });
    await fc.assert(property, { numRuns: 300 });
  });

  test('any bytes of Shift-JIS are what TextDecoder makes of them, malformed ones marked', async () => {
    const property = fc.asyncProperty(fc.uint8Array(), fc.nat(), async (bytes, seed) => {
      const isMoved = bytes.some((byte) => byte === 0x1a || byte === 0x1c || byte === 0x7f);
      fc.pre(!isMoved);
      const expected = new TextDecoder('shift_jis').decode(bytes);
      const marked = (await transcode(bytes, 'shift_jis', seed)).toString('latin1');
      const utf8 = Buffer.from(expected).toString('latin1').replaceAll('\xef\xbf\xbd', '\xff');
      expect(marked).toBe(utf8);
    });
    await fc.assert(property, { numRuns: 300 });
  });

  test('a replacement character that the file holds is data, something malformed is not', async () => {
    expect((await transcode(utf16le('a\uFFFDb'), 'utf-16le')).toString()).toBe('a\uFFFDb');
    const lone = Buffer.concat([utf16le('a\uDC00\nb\uD83D'), utf16le('c😀'), hex('3dd8')]);
    expect(await transcode(lone, 'utf-16le')).toEqual(
      Buffer.concat([hex('61ff0a62ff63'), Buffer.from('😀'), hex('ff')]),
    );
    expect(await transcode(hex('610062'), 'utf-16le')).toEqual(hex('61ff'));
    // Half a character does not swallow the line end or the delimiter after it.
    expect(await transcode(hex('41810a42822c4381'), 'shift_jis')).toEqual(hex('41ff0a42ff2c43ff'));
  });

  test.each(['shift_jis', 'windows-1252', 'gb18030', 'euc-kr', 'big5', 'koi8-r'])(
    '%s: ASCII and control characters are themselves',
    async (encoding) => {
      const ascii = Buffer.from(Array.from({ length: 128 }, (_, byte) => byte));
      expect(await transcode(ascii, encoding)).toEqual(ascii);
    },
  );

  test('of nothing is nothing', async () => {
    for (const encoding of ['utf-16le', 'shift_jis']) {
      expect(await transcode(Buffer.alloc(0), encoding)).toEqual(Buffer.alloc(0));
    }
  });
});

describe('content', () => {
  const open = async (bytes: Uint8Array, encoding?: string): Promise<string> => {
    await using content = await openContent(new MemoryBytes(bytes, () => 3), { label: 'a', encoding });
    const text = (await drain(content)).toString();
    expect(content.storedBytes).toBe(bytes.length);
    return text;
  };

  test('that begins as UTF-16 does is decoded, whatever it was said to be in Unicode', async () => {
    const text = '\uFEFFname,sku\nÄnn,1\n';
    for (const encoding of [undefined, 'utf-8', 'utf-16le', 'utf-16be']) {
      expect(await open(utf16le(text), encoding)).toBe(text);
      expect(await open(utf16be(text), encoding)).toBe(text);
    }
    expect(await open(utf16be('a,b'), 'utf-16be')).toBe('a,b');
    expect(await open(hex('fffe41'), 'windows-1252')).toBe('ÿþA');
  });

  test('in UTF-8 is left as it is, however short', async () => {
    for (const bytes of ['', 'ff', 'fe', 'ff41', '41ff']) {
      await using content = await openContent(new MemoryBytes(hex(bytes), () => 1), { label: 'a' });
      expect(await drain(content)).toEqual(hex(bytes));
    }
  });
});
