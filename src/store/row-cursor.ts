import { closeSync, openSync, readSync } from 'node:fs';
import { LonghaulError } from '../runtime/errors.ts';
import type { CanonicalValue } from '../schema/canonical-text.ts';
import {
  compareBytes,
  hashHighAt,
  hashLowAt,
  keyByteLength,
  lengthsAt,
  lineAt,
  type PackedRows,
  type RowLayout,
  rowWordsAt,
} from '../schema/packed-rows.ts';
import { compareUtf8 } from '../schema/text-order.ts';
import type { RowMerge } from './row-merge.ts';

/** Words of a file that a cursor holds at once; more only where one row is longer. */
const windowWords = 32 * 1024;

/** Sorted packed rows to be read one after the other: a whole chunk in memory, or a window on a file. */
export class RowCursor implements Disposable {
  readonly #layout: RowLayout;
  #lineBase: number;
  #words: Uint32Array;
  #bytes: Buffer;
  /** Words of the window that are filled. */
  #end: number;
  /** First word of the current row. */
  #at = 0;
  /** -1: no file, or all of it is read. */
  #fd: number;
  /** Words before the window: of the file, those that were read and have gone. */
  #wordsBefore = 0;
  #keyStart = 0;
  #keyLength = 0;

  private constructor(layout: RowLayout, lineBase: number, words: Uint32Array, end: number, fd: number) {
    this.#layout = layout;
    this.#lineBase = lineBase;
    this.#words = words;
    this.#bytes = Buffer.from(words.buffer, words.byteOffset, words.byteLength);
    this.#end = end;
    this.#fd = fd;
  }

  /**
   * `lineBase` is the line of the chunk's first byte. The cursor stands before the first row, or before the one that begins
   * at word `from`: call `next`.
   */
  static ofMemory(
    layout: RowLayout,
    lineBase: number,
    packed: Pick<PackedRows, 'words'>,
    from = 0,
  ): RowCursor {
    const cursor = new RowCursor(layout, lineBase, packed.words, packed.words.length, -1);
    cursor.#at = from;
    return cursor;
  }

  static ofFile(layout: RowLayout, lineBase: number, path: string, from = 0): RowCursor {
    const fd = openSync(path, 'r');
    const cursor = new RowCursor(layout, lineBase, new Uint32Array(windowWords), 0, fd);
    cursor.#wordsBefore = from;
    return cursor;
  }

