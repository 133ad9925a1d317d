import {
  hashHighAt,
  hashLowAt,
  lengthsAt,
  lineAt,
  type PackedRows,
  type RowLayout,
  rowWordsAt,
} from '../../schema/packed-rows.ts';
import { finishRowHash } from '../../schema/row-hash.ts';
import { mostTypedBytes, putTyped } from './typed-values.ts';

/** Of one message to the server. A row that is longer gets a buffer of its own. */
const blockBytes = 256 * 1024;

/** `PGCOPY`, flags 0, no extension: https://www.postgresql.org/docs/current/sql-copy.html#SQL-COPY-FILE-FORMATS */
const head = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1');
const end = Buffer.from([0xff, 0xff]);

/** Bytes up to which a loop copies faster than a call does. */
const shortCopyBytes = 48;

/** After the columns: line, hash, content hash (8 bytes each) and chunk (4), every field with its length before it. */
const provenanceFields = 4;
const provenanceBytes = 3 * (4 + 8) + (4 + 4);

/** Where a chunk stands in its file, and in which run. */
export interface RowPlace {
  readonly run: number;
  readonly chunk: number;
  /** Of the chunk's first byte. */
  readonly line: number;
}

/**
 * Packed rows as blocks of PostgreSQL's binary COPY format: the columns in layout order, then line, hash, content hash
 * and chunk. Binary, because no byte has to be escaped or looked at; no string and no object is made of a text.
 */
export function* encodeRows(
  layout: RowLayout,
  { words, rows }: PackedRows,
  place: RowPlace,
): Generator<Buffer> {
  const { columns, types, keySeparators, headWords } = layout;
  const bytes = Buffer.from(words.buffer, words.byteOffset, words.byteLength);
  const fields = columns + provenanceFields;
  const rowOverhead = 2 + (4 + mostTypedBytes) * columns + provenanceBytes;
  const hash = new Uint32Array(2);
  let block = Buffer.allocUnsafe(blockBytes);
  let view = new DataView(block.buffer, block.byteOffset, block.length);
  let to = head.copy(block);
  let at = 0;
  for (let row = 0; row < rows; row++) {
    const rowWords = words[at + rowWordsAt]!;
    const most = rowOverhead + rowWords * 4;
    if (to + most > block.length) {
      yield block.subarray(0, to);
      block = Buffer.allocUnsafe(Math.max(blockBytes, most));
      view = new DataView(block.buffer, block.byteOffset, block.length);
      to = 0;
    }
    view.setInt16(to, fields);
    to += 2;
    let from = (at + headWords) * 4;
    for (let column = 0; column < columns; column++) {
      const length = words[at + lengthsAt + column]!;
      const stop = from + length;
      const type = types[column]!;
      if (type !== 'text') {
        // No bytes are NULL, and so is the length -1.
        const written =
          length === 0 ? -1 : putTyped[type](view, to + 4, bytes.toString('latin1', from, stop));
        view.setInt32(to, written);
        to += 4 + Math.max(written, 0);
        from = stop;
        continue;
      }
      view.setInt32(to, length);
      to += 4;
      if (length > shortCopyBytes) {
        bytes.copy(block, to, from, stop);
        to += length;
        from = stop;
      } else {
        while (from < stop) block[to++] = bytes[from++]!;
      }
      // NUL bytes stand between the parts of a key.
      if (column < keySeparators) from++;
    }
    const line = place.line + words[at + lineAt]!;
    const low = words[at + hashLowAt]!;
    const high = words[at + hashHighAt]!;
    finishRowHash(low, high, place.run, line, hash);
    view.setInt32(to, 8);
    view.setUint32(to + 4, line / 2 ** 32);
    view.setUint32(to + 8, line >>> 0);
    view.setInt32(to + 12, 8);
    view.setUint32(to + 16, hash[1]!);
    view.setUint32(to + 20, hash[0]!);
    view.setInt32(to + 24, 8);
    view.setUint32(to + 28, high);
    view.setUint32(to + 32, low);
    view.setInt32(to + 36, 4);
    view.setInt32(to + 40, place.chunk);
    to += provenanceBytes;
    at += rowWords;
  }
  yield block.subarray(0, to);
  yield end;
}
