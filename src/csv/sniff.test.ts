import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sniff } from './sniff.ts';

const known = ['name', 'sku', 'description'];

function sniffed(text: string, columns: readonly string[] = known, isWhole = true): unknown {
  const { dialect } = sniff(Buffer.from(text), isWhole, columns);
  const { delimiter, quote, header } = dialect;
  return [String.fromCharCode(delimiter), String.fromCharCode(quote ?? 0), header];
}

describe('sniffing', () => {
  test.each<[string, [string, string, boolean]]>([
    ['name,sku,description\na,b,c\n', [',', '"', true]],
    ['name;sku;description\na,x;b;c, d, e, f\n', [';', '"', true]],
    ['\uFEFFname\tsku\tdescription\n', ['\t', '"', true]],
    ["'name'|'sku'|'description'\n'a|b'|'c'|'it''s'\n", ['|', "'", true]],
    ['id,price\n', [',', '"', true]],
    ['a;1,5\nb;2,5\nc;3,5\n', [';', '"', false]],
    ['x;y\na;1,5\nb;2,5\nc;3,5\n', [';', '"', true]],
    ['1,2\n3,4\n', [',', '"', false]],
    ['a,,b\n', [',', '"', false]],
    ['a,a\n', [',', '"', false]],
    ['one column\nonly\n', [',', '"', true]],
    ['', [',', '"', true]],
    ['"a;b;c",d\n"e;f;g",h\n', [',', '"', true]],
    ["it's,that's\nwho's,there's\n", [',', '"', true]],
    ['name,sku,"open\n', [',', '"', true]],
  ])('%j', (text, expected) => {
    expect(sniffed(text)).toEqual(expected);
  });

  test('says why', () => {
    const { reasons } = sniff(Buffer.from('name;sku\n"a";b\nc\n'), true, known);
    expect(reasons).toEqual({
      delimiter:
        'semicolons divide 2 of 3 records of the sample into 2 fields, and the first one names name, sku',
      quote: 'fields begin and end with "',
      header: 'the first record names name, sku',
      encoding: 'all that was looked at is valid',
    });
    const encoding = (bytes: Uint8Array): string => sniff(bytes, true, known).reasons.encoding;
    expect(encoding(Buffer.from('a,b\n', 'utf16le'))).toContain('--encoding utf-16le');
    expect(encoding(Buffer.from('a,b\n', 'utf16le').swap16())).toContain('--encoding utf-16be');
    expect(encoding(Buffer.from('ä,b\n', 'latin1'))).toContain('--encoding windows-1252');
    expect(encoding(Buffer.from('ä').subarray(0, 1))).toContain('valid');
  });

  test('a block that ends within a record does not count that record', () => {
    const { reasons } = sniff(Buffer.from('a,b,c\nd,e,f\ng'), false, []);
    expect(reasons.delimiter).toBe('commas divide all 2 records of the sample into 3 fields');
  });

  // The shortest of several: what else the machine does makes a time longer, never shorter.
  const shortestMs = (block: Uint8Array): number => {
    const times = Array.from({ length: 7 }, () => {
      const start = performance.now();
      sniff(block, false, known);
      return performance.now() - start;
    });
    return Math.min(...times);
  };

  // Of 1 MiB the first 128 KiB are looked at: at most 14 ms (commas), or 55 ms in a process that has sniffed nothing yet.
  test.each(['"', ',', '7', ' ', '""\n', '",', '\n', "'", '\uFEFF', '\t;|,'])(
    'a block of nothing but %j takes time as its size',
    (text) => {
      const block = Buffer.alloc(2 ** 20, text);
      shortestMs(block);
      const [small, large, whole] = [2 ** 13, 2 ** 17, 2 ** 20].map((bytes) =>
        shortestMs(block.subarray(0, bytes)),
      ) as [number, number, number];
      // 16 and 8 times the bytes; were it their square, 256 and 64 times the time.
      expect(large / small).toBeLessThan(64);
      expect(whole / large).toBeLessThan(32);
    },
  );

  test('takes any bytes, and never infers that there are no quotes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (bytes, isWhole) => {
        const { dialect, reasons } = sniff(bytes, isWhole, known);
        expect(dialect.quote).not.toBeNull();
        for (const reason of Object.values(reasons)) expect(reason).not.toBe('');
      }),
    );
  });
});
