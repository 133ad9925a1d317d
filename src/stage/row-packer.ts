import type { Dialect } from '../csv/dialect.ts';
import type { FieldBatch } from '../csv/field-batch.ts';
import { unescapeInto } from '../csv/unescape.ts';
import { canonicalize, mostCanonicalBytes } from '../schema/canonical-text.ts';
import {
  compareBytes,
  hashHighAt,
  hashLowAt,
  hashRow,
  keyByteLength,
  lengthsAt,
  lineAt,
  type PackedRows,
  type RowLayout,
  rowWordsAt,
} from '../schema/packed-rows.ts';
import { sortKeys } from '../schema/sort-keys.ts';

/** Bytes of packed rows for a byte of CSV, a little more than products take (1.27). */
const packedShare = 1.35;

/** Up to this many bytes a loop copies faster than a call of `set` with a new view (measured: 100 to 150). */
const loopCopyLimit = 128;

/**
 * Collects the good records of one chunk as packed rows in the order of the file, then gives them out sorted by
 * key with only the last row of each key. One packer serves many chunks one after the other and keeps its memory.
 */
export class RowPacker {
  readonly #layout: RowLayout;
  readonly #dialect: Dialect;
  /** What a row can take besides its head and the bytes of its record. */
  readonly #spareWords: number;
  #words: Uint32Array<ArrayBuffer>;
  #bytes: Uint8Array<ArrayBuffer>;
  /** Words in use. */
  #end = 0;
  #rows = 0;
  /** First word of each row. */
  #starts = new Uint32Array(4096);
  readonly #hash = new Uint32Array(2);

  constructor(layout: RowLayout, dialect: Dialect, expectedBytes: number) {
    this.#layout = layout;
    this.#dialect = dialect;
    const typed = layout.types.filter((type) => type !== 'text').length;
    this.#spareWords = layout.columns + 2 + (typed * mostCanonicalBytes) / 4;
    this.#words = new Uint32Array(Math.ceil((expectedBytes * packedShare) / 4) + 1024);
    this.#bytes = new Uint8Array(this.#words.buffer);
  }

  /**
   * Adds record `record` of the batch. `fieldOfColumn` gives, for each column in layout order, its field.
   *
   * @returns -1, or the column in layout order whose value is none of its type: then nothing was added
   */
  add(source: Uint8Array, batch: FieldBatch, record: number, fieldOfColumn: readonly number[]): number {
    const layout = this.#layout;
    const firstField = record * batch.columns;
    this.#reserve(
      layout.headWords + (batch.recordEnd[record]! - batch.recordStart[record]!) / 4 + this.#spareWords,
    );
    const words = this.#words;
    const bytes = this.#bytes;
    const row = this.#end;
    const firstByte = (row + layout.headWords) * 4;
    let at = firstByte;
    for (let column = 0; column < layout.columns; column++) {
      const field = firstField + fieldOfColumn[column]!;
      const start = batch.fieldStart[field]!;
      const end = batch.fieldEnd[field]!;
      if (column > 0 && column < layout.keyColumns) bytes[at++] = 0;
      const valueAt = at;
      if (batch.escaped[field] === 1) {
        at = unescapeInto(source, start, end, this.#dialect, bytes, at);
      } else if (end - start <= loopCopyLimit) {
        for (let from = start; from < end; from++) bytes[at++] = source[from]!;
      } else {
        bytes.set(source.subarray(start, end), at);
        at += end - start;
      }
      const type = layout.types[column]!;
      if (type !== 'text' && at > valueAt) {
        at = canonicalize(type, bytes, valueAt, at);
        if (at === -1) return column;
      }
      words[row + lengthsAt + column] = at - valueAt;
    }
    while ((at & 3) !== 0) bytes[at++] = 0;
    const next = at >> 2;
    words[row + rowWordsAt] = next - row;
    words[row + lineAt] = batch.recordLine[record]!;
    hashRow(layout, words, row, this.#hash);
    words[row + hashLowAt] = this.#hash[0]!;
    words[row + hashHighAt] = this.#hash[1]!;
    if (this.#rows === this.#starts.length) {
      const larger = new Uint32Array(this.#starts.length * 2);
      larger.set(this.#starts);
      this.#starts = larger;
    }
    this.#starts[this.#rows++] = row;
    this.#end = next;
    return -1;
  }

  /** Gives out the rows, in buffers of their own, and is empty again. */
  finish(): { packed: PackedRows; superseded: number } {
    const layout = this.#layout;
    if (layout.keyColumns === 0) return this.#finishUnsorted();
    const count = this.#rows;
    const keyStarts = new Uint32Array(count);
    const keyLengths = new Uint32Array(count);
    for (let row = 0; row < count; row++) {
      keyStarts[row] = (this.#starts[row]! + layout.headWords) * 4;
      keyLengths[row] = keyByteLength(layout, this.#words, this.#starts[row]!);
    }
    const order = sortKeys(this.#bytes, keyStarts, keyLengths, count);

    // Of equal keys, which lie side by side in the order of the file, the last one stays.
    let kept = 0;
    let keptWords = 0;
    for (let at = 0; at < count; at++) {
      const row = order[at]!;
      const next = at + 1 < count ? order[at + 1]! : -1;
      if (next >= 0 && this.#sameKey(keyStarts[row]!, keyLengths[row]!, keyStarts[next]!, keyLengths[next]!))
        continue;
      const start = this.#starts[row]!;
      order[kept++] = start;
      keptWords += this.#words[start + rowWordsAt]!;
    }

    const words = this.#words;
    const sorted = new Uint32Array(keptWords);
    let to = 0;
    for (let at = 0; at < kept; at++) {
      const start = order[at]!;
      const end = start + words[start + rowWordsAt]!;
      for (let from = start; from < end; from++) sorted[to++] = words[from]!;
    }
    this.#rows = 0;
    this.#end = 0;
    return { packed: { words: sorted, rows: kept }, superseded: count - kept };
  }

  /** Without a key no row can lose to another, and none has a better place than where it came. */
  #finishUnsorted(): { packed: PackedRows; superseded: number } {
    const packed = { words: this.#words.slice(0, this.#end), rows: this.#rows };
    this.#rows = 0;
    this.#end = 0;
    return { packed, superseded: 0 };
  }

  #sameKey(aStart: number, aLength: number, bStart: number, bLength: number): boolean {
    return (
      aLength === bLength && compareBytes(this.#bytes, aStart, aLength, this.#bytes, bStart, bLength) === 0
    );
  }

  #reserve(words: number): void {
    const needed = this.#end + Math.ceil(words);
    if (needed <= this.#words.length) return;
    const room = Math.max(needed, Math.ceil(this.#words.length * 1.5));
    // Moves the bytes and gives the old memory back at once.
    this.#words = new Uint32Array(this.#words.buffer.transfer(room * 4));
    this.#bytes = new Uint8Array(this.#words.buffer);
  }
}
