import { describe, expect, test } from 'vitest';
import { mapColumns } from './columns.ts';
import { layoutColumns, products } from './dataset.ts';
import { keyByteLength, packValues, rowLayout } from './packed-rows.ts';

describe('a header', () => {
  test('maps in any order; what is no column is left out', () => {
    expect(mapColumns(products, ['x', 'description', 'sku', '__proto__', 'name'])).toEqual({
      kind: 'mapping',
      mapping: { fields: 5, fieldOfColumn: [2, 4, 1], ignored: ['x', '__proto__'] },
    });
  });

  test('names each missing column, and the first repeated one, known or not', () => {
    expect(mapColumns(products, ['SKU', 'name '])).toEqual({
      kind: 'missing',
      columns: ['name', 'sku', 'description'],
    });
    expect(mapColumns(products, ['x', 'x'])).toEqual({ kind: 'repeated', column: 'x' });
    expect(mapColumns(products, ['sku', '', 'name', 'description', ''])).toMatchObject({
      kind: 'mapping',
      mapping: { ignored: ['', ''] },
    });
  });
});

describe('a layout', () => {
  const dataset = { ...products, key: ['description', 'name'] };

  test('has the key first, in key order', () => {
    expect(layoutColumns(dataset).map(({ name }) => name)).toEqual(['description', 'name', 'sku']);
    expect(() => layoutColumns({ ...products, key: ['price'] })).toThrow('price');
  });

  test('separates the parts of a key, so that they compare as parts', () => {
    const layout = rowLayout(dataset);
    const keys = [
      ['a', 'b'],
      ['a', 'b!'],
      ['a!', 'a'],
      ['ab', 'a'],
    ].map((key) => {
      const words = packValues(layout, [...key, 'x']);
      const bytes = Buffer.from(words.buffer);
      return bytes.subarray(layout.headWords * 4, layout.headWords * 4 + keyByteLength(layout, words, 0));
    });
    expect(keys.toSorted((a, b) => Buffer.compare(a, b))).toEqual(keys);
  });
});
