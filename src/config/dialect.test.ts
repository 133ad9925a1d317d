import { expect, test } from 'vitest';
import { defaultDialect } from '../csv/dialect.ts';
import { type DialectOptions, dialectOf } from './dialect.ts';
import { optionValue } from './options.ts';

const usual: DialectOptions = { delimiter: 0x2c, quote: 0x22, escape: 'none', header: true };

test('options make a dialect', () => {
  expect(dialectOf(usual)).toEqual(defaultDialect);
  expect(dialectOf({ delimiter: 0x09, quote: 'none', escape: 'none', header: false })).toEqual({
    delimiter: 0x09,
    quote: null,
    escape: null,
    header: false,
  });
  // An escape that is the quote says that quotes are doubled.
  expect(dialectOf({ ...usual, escape: 0x22 })).toMatchObject({ escape: 0x22 });
});

test.each([
  [{ quote: 0x2c }, '--quote cannot be ",": it must be another character than --delimiter'],
  [{ escape: 0x2c }, '--escape cannot be ",": it must be another character than --delimiter'],
  [{ escape: 0x5c, quote: 'none' }, '--escape cannot be "\\": it must be none where --quote is none'],
] as const)('%j contradicts itself', (options, message) => {
  expect(() => dialectOf({ ...usual, ...options })).toThrow(message);
});

test('names of columns', () => {
  expect(optionValue('columns', undefined)).toBeNull();
  expect(optionValue('columns', 'sku, name,x')).toEqual(['sku', ' name', 'x']);
  for (const wrong of ['', 'a,,b', 'a,']) {
    expect(() => optionValue('columns', wrong)).toThrow('--columns cannot be');
  }
});
