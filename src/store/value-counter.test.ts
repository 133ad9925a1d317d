import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Kernel } from '../kernel/kernel.ts';
import { products } from '../schema/dataset.ts';
import { packValues, rowLayout } from '../schema/packed-rows.ts';
import { RowMerge } from './row-merge.ts';
import { streamOfMemory } from './row-stream.ts';
import { ValueCounter } from './value-counter.ts';

const layout = rowLayout(products);

type Counts = readonly (readonly [text: string, number: number])[];

/** Values as the second column of as many rows, which are merged from one source. */
function counterOf(kernel: Kernel, values: readonly string[], most?: number): ValueCounter {
  const counter = new ValueCounter(kernel, 1, true, 1, most);
  const rows = values.map((value, index) => packValues(layout, [String(index).padStart(9, '0'), value, '']));
  const words = new Uint32Array(rows.reduce((sum, row) => sum + row.length, 0));
  rows.reduce((at, row) => (words.set(row, at), at + row.length), 0);
  const stream = streamOfMemory({ words });
  const merge = new RowMerge(kernel, layout, [{ order: 0, line: 1, stream }]);
  for (let winners = merge.next(); winners > 0; winners = merge.next()) counter.count(merge, winners);
  return counter;
}

function countsOf(counter: ValueCounter): { overflowed: boolean; counts: Counts } {
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

function counted(values: readonly string[], most?: number): { overflowed: boolean; counts: Counts } {
  return countsOf(counterOf(new Kernel(), values, most));
}

/** What counters of parts of the rows make together, each in a memory of its own, as each thread has it. */
function countedInParts(
  parts: readonly (readonly string[])[],
  most?: number,
): { overflowed: boolean; counts: Counts } {
  const [first, ...others] = parts.map((values) => counterOf(new Kernel(), values, most));
  for (const other of others) first!.add(other.take());
  return countsOf(first!);
}

/** The obvious way. */
function countedSlowly(values: readonly string[]): Counts {
  const counts = [...Map.groupBy(values, (text) => text)].map(([text, same]) => [text, same.length] as const);
  return counts.sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

/** Texts of which many are equal, empty, prefixes of each other, numbers, or differ only behind their first eight bytes. */
const value = fc
  .oneof(
    fc.constantFrom('', 'a', 'b', 'ab', 'Ann', '\u{10000}', '\uffee'),
    fc.string({ maxLength: 20 }),
    fc.integer({ min: -12, max: 12 }).map(String),
    fc
      .tuple(fc.constantFrom(7, 8, 9, 16, 40), fc.string({ maxLength: 2 }))
      .map(([same, end]) => 'x'.repeat(same) + end),
  )
  .map((text) => text.replaceAll('\0', ''));

test('counts each value and gives them out in the order of their bytes', () => {
  fc.assert(
    fc.property(fc.array(value, { maxLength: 200, size: 'max' }), (values) => {
      expect(counted(values).counts).toEqual(countedSlowly(values));
    }),
  );
});

test('what counters of parts have counted is together what one has counted that saw all rows', () => {
  const part = fc.array(value, { maxLength: 100, size: 'max' });
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 4 }), (parts) => {
      expect(countedInParts(parts)).toEqual({ overflowed: false, counts: countedSlowly(parts.flat()) });
    }),
  );
});

test('too many values in one part, or in all together, are too many', () => {
  const three = ['a', 'b', 'c'];
  expect(countedInParts([three, ['c', 'a'], ['b']], 3).counts).toEqual(countedSlowly([...three, ...three]));
  expect(countedInParts([['a'], ['b', 'c', 'd', 'e'], ['a']], 3).overflowed).toBe(true);
  expect(countedInParts([['a', 'b', 'c', 'd'], ['a'], ['a']], 3).overflowed).toBe(true);
  expect(countedInParts([['a', 'b'], ['b', 'c'], ['d']], 3).overflowed).toBe(true);
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
