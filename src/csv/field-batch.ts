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

  readonly recordStart: Uint32Array<ArrayBuffer>;
  /** Before the terminator. */
  readonly recordEnd: Uint32Array<ArrayBuffer>;
  /** Line of the record's first byte, from 0 at the chunk's first byte: add `ChunkCut.line`. */
  readonly recordLine: Uint32Array<ArrayBuffer>;
  /** Fields the record has, also when there are more than `columns`; the first `min(fieldCount, columns)` are kept. */
  readonly fieldCount: Uint32Array<ArrayBuffer>;
  /** 1 when something other than a delimiter or the record's end followed a closing quote. */
  readonly stray: Uint8Array<ArrayBuffer>;

  /** First byte of the value: inside the quotes of a quoted field; at the quote of a field with a stray quote. */
  readonly fieldStart: Uint32Array<ArrayBuffer>;
  /** After the last byte of the value. */
  readonly fieldEnd: Uint32Array<ArrayBuffer>;
  /** 1 when the value holds doubled quotes or escapes: copy it with `unescapeInto`, else copy it as it is. */
  readonly escaped: Uint8Array<ArrayBuffer>;

  constructor(columns: number, capacity = 4096) {
    this.capacity = capacity;
    this.columns = columns;
    this.recordStart = new Uint32Array(capacity);
    this.recordEnd = new Uint32Array(capacity);
    this.recordLine = new Uint32Array(capacity);
    this.fieldCount = new Uint32Array(capacity);
    this.stray = new Uint8Array(capacity);
    this.fieldStart = new Uint32Array(capacity * columns);
    this.fieldEnd = new Uint32Array(capacity * columns);
    this.escaped = new Uint8Array(capacity * columns);
  }
}
