import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sortKeys } from './sort-keys.ts';

/** The obvious way: whole keys, compared by their bytes; of equal ones the earlier first. */
function sortedSlowly(keys: readonly Uint8Array[]): number[] {
  return keys.map((_, index) => index).sort((a, b) => Buffer.compare(keys[a]!, keys[b]!) || a - b);
}

/** Keys as a packer has them: in one buffer, with other bytes between them. */
function sorted(keys: readonly Uint8Array[]): number[] {
  const starts = new Uint32Array(keys.length);
  const lengths = new Uint32Array(keys.length);
  const parts: Uint8Array[] = [];
  let at = 0;
  for (const [index, key] of keys.entries()) {
    const between = Buffer.alloc(index % 4, 0xff);
    starts[index] = at + between.length;
    lengths[index] = key.length;
    parts.push(between, key);
    at += between.length + key.length;
  }
  return [...sortKeys(new Uint8Array(Buffer.concat(parts)), starts, lengths, keys.length)];
}

function expectSorted(keys: readonly Uint8Array[]): void {
  // Compared as one value: a difference within thousands of items takes vitest minutes to print.
  expect(sorted(keys).join()).toBe(sortedSlowly(keys).join());
}

const bytes = (text: string): Uint8Array => Buffer.from(text);

describe('sortKeys', () => {
  test('keys of all kinds sort as their bytes do, equal ones in the order in which they came', () => {
    // Few letters and long runs of one: prefixes of each other, equal keys, differences far behind.
    const letter = fc.constantFrom(1, 0x61, 0x61, 0x61, 0x62, 0x7f, 0x80, 0xff);
    const short = fc.array(letter, { minLength: 1, maxLength: 12 });
    const long = fc
      .tuple(fc.nat({ max: 40 }), short)
      .map(([length, end]) => [...new Array<number>(length).fill(0x61), ...end]);
    const parts = fc.tuple(short, short).map(([a, b]) => [...a, 0, ...b]);
    const keys = fc.array(fc.oneof(short, long), { maxLength: 400, size: 'max' });
    const keysOfTwoParts = fc.array(parts, { maxLength: 400, size: 'max' });
    fc.assert(
      fc.property(fc.oneof(keys, keysOfTwoParts), (lists) =>
        expectSorted(lists.map((list) => Uint8Array.from(list))),
      ),
      { numRuns: 300 },
    );
  });

  test.each([0, 1, 2, 3, 15, 16, 17, 18, 255, 256, 257, 511, 512, 513, 4096, 4097, 5000])(
    '%i keys',
    (count) => {
      const scrambled = Array.from({ length: count }, (_, index) => (index * 7919) % (count + 1));
      expectSorted(scrambled.map((number) => bytes(`key ${number}`)));
      expectSorted(scrambled.map((number) => bytes(String(number % 7))));
      expectSorted(scrambled.map(() => bytes('all the same, and longer than one number holds')));
      expectSorted(scrambled.map((number) => bytes(`${'common prefix '.repeat(20)}${number}`)));
    },
  );

  test('each key a prefix of the next, thousands deep', () => {
    const keys = Array.from({ length: 3000 }, (_, index) => bytes('x'.repeat(1 + ((index * 1001) % 3000))));
    expectSorted(keys);
  });

  test('keys that differ only in bytes above 7F, and only in length', () => {
    expectSorted(
      ['\u{10000}', '\uffee', '\ud7ff', 'é', 'e', 'z', '\u{10ffff}', ''].flatMap((key) =>
        Array.from({ length: 20 }, (_, n) => bytes(`k${key.repeat(n)}`)),
      ),
    );
  });
});