  /** A copy of the current row alone, which outlives the cursor. */
  copyOfRow(): RowCursor {
    const words = new Uint32Array(this.#rowWords);
    const { line } = this;
    this.copyTo(words, 0, line);
    return RowCursor.ofRow(this.#layout, line, words);
  }

  /** A cursor for the winners of a merge: stands on none yet. */
  static ofWinners(layout: RowLayout): RowCursor {
    return new RowCursor(layout, 0, new Uint32Array(0), 0, -1);
  }

  /** Stands on a winner that the merge lists, as long as it does. */
  standOn(merge: RowMerge, index: number): void {
    const { words } = merge.kernel;
    if (this.#words !== words) {
      this.#words = words;
      this.#bytes = Buffer.from(words.buffer);
    }
    this.#at = merge.winnerWord(index);
    this.#rowWords = words[this.#at + rowWordsAt]!;
    this.#lineBase = merge.winnerLine(index) - words[this.#at + lineAt]!;
    this.#keyStart = (this.#at + this.#layout.headWords) * 4;
    this.#keyLength = keyByteLength(this.#layout, words, this.#at);
  }

  /** A cursor that stands on its only row. */
  static ofRow(layout: RowLayout, line: number, words: Uint32Array<ArrayBuffer>): RowCursor {
    const cursor = RowCursor.ofMemory(layout, line - words[lineAt]!, { words });
    cursor.next();
    return cursor;
  }

  /** 0: no row has begun, so there is none to step over. */
  #rowWords = 0;

  /** Goes to the next row; false when there is none. */
  next(): boolean {
    this.#at += this.#rowWords;
    if (this.#end - this.#at < this.#layout.headWords && !this.#fill(this.#layout.headWords)) return false;
    const words = this.#words[this.#at + rowWordsAt]!;
    if (this.#end - this.#at < words && !this.#fill(words)) throw LonghaulError.of('staged_rows_changed', {});
    this.#rowWords = words;
    this.#keyStart = (this.#at + this.#layout.headWords) * 4;
    this.#keyLength = keyByteLength(this.#layout, this.#words, this.#at);
    return true;
  }

  /** Line of the file on which the record begins, from 1. */
  get line(): number {
    return this.#lineBase + this.#words[this.#at + lineAt]!;
  }
  get hashLow(): number {
    return this.#words[this.#at + hashLowAt]!;
  }
  get hashHigh(): number {
    return this.#words[this.#at + hashHighAt]!;
  }

  /** The value of one column, null for NULL. */
  canonical(column: number): CanonicalValue {
    return this.#layout.types[column] !== 'text' && this.valueBytes(column) === 0 ? null : this.value(column);
  }

  /** The canonical text of one column, in layout order; NULL is the empty text. */
  value(column: number): string {
    const start = this.valueStart(column);
    return this.#bytes.toString('utf8', start, start + this.valueBytes(column));
  }

  /** The values of the key's columns. */
  keyParts(): string[] {
    return Array.from({ length: this.#layout.keyColumns }, (_, part) => this.value(part));
  }

  /** Where the row's values lie, until the next call of `next`. */
  get bytes(): Buffer {
    return this.#bytes;
  }
  valueStart(column: number): number {
    let start = this.#keyStart;
    for (let before = 0; before < column; before++) {
      start += this.valueBytes(before) + (before < this.#layout.keyColumns - 1 ? 1 : 0);
    }
    return start;
  }

  /** Bytes of one column's value. */
  valueBytes(column: number): number {
    return this.#words[this.#at + lengthsAt + column]!;
  }

  /**
   * Copies all values one after the other, without separators. Byte by byte: for the 150 bytes of a usual row a view
   * to copy from costs as much as the copy, and is garbage afterwards.
   *
   * @returns the index after them
   */
  copyValues(target: Uint8Array, at: number): number {
    const bytes = this.#bytes;
    const { columns, keyColumns } = this.#layout;
    let from = this.#keyStart;
    let to = at;
    for (let column = 0; column < columns; column++) {
      const end = from + this.valueBytes(column);
      while (from < end) target[to++] = bytes[from++]!;
      if (column < keyColumns - 1) from++;
    }
    return to;
  }

  /** Copies the row, with its line counted from `lineBase`, into other rows. @returns its words */
  copyTo(target: Uint32Array, at: number, lineBase: number): number {
    target.set(this.#words.subarray(this.#at, this.#at + this.#rowWords), at);
    const line = this.line - lineBase;
    if (line > 0xffff_ffff) throw new RangeError('more than 2^32 lines in one file of merged rows');
    target[at + lineAt] = line;
    return this.#rowWords;
  }
  get rowWords(): number {
    return this.#rowWords;
  }

  /** Compares the current row's key with the bytes of another, which may lie among others. */
  compareKeyBytes(key: Uint8Array, start = 0, length = key.length): number {
    return compareBytes(this.#bytes, this.#keyStart, this.#keyLength, key, start, length);
  }

  /** Compares the current row's key with the parts of another, byte by byte, without a string for its own. */
  compareKeyParts(parts: readonly unknown[]): number {
    const bytes = this.#bytes;
    let at = this.#keyStart;
    for (let part = 0; part < this.#layout.keyColumns; part++) {
      const text = parts[part] as string;
      const end = at + this.valueBytes(part);
      for (let index = 0; index < text.length; index++) {
        const code = text.charCodeAt(index);
        if (code >= 0x80) return this.#compareKeyTexts(parts);
        if (at === end) return -1;
        const difference = bytes[at++]! - code;
        if (difference !== 0) return difference;
      }
      if (at < end) return 1;
      at++;
    }
    return 0;
  }

  #compareKeyTexts(parts: readonly unknown[]): number {
    for (let part = 0; part < this.#layout.keyColumns; part++) {
      const difference = compareUtf8(this.value(part), parts[part] as string);
      if (difference !== 0) return difference;
    }
    return 0;
  }

  [Symbol.dispose](): void {
    if (this.#fd !== -1) closeSync(this.#fd);
    this.#fd = -1;
  }

  /** Moves the unread words to the window's beginning and reads on until `needed` of them are there. */
  #fill(needed: number): boolean {
    if (this.#fd === -1) return false;
    const unread = this.#end - this.#at;
    if (needed > this.#words.length) {
      const larger = new Uint32Array(needed * 2);
      larger.set(this.#words.subarray(this.#at, this.#end));
      this.#words = larger;
      this.#bytes = Buffer.from(larger.buffer);
    } else {
      this.#words.copyWithin(0, this.#at, this.#end);
    }
    this.#wordsBefore += this.#at;
    this.#at = 0;
    let filledBytes = unread * 4;
    while (filledBytes < this.#bytes.length) {
      const position = this.#wordsBefore * 4 + filledBytes;
      const read = readSync(this.#fd, this.#bytes, filledBytes, this.#bytes.length - filledBytes, position);
      if (read === 0) {
        this[Symbol.dispose]();
        break;
      }
      filledBytes += read;
    }
    this.#end = filledBytes >> 2;
    return this.#end >= needed;
  }
}
