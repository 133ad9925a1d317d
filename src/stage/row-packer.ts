import type { Dialect } from '../csv/dialect.ts';
import type { FieldBatch } from '../csv/field-batch.ts';
import type { ChunkParser } from '../csv/parser.ts';
import { unescapeInto } from '../csv/unescape.ts';
import type { Kernel } from '../kernel/kernel.ts';
import {
  canonicalize,
  mostCanonicalBytes,
  mostTypedBytes,
  type TypedColumn,
} from '../schema/canonical-text.ts';
import type { ColumnMapping } from '../schema/columns.ts';
import { kernelLayout } from '../kernel/row-layout.ts';
import type { PackedRows, RowLayout } from '../schema/packed-rows.ts';
import type { RowMemory } from './row-memory.ts';

/** Bytes of packed rows for a byte of CSV, a little more than products take (1.27). */
const packedShare = 1.35;
/** Sorted rows are copied out by way of so much memory, which stays in the cache. */
const gatherBytes = 256 * 1024;

/** Of the kernel's structures: see `src/kernel/assembly/sort.ts`. */
const entryBytes = 16;
const sortCounterBytes = 8192;
const sortRangeBytes = 12;

/**
 * Makes packed rows of the records of one chunk, in the order of the file, then gives them out sorted by key with only
 * the last row of each key. The work is the kernel's (`src/kernel/assembly/pack.ts`), in whose memory the parser has put chunk and batch,
 * and rows lie behind them. One packer serves many chunks one after the other and keeps its memory.
 */
export class RowPacker {
  readonly #kernel: Kernel;
  readonly #parser: ChunkParser;
  readonly #layout: RowLayout;
  readonly #dialect: Dialect;
  readonly #fieldOfColumn: readonly number[];
  /** Columns that are not text; `column` in layout order. */
  readonly #typed: readonly { readonly column: number; readonly type: TypedColumn }[];
  readonly #batch: FieldBatch;
  readonly #refusedAt: number;
  /** Canonical texts of one batch. */
  readonly #canonicalAt: number;
  readonly #gatherAt: number;
  readonly #layoutAt: number;
  readonly #packing;
  /** For one value. */
  readonly #scratch = new Uint8Array(2 * mostTypedBytes + mostCanonicalBytes);
  #rowsAt = 0;
  #rowsEnd = 0;
  #rows = 0;

