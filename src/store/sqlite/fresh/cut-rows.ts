import { closeSync, openSync } from 'node:fs';
import { LonghaulError } from '../../../runtime/errors.ts';
import { keyByteLength, type RowLayout, rowWordsAt } from '../../../schema/packed-rows.ts';
import type { RowRange } from '../../opened-rows.ts';
import { readAll } from '../../row-stream.ts';
import type { SortedRows } from '../../staging-folder.ts';

/** Keys that are looked at to find where to cut: with 512 sources some of each, read from its file in 20 ms in all. */
const mostKeys = 4096;
/** Words that are read to find a key: of most rows all. */
const keyWords = 128;

type CuttableRows = SortedRows & { readonly starts: readonly number[] };

/**
 * Cuts the rows of a run at keys that some of them have, into parts of about the same size: each has all rows of its keys,
 * and two keys at least.
 *
 * @returns for each part its rows of each source; `null`: they cannot be cut, because they have no key, nobody knows where some of
 *   them begin, or they are too few
 */
export function cutRows(
  layout: RowLayout,
  sources: readonly SortedRows[],
  parts: number,
): readonly (readonly RowRange[])[] | null {
  if (parts < 2 || layout.keyColumns === 0) return null;
  const cuttable = sources.flatMap((source): CuttableRows[] => {
    const starts = wordsOf(source) === 0 ? [] : source.starts;
    return starts === undefined ? [] : [{ ...source, starts }];
  });
  if (cuttable.length < sources.length) return null;
  const keys = sampleKeys(layout, cuttable);
  const distinct = keys.filter((key, index) => index === 0 || !key.equals(keys[index - 1]!));
  // With two of them for each part there is one more between any two at which is cut.
  if (distinct.length < 2 * parts) return null;
  const cutKeys = Array.from(
    { length: parts - 1 },
    (_, index) => distinct[Math.floor(((index + 1) * distinct.length) / parts)]!,
  );
  const bounds = cuttable.map((source) => [
    0,
    ...withReader(layout, source, (reader) => cutKeys.map((key) => firstFrom(reader, source.starts, key))),
    wordsOf(source),
  ]);
  return Array.from({ length: parts }, (_, part) =>
    cuttable.map(({ index, line, rows }, source) => {
      const [from, end] = [bounds[source]![part]!, bounds[source]![part + 1]!];
      return {
        ...{ index, line },
        rows: rows instanceof Uint32Array ? rows.subarray(from, end) : { path: rows.path, from, end },
      };
    }),
  );
}

function wordsOf({ rows }: RowRange): number {
  return rows instanceof Uint32Array ? rows.length : rows.end;
}

/** Keys of rows that are as far from each other in all sources, in their order. */
function sampleKeys(layout: RowLayout, sources: readonly CuttableRows[]): Buffer[] {
  const all = sources.reduce((sum, { starts }) => sum + starts.length, 0);
  const step = Math.ceil(all / mostKeys);
  const keys = sources.flatMap((source) =>
    withReader(layout, source, (reader) =>
      source.starts.filter((_, index) => index % step === 0).map((at) => reader.key(at)),
    ),
  );
  return keys.sort((a, b) => Buffer.compare(a, b));
}

/** The word at which the first row with this key or a greater one begins. */
function firstFrom(reader: KeyReader, starts: readonly number[], key: Buffer): number {
  // The last start before it, by halves; from there row by row.
  let [low, high] = [0, starts.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (Buffer.compare(reader.key(starts[middle]!), key) < 0) low = middle + 1;
    else high = middle;
  }
  if (low === 0) return 0;
  return reader.firstFrom(key, starts[low - 1]!, starts[low] ?? reader.end);
}

/** Reads keys of sorted rows in memory or in a file. */
class KeyReader {
  /** After the last word. */
  readonly end: number;
  readonly #layout: RowLayout;
  readonly #words: (from: number, end: number) => Uint32Array;

  /** @param words those from one to another, of which the first begins a row */
  constructor(layout: RowLayout, end: number, words: (from: number, end: number) => Uint32Array) {
    this.#layout = layout;
    this.end = end;
    this.#words = words;
  }

  /** The key of the row that begins at a word. */
  key(at: number): Buffer {
    const some = Math.max(keyWords, this.#layout.headWords);
    const words = this.#words(at, Math.min(at + some, this.end));
    const bytes = keyByteLength(this.#layout, words, 0);
    const missing = this.#layout.headWords * 4 + bytes > words.byteLength;
    return keyIn(this.#layout, missing ? this.#words(at, at + words[rowWordsAt]!) : words, 0);
  }

  /** As the function of that name, of the rows from one word to another. */
  firstFrom(key: Buffer, from: number, end: number): number {
    const words = this.#words(from, end);
    let at = 0;
    while (at < words.length && Buffer.compare(keyIn(this.#layout, words, at), key) < 0) {
      const rowWords = words[at + rowWordsAt]!;
      if (rowWords < this.#layout.headWords) throw LonghaulError.of('staged_rows_changed', {});
      at += rowWords;
    }
    return from + at;
  }
}

function keyIn(layout: RowLayout, words: Uint32Array, at: number): Buffer {
  const start = words.byteOffset + (at + layout.headWords) * 4;
  return Buffer.from(words.buffer, start, keyByteLength(layout, words, at));
}

function withReader<Result>(
  layout: RowLayout,
  { rows }: SortedRows,
  work: (reader: KeyReader) => Result,
): Result {
  if (rows instanceof Uint32Array)
    return work(new KeyReader(layout, rows.length, (from, end) => rows.subarray(from, end)));
  const fd = openSync(rows.path, 'r');
  try {
    return work(
      new KeyReader(layout, rows.end, (from, end) => {
        const words = new Uint32Array(end - from);
        const read = readAll(fd, new Uint8Array(words.buffer), from * 4);
        if (read < words.byteLength) throw LonghaulError.of('staged_rows_changed', {});
        return words;
      }),
    );
  } finally {
    closeSync(fd);
  }
}
