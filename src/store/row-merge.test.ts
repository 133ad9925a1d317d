import { closeSync, openSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TempFolder } from '../../test/helpers/temp-folder.ts';
import { products } from '../schema/dataset.ts';
import { rowLayout } from '../schema/packed-rows.ts';
import { numberedRecords, type TestFile, type TestRecord, testFile } from './conformance-files.ts';
import type { RowCursor } from './row-cursor.ts';
import type { OpenedRows } from './opened-rows.ts';
import { StagingFolder } from './staging-folder.ts';

const layout = rowLayout(products);

interface Merged {
  readonly rows: string[];
  readonly superseded: number;
}

function textOf(row: RowCursor): string {
  return `${row.value(0)}|${row.value(1)}|${row.value(2)} #${row.line}`;
}

/** The obvious way: a map, in file order. */
function mergedSlowly(chunks: readonly (readonly TestRecord[])[]): string[] {
  let line = 1;
  const last = new Map(
    chunks.flat().map((record) => [record[0]!, `${(record as string[]).join('|')} #${++line}`]),
  );
  const keys = [...last.keys()].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  return keys.map((key) => last.get(key)!);
}

function stagedRows(file: TestFile): number {
  return file.chunks.reduce((sum, chunk) => sum + chunk.rows, 0);
}

/** Chunks by turns in memory and in files, in a staging folder that merges so many at once. */
function mergeStaged(file: TestFile, folder: StagingFolder, inFile: (index: number) => boolean): Merged {
  const staged = file.chunks.map(({ index, line, packed }) => {
    if (inFile(index)) folder.write(1, index, packed);
    return { index, line, packed: inFile(index) ? null : packed };
  });
  const opened = folder.open(1, layout, staged);
  const rows: string[] = [];
  const keys: Buffer[] = [];
  const superseded = opened.merge((row) => {
    rows.push(textOf(row));
    keys.push(Buffer.from(row.value(0)));
  });
  // Each winner is found again, and nothing else is.
  expect(keys.map((key) => textOf(opened.find(key)!))).toEqual(rows);
  for (const key of keys) {
    for (const other of [Buffer.concat([key, Buffer.from('!')]), key.subarray(1)]) {
      if (!keys.some((each) => each.equals(other))) expect(opened.find(other)).toBeNull();
    }
  }
  return { rows, superseded };
}

