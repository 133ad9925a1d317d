import { keyByteLength, type PackedRows, type RowLayout, rowWordsAt } from '../../../schema/packed-rows.ts';
import type { StagedRows } from '../../staging-folder.ts';

/** Rows of one chunk that follow each other. */
export interface RowRange {
  readonly index: number;
  readonly line: number;
  readonly packed: Pick<PackedRows, 'words'>;
}

/** More chunks are merged into fewer first (`staging-folder.ts`). */
const mostChunks = 256;

/**
 * Cuts the rows of a run at keys that some of them have, into parts of about the same size: each has all rows of its keys,
 * and two keys at least.
 *
 * @returns for each part its rows of each chunk; one part: they cannot be cut, because they have no key, do not all lie in
 *   memory, or are too few
 */
export function cutRows(
  layout: RowLayout,
  staged: readonly StagedRows[],
  parts: number,
): readonly (readonly RowRange[])[] | null {
  const chunks = staged.flatMap(({ index, line, packed }) =>
    packed?.starts === undefined ? [] : [{ index, line, packed: { ...packed, starts: packed.starts } }],
  );
  if (parts < 2 || layout.keyColumns === 0 || chunks.length < staged.length || chunks.length > mostChunks)
    return null;
  const keys = chunks.flatMap(({ packed }) => packed.starts.map((at) => keyAt(layout, packed.words, at)));
  keys.sort((a, b) => Buffer.compare(a, b));
  const distinct = keys.filter((key, index) => index === 0 || !key.equals(keys[index - 1]!));
  // With two of them for each part there is one more between any two at which is cut.
  if (distinct.length < 2 * parts) return null;
  const cuts = Array.from({ length: parts - 1 }, (_, index) => {
    const key = distinct[Math.floor(((index + 1) * distinct.length) / parts)]!;
    return chunks.map(({ packed }) => firstFrom(layout, packed, key));
  });
  const bounds = [chunks.map(() => 0), ...cuts, chunks.map(({ packed }) => packed.words.length)];
  return Array.from({ length: parts }, (_, part) =>
    chunks.map(({ index, line, packed }, chunk) => ({
      ...{ index, line },
      packed: { words: packed.words.subarray(bounds[part]![chunk], bounds[part + 1]![chunk]) },
    })),
  );
}

/** The word at which the first row with this key or a greater one begins. */
function firstFrom(
  layout: RowLayout,
  { words, starts }: { readonly words: Uint32Array; readonly starts: readonly number[] },
  key: Buffer,
): number {
  const isLess = (at: number): boolean => Buffer.compare(keyAt(layout, words, at), key) < 0;
  // The last start before it, by halves; from there row by row.
  let [low, high] = [0, starts.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isLess(starts[middle]!)) low = middle + 1;
    else high = middle;
  }
  let at = low === 0 ? 0 : starts[low - 1]!;
  while (at < words.length && isLess(at)) at += words[at + rowWordsAt]!;
  return at;
}

function keyAt(layout: RowLayout, words: Uint32Array, at: number): Buffer {
  const start = words.byteOffset + (at + layout.headWords) * 4;
  return Buffer.from(words.buffer, start, keyByteLength(layout, words, at));
}
