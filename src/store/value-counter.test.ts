import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Kernel } from '../kernel/kernel.ts';
import { products } from '../schema/dataset.ts';
import { packValues, rowLayout } from '../schema/packed-rows.ts';
import { RowMerge } from './row-merge.ts';
import { streamOfMemory } from './row-stream.ts';
import { ValueCounter } from './value-counter.ts';

const layout = rowLayout(products);

/** Values as the second column of as many rows, which are merged from one source. */
function counted(
  values: readonly string[],
  most?: number,
): { overflowed: boolean; counts: [string, number][] } {
  const kernel = new Kernel();
  const counter = new ValueCounter(kernel, 1, true, 1, most);
  const rows = values.map((value, index) => packValues(layout, [String(index).padStart(9, '0'), value, '']));
  const words = new Uint32Array(rows.reduce((sum, row) => sum + row.length, 0));
  rows.reduce((at, row) => (words.set(row, at), at + row.length), 0);
  const stream = streamOfMemory({ words });
  using merge = new RowMerge(kernel, layout, [{ order: 0, line: 1, stream }]);
  for (let winners = merge.next(); winners > 0; winners = merge.next()) counter.count(merge, winners);
  const counts: [string, number][] = [];
  if (counter.overflowed) return { overflowed: true, counts };
  const { entries, count } = counter.sort();
  for (let index = 0; index < count; index++) {
    counter.visit(entries, index, (bytes, start, length, number) => {
      counts.push([Buffer.from(bytes.subarray(start, start + length)).toString(), number]);
    });
  }
  return { overflowed: false, counts };
}

test('counts each value and gives them out in the order of their bytes', () => {
  const value = fc.oneof(
    fc.constantFrom('', 'a', 'b', 'ab', 'Ann', '\u{10000}', '\uffee'),
    fc.string({ maxLength: 20 }),
  );
  fc.assert(
    fc.property(fc.array(value, { maxLength: 200, size: 'max' }), (values) => {
      const clean = values.map((text) => text.replaceAll('\0', ''));
      const expected = [...Map.groupBy(clean, (text) => text)].map(
        ([text, same]) => [text, same.length] as const,
      );
      expected.sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
      expect(counted(clean).counts).toEqual(expected);
    }),
  );
});

test('of many values', () => {
  const values = Array.from({ length: 200_000 }, (_, index) => `name ${(index * 7919) % 140_000}`);
  const { counts } = counted(values);
  expect(counts.length).toBe(140_000);
  expect(counts.reduce((sum, [, number]) => sum + number, 0)).toBe(200_000);
  expect(counts.every(([name], index) => index === 0 || counts[index - 1]![0] < name)).toBe(true);
});

test('gives up when they take too much memory, or are too many', () => {
  const large = 'x'.repeat(1024 * 1024);
  expect(counted(Array.from({ length: 23 }, (_, index) => `${index}${large}`)).overflowed).toBe(false);
  expect(counted(Array.from({ length: 50 }, (_, index) => `${index}${large}`)).overflowed).toBe(true);
  expect(counted(['a', 'b', 'a', 'c', 'b'], 3).counts).toEqual([
    ['a', 2],
    ['b', 2],
    ['c', 1],
  ]);
  expect(counted(['a', 'b', 'a', 'c', 'b', 'd'], 3).overflowed).toBe(true);
});
