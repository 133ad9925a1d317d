import { expect, test } from 'vitest';
import { readFileSync } from 'node:fs';
import { Random } from '../../../../test/helpers/random.ts';
import { TempFolder } from '../../../../test/helpers/temp-folder.ts';
import { products } from '../../../schema/dataset.ts';
import { keyByteLength, rowLayout } from '../../../schema/packed-rows.ts';
import { testFile } from '../../conformance-files.ts';
import type { RowRange } from '../../opened-rows.ts';
import { RowStarts } from '../../row-starts.ts';
import { type SortedRows, StagingFolder } from '../../staging-folder.ts';
import { cutRows } from './cut-rows.ts';

const layout = rowLayout(products);

function stagedOf(chunks: readonly (readonly string[])[]): SortedRows[] {
  const records = chunks.map((skus) => skus.map((sku) => [sku, `name of ${sku}`, '']));
  return testFile(records).chunks.map(({ index, line, packed: { words, starts } }) => ({
    ...{ index, line, starts },
    rows: words,
  }));
}

/** The same rows in files. */
function inFiles(sources: readonly SortedRows[], folder: StagingFolder): readonly SortedRows[] {
  const staged = sources.map(({ index, line, rows, starts }) => {
    folder.write(1, index, { words: wordsOf(rows), rows: 0 });
    return { index, line, packed: null, starts };
  });
  return folder.gather(1, layout, staged).sources;
}

function wordsOf(rows: RowRange['rows']): Uint32Array {
  if (rows instanceof Uint32Array) return rows;
  const bytes = new Uint8Array(readFileSync(rows.path)).slice(rows.from * 4, rows.end * 4);
  return new Uint32Array(bytes.buffer);
}

/** The keys of a part, chunk by chunk. */
function keysOf(part: readonly RowRange[]): string[][] {
  return part.map(({ rows }) => {
    const words = wordsOf(rows);
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
  using temp = new TempFolder();
  for (let round = 0; round < 200; round++) {
    const most = 2 + random.below(60);
    const chunks = Array.from({ length: 1 + random.below(6) }, () =>
      Array.from(
        { length: random.below(40) },
        // Some are longer than what is read of a file to see a key.
        () => `sku ${random.below(most)}${'é'.repeat(random.below(3) * (random.below(9) === 0 ? 400 : 1))}`,
      ),
    );
    const staged = stagedOf(chunks);
    // As of real chunks, not each row is known.
    const known = staged.map(({ starts, ...source }) => ({
      ...source,
      starts: starts!.filter((_, index) => index % 3 === 0),
    }));
    const sampled = round % 2 === 0 ? known : inFiles(known, new StagingFolder(temp.file(`${round}.db`), 40));
    const parts = 2 + random.below(3);
    const cut = cutRows(layout, sampled, parts);
    if (cut === null) continue;
    expect(cut).toHaveLength(parts);
    const found = cut.map(keysOf);
    for (const [index, chunk] of staged.entries()) {
      const whole = keysOf([chunk])[0];
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

test('too few keys, and rows of whom nobody knows where they begin, are not cut', () => {
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
  expect(cutRows(layout, [first!, { ...second!, starts: undefined }], 2)).toBeNull();
  const nothing = { index: 2, line: 9, rows: new Uint32Array(0) };
  expect(cutRows(layout, [first!, second!, nothing], 2)).toHaveLength(2);
});

test('more files than are merged at once are cut as well', () => {
  using temp = new TempFolder();
  const chunks = Array.from({ length: 9 }, (_, chunk) => [`${chunk} a`, `${chunk} b`, `same ${chunk % 2}`]);
  // What is merged first must be longer than the piece of which one start is noted.
  const long = 'd'.repeat(40_000);
  const records = chunks.map((skus) => skus.map((sku) => [sku, '', long]));
  const folder = new StagingFolder(temp.file('test.db'), 3);
  const staged = testFile(records).chunks.map(({ index, line, packed }) => {
    folder.write(1, index, packed);
    return { index, line, packed: null, starts: packed.starts };
  });
  const { sources, superseded } = folder.gather(1, layout, staged);
  expect(sources).toHaveLength(3);
  const parts = cutRows(layout, sources, 2)!;
  const found = parts.map((part) => new Set(keysOf(part).flat()));
  expect(found[0]!.isDisjointFrom(found[1]!)).toBe(true);
  expect([...found[0]!, ...found[1]!].sort()).toEqual([...new Set(chunks.flat())].sort());
  const rows = parts.reduce((sum, part) => sum + keysOf(part).flat().length, 0);
  expect(rows + superseded).toBe(27);
});

test('what is found again of a file are beginnings of rows, whatever is read at once', () => {
  const keys = Array.from({ length: 3000 }, (_, row) => `${row}`.padStart(300, '0'));
  const { rows } = stagedOf([keys])[0]!;
  const words = wordsOf(rows);
  const beginnings = new Set<number>();
  for (let at = 0; at < words.length; at += words[at]!) beginnings.add(at);
  for (const piece of [1, 7, 1000, words.length]) {
    const starts = new RowStarts();
    for (let at = 0; at < words.length; at += piece) starts.read(words.subarray(at, at + piece), at);
    expect(starts.found.length).toBeGreaterThan(3);
    expect(starts.found[0]).toBe(0);
    expect(starts.found.every((at) => beginnings.has(at))).toBe(true);
  }
});
