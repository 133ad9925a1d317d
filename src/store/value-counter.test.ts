import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ValueCounter } from './value-counter.ts';

function counted(values: readonly string[]): { counter: ValueCounter; counts: [string, number][] } {
  const counter = new ValueCounter();
  for (const value of values) {
    const bytes = Buffer.from(`between${value}between`);
    counter.count(bytes, 7, bytes.length - 14);
  }
  const counts: [string, number][] = [];
  if (!counter.overflowed) {
    counter.inOrder((bytes, start, length, number) => {
      counts.push([Buffer.from(bytes.subarray(start, start + length)).toString(), number]);
    });
  }
  return { counter, counts };
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

test('gives up when they take too much memory', () => {
  const large = 'x'.repeat(1024 * 1024);
  expect(counted(Array.from({ length: 23 }, (_, index) => `${index}${large}`)).counter.overflowed).toBe(
    false,
  );
  expect(counted(Array.from({ length: 25 }, (_, index) => `${index}${large}`)).counter.overflowed).toBe(true);
});