  /** @param parser of the same dialect and as many columns, which has not begun a chunk yet */
  constructor(
    kernel: Kernel,
    parser: ChunkParser,
    layout: RowLayout,
    dialect: Dialect,
    { fields, fieldOfColumn }: ColumnMapping,
  ) {
    this.#kernel = kernel;
    this.#parser = parser;
    this.#batch = parser.batch;
    this.#layout = layout;
    this.#dialect = dialect;
    this.#fieldOfColumn = fieldOfColumn;
    this.#typed = layout.types.flatMap((type, column) => (type === 'text' ? [] : [{ column, type }]));
    this.#layoutAt = kernelLayout(kernel, layout);
    const fieldOfColumnAt = kernel.reserve(layout.columns * 4);
    this.#packing = kernel.struct([
      ...(['layout', 'batch', 'refused', 'source', 'fieldOfColumn', 'fields', 'dropped'] as const),
    ]);
    const { capacity } = this.#batch;
    this.#refusedAt = kernel.reserve(capacity);
    this.#canonicalAt = kernel.reserve(capacity * this.#typed.length * mostCanonicalBytes + mostTypedBytes);
    this.#gatherAt = kernel.reserve(gatherBytes);
    this.#packing.set({
      layout: this.#layoutAt,
      batch: this.#batch.at,
      refused: this.#refusedAt,
      fieldOfColumn: fieldOfColumnAt,
      fields,
      dropped: dialect.escape ?? dialect.quote ?? 0,
    });
    kernel.words.set(fieldOfColumn.slice(0, layout.columns), fieldOfColumnAt >> 2);
  }

  /** Begins the chunk that the parser has begun. @param bytes how long it is */
  begin(bytes: number): void {
    this.#rowsAt = this.#rowsEnd = this.#kernel.reserve(0);
    this.#rows = 0;
    this.#growTo(this.#rowsAt + Math.ceil(bytes * packedShare));
    this.#packing.set({ source: this.#parser.sourceAt });
  }

  /** The batch is filled anew: no record of it is refused yet. */
  beginBatch(): void {
    this.#kernel.bytes.fill(0, this.#refusedAt, this.#refusedAt + this.#batch.recordCount);
  }

  /** The next record, from `from` on, with a stray quote, fields that are missing or too many, or an empty key; else the number of records. */
  nextOdd(from: number): number {
    return this.#kernel.calls.findOdd(this.#packing.at, from, this.#batch.recordCount);
  }

  /** Leaves a record out. */
  refuse(record: number): void {
    this.#kernel.bytes[this.#refusedAt + record] = 1;
  }

  get hasTypes(): boolean {
    return this.#typed.length > 0;
  }

  /**
   * Puts the canonical texts of a record's typed values in the place of its fields. To be called with one record of a batch after
   * the other.
   *
   * @returns -1, or the column in layout order whose value is none of its type
   */
  canonicalize(record: number): number {
    const { bytes } = this.#kernel;
    const batch = this.#batch;
    const { sourceAt } = this.#parser;
    for (const [index, { column, type }] of this.#typed.entries()) {
      const field = record * batch.columns + this.#fieldOfColumn[column]!;
      const start = sourceAt + batch.fieldStart[field]!;
      const end = sourceAt + batch.fieldEnd[field]!;
      if (start === end) continue;
      const at = this.#canonicalAt + (record * this.#typed.length + index) * mostCanonicalBytes;
      // With all its bytes escaped a value takes twice as many.
      if (end - start > 2 * mostTypedBytes) return column;
      const value = this.#scratch;
      const length =
        batch.escaped[field] === 1
          ? unescapeInto(bytes, start, end, this.#dialect, value, 0)
          : (value.set(bytes.subarray(start, end)), end - start);
      const canonicalEnd = length === 0 ? 0 : canonicalize(type, value, 0, length);
      if (canonicalEnd === -1) return column;
      bytes.set(value.subarray(0, canonicalEnd), at);
      // Positions count from the chunk's first byte, before which these texts lie: the kernel adds modulo 2^32.
      batch.fieldStart[field] = at - sourceAt;
      batch.fieldEnd[field] = at + canonicalEnd - sourceAt;
      batch.escaped[field] = 0;
    }
    return -1;
  }
  /** Packs the records of the batch that are not refused. @param refused how many are */
  add(refused: number): void {
    const batch = this.#batch;
    const records = batch.recordCount;
    if (records === 0) return;
    const { headWords, columns } = this.#layout;
    const spareBytes = headWords * 4 + columns + 8 + this.#typed.length * mostCanonicalBytes;
    const textBytes = batch.recordEnd[records - 1]! - batch.recordStart[0]!;
    this.#growTo(this.#rowsEnd + textBytes + records * spareBytes);
    this.#rowsEnd = this.#kernel.calls.packRecords(this.#packing.at, records, this.#rowsEnd) >>> 0;
    this.#rows += records - refused;
  }

  /** Gives out the rows. */
  finish(memory: RowMemory): { packed: PackedRows; superseded: number } {
    const rows = this.#rows;
    if (this.#layout.keyColumns === 0) {
      // Without a key no row can lose to another, and none has a better place than where it came.
      const words = this.#kernel.words.slice(this.#rowsAt >> 2, this.#rowsEnd >> 2);
      return { packed: { words, rows }, superseded: 0 };
    }
    const { calls } = this.#kernel;
    const entries = (this.#rowsEnd + 15) & ~15;
    this.#growTo(entries + rows * (2 * entryBytes + sortRangeBytes) + sortCounterBytes);
    const kept = calls.sortRows(this.#layoutAt, this.#rowsAt, this.#rowsEnd, entries, rows);
    const words = memory.room((calls.bytesOfRows(this.#layoutAt, entries, kept) >>> 0) / 4);
    const target = new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
    const starts = this.#gather(entries, kept, target);
    return { packed: { words, rows: kept, starts }, superseded: rows - kept };
  }

  /** @returns the first word of the rows that were copied at once */
  #gather(entries: number, count: number, target: Uint8Array): number[] {
    const { calls, bytes } = this.#kernel;
    const layout = this.#layoutAt;
    const starts: number[] = [];
    let to = 0;
    for (let from = 0; from < count; ) {
      starts.push(to / 4);
      const gathered = calls.gatherRows(layout, entries, from, count, this.#gatherAt, gatherBytes);
      if (gathered === 0) {
        // A row that is larger than the room for many.
        const row = this.#kernel.words[(entries + from * entryBytes + 8) >> 2]! - this.#layout.headWords * 4;
        const end = row + this.#kernel.words[row >> 2]! * 4;
        target.set(bytes.subarray(row, end), to);
        to += end - row;
        from++;
        continue;
      }
      target.set(bytes.subarray(this.#gatherAt, this.#gatherAt + gathered), to);
      to += gathered;
      from = calls.gatheredEntries.value;
    }
    return starts;
  }

  /** In steps, because each one moves the views on the memory. */
  #growTo(end: number): void {
    const { bytes } = this.#kernel;
    if (end + 65_536 > bytes.length) this.#kernel.growTo(Math.max(end, Math.ceil(bytes.length * 1.25)));
    this.#batch.follow();
  }
}
