/**
 * Rows without objects: how staged rows lie in memory, in files and in messages between threads.
 *
 * A row is a whole number of 32-bit words (little-endian, as is every machine that Node runs on), so that
 * it can be hashed and copied by words:
 *
 * | word | holds |
 * |---|---|
 * | 0 | number of words of the whole row |
 * | 1 | line, counted from the first line of the row's chunk (0 = that line) |
 * | 2, 3 | content hash, low and high lane |
 * | 4 … 3+c | byte length of each of the c columns in layout order, key columns first |
 * | then | the columns' bytes (UTF-8) one after the other, key parts separated by a NUL byte, padded with zeros |
 *
 * A NUL byte cannot occur in a value, so keys of several parts compare as their parts do. Of a column that is not text the
 * bytes are the canonical text (`canonical-text.ts`), and no bytes are NULL. Rows of a dataset without a key lie in the
 * order of the file.
 */
import type { CanonicalValue } from './canonical-text.ts';
import { type ColumnType, columnTypeTags, type Dataset, layoutColumns } from './dataset.ts';
import { type Hash64, hashSeed, mixWords } from './row-hash.ts';

export const rowWordsAt = 0;
export const lineAt = 1;
export const hashLowAt = 2;
export const hashHighAt = 3;
export const lengthsAt = 4;

/** The rows of one chunk: good records only, sorted by key bytes, each key once; without a key all of them, as they came. */
export interface PackedRows {
  /** Rows one after the other: all of a buffer that can be transferred to another thread, or a place in memory that threads share. */
  readonly words: Uint32Array;
  readonly rows: number;
  /** Words at which some of the rows begin, in their order: for who looks for a key. */
  readonly starts?: readonly number[];
  /** Of rows that whoever staged them has put into a file already: its SHA-256, hexadecimal. There are no words then. */
  readonly fileSha256?: string;
}

/** The buffer that moves with rows to another thread, if they have one of their own. */
export function ownBuffers({ words }: PackedRows): ArrayBuffer[] {
  return words.buffer instanceof ArrayBuffer ? [words.buffer] : [];
}

/** Gives back the memory of rows now, not whenever the collector comes round. Shared memory stays. */
export function dropRows(packed: PackedRows): void {
  for (const buffer of ownBuffers(packed)) buffer.transfer(0);
}

/** What does not change from row to row of a dataset. */
export interface RowLayout {
  /** Columns of a row. */
  readonly columns: number;
  /** Of each column, in layout order. */
  readonly names: readonly string[];
  readonly types: readonly ColumnType[];
  /** Columns of the key; they come first. */
  readonly keyColumns: number;
  /** Bytes that separate the parts of a key. */
  readonly keySeparators: number;
  /** Words before the first byte of the first column. */
  readonly headWords: number;
  readonly seed: Hash64;
}

export function rowLayout(dataset: Dataset): RowLayout {
  const columns = layoutColumns(dataset);
  return {
    columns: columns.length,
    names: columns.map((column) => column.name),
    types: columns.map((column) => column.type),
    keyColumns: dataset.key.length,
    keySeparators: Math.max(dataset.key.length - 1, 0),
    headWords: lengthsAt + columns.length,
    seed: hashSeed(columns.map((column) => columnTypeTags[column.type])),
  };
}

/** Bytes of the key of the row at word `at`. */
export function keyByteLength(layout: RowLayout, words: Uint32Array, at: number): number {
  let length = layout.keySeparators;
  for (let part = 0; part < layout.keyColumns; part++) length += words[at + lengthsAt + part]!;
  return length;
}

/** The content hash of the row that begins at word `at`: over its lengths and its bytes. */
export function hashRow(layout: RowLayout, words: Uint32Array, at: number, into: Hash64): void {
  mixWords(words, at + lengthsAt, at + words[at + rowWordsAt]!, layout.seed, into);
}

/** Compares two byte ranges as unsigned bytes, a shorter prefix first. */
export function compareBytes(
  a: Uint8Array,
  aStart: number,
  aLength: number,
  b: Uint8Array,
  bStart: number,
  bLength: number,
): number {
  const common = aLength < bLength ? aLength : bLength;
  for (let index = 0; index < common; index++) {
    const difference = a[aStart + index]! - b[bStart + index]!;
    if (difference !== 0) return difference;
  }
  return aLength - bLength;
}

/**
 * Packs one row from its canonical texts (null: NULL), given in layout order. For what is not hot: verifying and tests.
 * Line and hash words are left 0.
 */
export function packValues(layout: RowLayout, values: readonly CanonicalValue[]): Uint32Array<ArrayBuffer> {
  const parts = values.map((value) => Buffer.from(value ?? ''));
  const separators = layout.keySeparators;
  const byteLength = parts.reduce((sum, part) => sum + part.length, separators);
  const words = new Uint32Array(layout.headWords + Math.ceil(byteLength / 4));
  const bytes = new Uint8Array(words.buffer);
  words[rowWordsAt] = words.length;
  let at = layout.headWords * 4;
  for (const [index, part] of parts.entries()) {
    words[lengthsAt + index] = part.length;
    bytes.set(part, at);
    at += part.length + (index < separators ? 1 : 0);
  }
  return words;
}
