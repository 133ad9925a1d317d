import { expect, test } from 'vitest';
import { Random } from '../../../../test/helpers/random.ts';
import { products } from '../../../schema/dataset.ts';
import { keyByteLength, rowLayout } from '../../../schema/packed-rows.ts';
import { testFile } from '../../conformance-files.ts';
import { cutRows, type RowRange } from './cut-rows.ts';

const layout = rowLayout(products);

function stagedOf(chunks: readonly (readonly string[])[]) {
  const records = chunks.map((skus) => skus.map((sku) => [sku, `name of ${sku}`, '']));
  return testFile(records).chunks;
}

/** The keys of a part, chunk by chunk. */
function keysOf(part: readonly RowRange[]): string[][] {
  return part.map(({ packed: { words } }) => {
    const keys: string[] = [];
    const bytes = Buffer.from(words.buffer, words.byteOffset, words.byteLength);
    for (let at = 0; at < words.length; at += words[at]!) {
      const start = (at + layout.headWords) * 4;
      keys.push(bytes.toString('utf8', start, start + keyByteLength(layout, words, at)));
    }
    return keys;
  });
}

test('each part has all rows of its keys, two keys at least, and nothing is lost', () => {
  const random = new Random(5);
  for (let round = 0; round < 200; round++) {
    const most = 2 + random.below(60);
    const chunks = Array.from({ length: 1 + random.below(6) }, () =>
      Array.from(
        { length: random.below(40) },
        () => `sku ${random.below(most)}${'é'.repeat(random.below(3))}`,
      ),
    );
    const staged = stagedOf(chunks);
    // As of real chunks, not each row is known.
    const sampled = staged.map(({ packed, ...chunk }) => ({
      ...chunk,
      packed: { ...packed, starts: packed.starts!.filter((_, index) => index % 3 === 0) },
    }));
    const parts = 2 + random.below(3);
    const cut = cutRows(layout, sampled, parts);
    if (cut === null) continue;
    expect(cut).toHaveLength(parts);
    const found = cut.map(keysOf);
    for (const [index, chunk] of staged.entries()) {
      const whole = keysOf([{ ...chunk, packed: chunk.packed }])[0];
      expect(found.flatMap((part) => part[index])).toEqual(whole);
    }
    const sets = found.map((part) => new Set(part.flat()));
    for (const [index, keys] of sets.entries()) {
      expect(keys.size).toBeGreaterThan(1);
      for (const other of sets.slice(index + 1)) expect(keys.isDisjointFrom(other)).toBe(true);
    }
  }
});

test('what is sorted already is cut as well', () => {
  const chunks = Array.from({ length: 4 }, (_, chunk) =>
    Array.from({ length: 50 }, (__, row) => String(chunk * 50 + row).padStart(5, '0')),
  );
  const sizes = cutRows(layout, stagedOf(chunks), 2)!.map((part) => keysOf(part).flat().length);
  expect(sizes).toEqual([100, 100]);
});

test('too few keys, rows in files and rows of whom nobody knows where they begin are not cut', () => {
  const staged = stagedOf([
    ['a', 'b'],
    ['b', 'c', 'd'],
  ]);
  expect(cutRows(layout, staged, 2)).toHaveLength(2);
  expect(cutRows(layout, staged, 3)).toBeNull();
  expect(cutRows(layout, staged, 1)).toBeNull();
  expect(
    cutRows(
      layout,
      stagedOf([
        ['a', 'b', 'c'],
        ['a', 'b'],
      ]),
      2,
    ),
  ).toBeNull();
  const [first, second] = staged;
  expect(cutRows(layout, [first!, { ...second!, packed: null }], 2)).toBeNull();
  const unknown = { words: second!.packed.words, rows: second!.packed.rows };
  expect(cutRows(layout, [first!, { ...second!, packed: unknown }], 2)).toBeNull();
});