describe('merged rows', () => {
  test('are the last of each key in key order, from memory and files, however many are merged at once', () => {
    const key = fc.constantFrom(
      'a',
      'b',
      'ab',
      'abcdefgh',
      'abcdefghi',
      'abcdefgh\u0001',
      'é',
      '\uffee',
      '\u{10000}',
      'z',
    );
    const record = fc.tuple(key, fc.constantFrom('', 'n', 'name'), fc.constant('d'));
    const chunks = fc.array(fc.array(record, { maxLength: 6 }), { minLength: 1, maxLength: 30, size: 'max' });
    fc.assert(
      fc.property(chunks, fc.integer({ min: 2, max: 12 }), fc.nat({ max: 3 }), (records, fanIn, kind) => {
        using temp = new TempFolder();
        const file = testFile(records);
        const folder = new StagingFolder(temp.file('test.db'), fanIn);
        const merged = mergeStaged(
          file,
          folder,
          (index) => kind === 3 || (kind > 0 && index % (kind + 1) === 0),
        );
        expect(merged.rows).toEqual(mergedSlowly(records));
        expect(merged.superseded).toBe(stagedRows(file) - merged.rows.length);
      }),
      { numRuns: 60 },
    );
  });

  test('of 700 chunks, all with one key more', () => {
    using temp = new TempFolder();
    const records = Array.from({ length: 700 }, (_, index) => [
      ['same', 'n', `${index}`],
      [`k${index}`, 'n', ''],
    ]);
    const merged = mergeStaged(testFile(records), new StagingFolder(temp.file('test.db')), () => false);
    expect(merged.rows).toEqual(mergedSlowly(records));
    expect(merged.superseded).toBe(699);
  });

  test('windows of so many sources that they share what memory there is: each row is found again', () => {
    using temp = new TempFolder();
    // 86 sources share 16 MiB, which gives no whole number of words; each has more than its share.
    const text = 'd'.repeat(1500);
    const records = Array.from({ length: 86 }, (_, chunk) =>
      Array.from({ length: 140 }, (_row, row) => [`${String(row).padStart(3, '0')}-${chunk}`, 'n', text]),
    );
    const { chunks } = testFile(records);
    const staged = chunks.map(({ index, line, packed }) => ({ index, line, packed }));
    const opened = new StagingFolder(temp.file('test.db')).open(1, layout, staged);
    const keys: string[] = [];
    opened.merge((row) => keys.push(row.value(0)));
    expect(keys).toEqual(
      records
        .flat()
        .map(([key]) => key!)
        .toSorted(),
    );
    for (const key of keys.filter((_, index) => index % 97 === 0)) {
      expect(opened.find(Buffer.from(key))?.value(0)).toBe(key);
    }
  });

  test('rows longer than a window of a file, and windows that end anywhere', () => {
    using temp = new TempFolder();
    const long = (index: number): string => String(index).repeat(1 + (index % 7) * 40_000);
    const records = [0, 1, 2].map((chunk) =>
      Array.from({ length: 20 }, (_, index) => [`${index}-${chunk % 2}`, 'n', long(index + chunk)]),
    );
    const folder = new StagingFolder(temp.file('test.db'), 2);
    expect(mergeStaged(testFile(records), folder, () => true).rows).toEqual(mergedSlowly(records));
  });

  test('hold no file open, so that there may be any number of them', () => {
    using temp = new TempFolder();
    // Longer than a window, so that each is read more than once.
    const rest = ['n', 'd'.repeat(300)];
    const file = testFile([numberedRecords(0, 2000, rest), numberedRecords(1000, 2000, rest)]);
    const opened = openInFiles(file, new StagingFolder(temp.file('test.db')));
    // The system gives out the lowest free number, so the same one again means that no other file is open.
    const firstNumber = lowestFreeDescriptor(temp);
    const numbers = new Set<number>();
    let rows = 0;
    opened.merge(() => {
      if (rows++ % 100 === 0) numbers.add(lowestFreeDescriptor(temp));
    });
    expect(rows).toBe(3000);
    expect([...numbers]).toEqual([firstNumber]);
    expect(lowestFreeDescriptor(temp)).toBe(firstNumber);
  });

  test('a file that ends within a row, or holds none, is an error', () => {
    using temp = new TempFolder();
    const file = testFile([numberedRecords(0, 3, ['n', 'd'.repeat(50)])]);
    const folder = new StagingFolder(temp.file('test.db'));
    const opened = openInFiles(file, folder);
    truncateSync(join(folder.path, '1-0.rows'), file.chunks[0]!.packed.words.byteLength - 20);
    const firstNumber = lowestFreeDescriptor(temp);
    expect(() => opened.merge(() => undefined)).toThrow('do not end where they should');
    // As long as it was, and nothing but zeros.
    writeFileSync(join(folder.path, '1-0.rows'), new Uint8Array(file.chunks[0]!.packed.words.byteLength));
    expect(() => opened.merge(() => undefined)).toThrow('do not end where they should');
    expect(lowestFreeDescriptor(temp)).toBe(firstNumber);
  });
});

function openInFiles(file: TestFile, folder: StagingFolder): OpenedRows {
  for (const { index, packed } of file.chunks) folder.write(1, index, packed);
  return folder.open(
    1,
    layout,
    file.chunks.map(({ index, line }) => ({ index, line, packed: null })),
  );
}

function lowestFreeDescriptor(temp: TempFolder): number {
  const fd = openSync(temp.path, 'r');
  closeSync(fd);
  return fd;
}
