import { expect, test } from 'vitest';
import { products } from '../schema/dataset.ts';
import { checkChange } from './check-change.ts';

test.each([
  ['sku', 'x', 'edit_of_key'],
  ['Name', 'x', 'edit_unknown_column'],
  ['_run', '1', 'edit_unknown_column'],
  ['__proto__', 'x', 'edit_unknown_column'],
  ['name', 'a\0b', 'edit_bad_value'],
  ['description', '\ud800', 'edit_bad_value'],
])('%s = %j is refused', (column, value, code) => {
  const change = new Map([
    ['name', 'Ann'],
    [column, value],
  ]);
  expect(() => checkChange(products, change)).toThrow(expect.objectContaining({ code }));
});

test('any text that a file could bring is taken', () => {
  checkChange(
    products,
    new Map([
      ['name', '\u{10000}\r\n"\u0001'],
      ['description', ''],
    ]),
  );
});
