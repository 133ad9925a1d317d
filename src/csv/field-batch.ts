/**
 * Room for the positions of many records and their fields: typed arrays the parser fills and the caller reads
 * before it has them filled again. No object and no string per record or field.
 *
 * All positions are indexes into the bytes that were given to `ChunkParser.parse`.
 * Field `column` of record `record` stands at `record * columns + column` of the field arrays.
 */
export class FieldBatch {
  /** Records that fit. */
  readonly capacity: number;
  /** Fields kept of a record. */
  readonly columns: number;
  /** Records filled by the last `parse`. */
  recordCount = 0;

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

  constructor(
    columns: number,
    capacity = 4096,
    buffer: ArrayBuffer = new ArrayBuffer(FieldBatch.bytes(columns, capacity)),
    at = 0,
  ) {
    this.capacity = capacity;
    this.columns = columns;
    this.lieIn(buffer, at);
  }

  /** Memory that a batch takes. */
  static bytes(columns: number, capacity: number): number {
    return (17 + 9 * columns) * capacity;
  }

  /** Uses other memory from now on, as it is. @param at a multiple of 4 */
  lieIn(buffer: ArrayBuffer, at: number): void {
    const { capacity, columns } = this;
    let next = at;
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
