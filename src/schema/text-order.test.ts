import fc from 'fast-check';
import { expect, test } from 'vitest';
import { afterPrefix, compareUtf8 } from './text-order.ts';

const text = fc.string({
  unit: fc.oneof(
    fc.constantFrom(
      '',
      'a',
      'b',
      '\u007f',
      '\u0080',
      '\u07ff',
      '\u0800',
      '\ud7ff',
      '\ue000',
      '\uffff',
      '\u{10000}',
      '\u{10ffff}',
    ),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
  ),
  maxLength: 6,
});

test('strings compare as their UTF-8 bytes', () => {
  fc.assert(
    fc.property(text, text, (a, b) => {
      expect(Math.sign(compareUtf8(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
    }),
    { numRuns: 5000 },
  );
});

test.each([
  ['a', 'b'],
  ['ab\u{10ffff}', 'ac'],
  ['\u007f', '\u0080'],
  ['\ud7ff', '\ue000'],
  ['\uffff', '\u{10000}'],
  ['', null],
  ['\u{10ffff}\u{10ffff}', null],
])('%j: the first text after all that begin with it is %j', (prefix, after) => {
  expect(afterPrefix(prefix)).toBe(after);
});
