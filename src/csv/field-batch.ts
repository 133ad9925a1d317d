import type { Kernel } from '../kernel/kernel.ts';

/**
 * Positions of many records and their fields: typed arrays in a kernel's memory that the parser fills and the caller reads
 * before it has them filled again. No object and no string per record or field.
 *
 * All positions are indexes into the bytes that were given to `ChunkParser.start`.
 * Field `column` of record `record` stands at `record * columns + column` of the field arrays.
 */
export class FieldBatch {
  /** Records that fit. */
  readonly capacity: number;
  /** Fields kept of a record. */
  readonly columns: number;
  /** Where the kernel finds it: its `Batch`. */
  readonly at: number;

  recordStart!: Uint32Array<ArrayBuffer>;
  /** Before the terminator. */
  recordEnd!: Uint32Array<ArrayBuffer>;
  /** Line of the record's first byte, from 0 at the chunk's first byte: add `ChunkCut.line`. */
  recordLine!: Uint32Array<ArrayBuffer>;
  /** Fields the record has, also when there are more than `columns`; the first `min(fieldCount, columns)` are kept. */
  fieldCount!: Uint32Array<ArrayBuffer>;

  /** First byte of the value: inside the quotes of a quoted field; at the quote of a field with a stray quote. */
  fieldStart!: Uint32Array<ArrayBuffer>;
  /** After the last byte of the value. */
  fieldEnd!: Uint32Array<ArrayBuffer>;
  /** 1 when the value holds doubled quotes or escapes: copy it with `unescapeInto`, else copy it as it is. */
  escaped!: Uint8Array<ArrayBuffer>;
  /** 1 when something other than a delimiter or the record's end followed a closing quote. */
  stray!: Uint8Array<ArrayBuffer>;

  readonly #kernel: Kernel;
  readonly #struct;
  readonly #arraysAt: number;

  constructor(kernel: Kernel, columns: number, capacity: number) {
    this.#kernel = kernel;
    this.capacity = capacity;
    this.columns = columns;
    this.#struct = kernel.struct([
      ...(['capacity', 'columns', 'recordCount', 'recordStart', 'recordEnd', 'recordLine'] as const),
      ...(['fieldCount', 'fieldStart', 'fieldEnd', 'escaped', 'stray'] as const),
    ]);
    this.at = this.#struct.at;
    this.#arraysAt = kernel.reserve((17 + 9 * columns) * capacity);
    this.#lieIn(kernel.bytes.buffer);
    this.#struct.set({
      capacity,
      columns,
      recordStart: this.recordStart.byteOffset,
      recordEnd: this.recordEnd.byteOffset,
      recordLine: this.recordLine.byteOffset,
      fieldCount: this.fieldCount.byteOffset,
      fieldStart: this.fieldStart.byteOffset,
      fieldEnd: this.fieldEnd.byteOffset,
      escaped: this.escaped.byteOffset,
      stray: this.stray.byteOffset,
    });
  }

  /** Records filled by the last `parse`. */
  get recordCount(): number {
    return this.#struct.get('recordCount');
  }

  /** To be called when the kernel's memory may have grown: the arrays of before are empty then. */
  follow(): void {
    const { buffer } = this.#kernel.bytes;
    if (buffer !== this.recordStart.buffer) this.#lieIn(buffer);
  }

  #lieIn(buffer: ArrayBuffer): void {
    const { capacity, columns } = this;
    let next = this.#arraysAt;
    const words = (length: number): Uint32Array<ArrayBuffer> => {
      const array = new Uint32Array(buffer, next, length);
      next += array.byteLength;
      return array;
    };
    const bytes = (length: number): Uint8Array<ArrayBuffer> => {
      const array = new Uint8Array(buffer, next, length);
      next += length;
      return array;
    };
    this.recordStart = words(capacity);
    this.recordEnd = words(capacity);
    this.recordLine = words(capacity);
    this.fieldCount = words(capacity);
    this.fieldStart = words(capacity * columns);
    this.fieldEnd = words(capacity * columns);
    this.escaped = bytes(capacity * columns);
    this.stray = bytes(capacity);
  }
}
