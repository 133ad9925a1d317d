/** Of one message to the server. A row that is longer gets a buffer of its own. */
const blockBytes = 256 * 1024;

/** `PGCOPY`, flags 0, no extension: https://www.postgresql.org/docs/current/sql-copy.html#SQL-COPY-FILE-FORMATS */
export const copyHead = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1');
const end = Buffer.from([0xff, 0xff]);

/** Bytes up to which a loop copies faster than a call does. */
const shortCopyBytes = 48;

/**
 * Rows in PostgreSQL's binary COPY format, put together field by field into blocks to be sent. Binary, because no byte has to
 * be escaped or looked at; no string and no object is made of a text.
 */
export class CopyBlocks {
  /** To be written to by whoever puts values that this class does not know, between `room` and the next call of it. */
  block = Buffer.allocUnsafe(blockBytes);
  view = viewOf(this.block);
  /** The index after the last byte. */
  at = copyHead.copy(this.block);

  /**
   * Begins a row. Call it with its number of fields and a number of bytes that it does not exceed, lengths of fields included.
   *
   * @returns a block that is full and to be sent
   */
  row(fields: number, mostBytes: number): Buffer | null {
    let full: Buffer | null = null;
    if (this.at + mostBytes + 2 > this.block.length) {
      full = this.block.subarray(0, this.at);
      this.block = Buffer.allocUnsafe(Math.max(blockBytes, mostBytes + 2));
      this.view = viewOf(this.block);
      this.at = 0;
    }
    this.view.setInt16(this.at, fields);
    this.at += 2;
    return full;
  }

  /** Bytes as they are. */
  bytes(source: Buffer, start: number, length: number): void {
    const { block } = this;
    this.view.setInt32(this.at, length);
    let to = this.at + 4;
    if (length > shortCopyBytes) {
      source.copy(block, to, start, start + length);
      to += length;
    } else {
      for (let from = start; from < start + length; from++) block[to++] = source[from]!;
    }
    this.at = to;
  }

  null(): void {
    this.view.setInt32(this.at, -1);
    this.at += 4;
  }

  int4(value: number): void {
    this.view.setInt32(this.at, 4);
    this.view.setInt32(this.at + 4, value);
    this.at += 8;
  }

  /** @param value from 0 to 2^53 - 1 */
  int8(value: number): void {
    this.lanes(value >>> 0, value / 2 ** 32);
  }

  /** 64 bits as two unsigned numbers. */
  lanes(low: number, high: number): void {
    const { view, at } = this;
    view.setInt32(at, 8);
    view.setUint32(at + 4, high);
    view.setUint32(at + 8, low);
    this.at = at + 12;
  }

  /** What is left, with the end of all. */
  *rest(): Generator<Buffer> {
    yield this.block.subarray(0, this.at);
    yield end;
  }
}

function viewOf(block: Buffer): DataView {
  return new DataView(block.buffer, block.byteOffset, block.length);
}
