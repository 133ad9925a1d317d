import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Kernel } from './kernel.ts';

/** The obvious way: whole keys, compared by their bytes; of equal ones the earlier first. */
function sortedSlowly(keys: readonly Uint8Array[]): number[] {
  return keys.map((_, index) => index).sort((a, b) => Buffer.compare(keys[a]!, keys[b]!) || a - b);
}

/** Sorts them as strings of the kernel, which lie in its memory with other bytes between them. */
function sorted(keys: readonly Uint8Array[]): number[] {
  const kernel = new Kernel();
  const indexes = new Map<number, number>();
  const entryWords = 4;
  const entries = kernel.reserve(2 * keys.length * entryWords * 4);
  const work = kernel.reserve(8192 + keys.length * 12);
  for (const [index, key] of keys.entries()) {
    const at = kernel.reserve(key.length + 32) + (index % 4);
    kernel.bytes.fill(0xff, at - (index % 4), at + key.length + 28);
    kernel.bytes.set(key, at);
    kernel.words.set([at, key.length], (entries >> 2) + index * entryWords + 2);
    indexes.set(at, index);
  }
  kernel.calls.sortEntries(entries, keys.length, entries + keys.length * entryWords * 4, work);
  return keys.map((_, place) => indexes.get(kernel.words[(entries >> 2) + place * entryWords + 2]!)!);
}

function expectSorted(keys: readonly Uint8Array[]): void {
  // Compared as one value: a difference within thousands of items takes vitest minutes to print.
  expect(sorted(keys).join()).toBe(sortedSlowly(keys).join());
}

const bytes = (text: string): Uint8Array => Buffer.from(text);

describe('sorting in the kernel', () => {
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

  test.each([0, 1, 2, 3, 47, 48, 49, 50, 255, 256, 257, 511, 512, 513, 4096, 4097, 5000])(
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
