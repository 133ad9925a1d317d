import type { ColumnType } from '../../schema/dataset.ts';
import type { RowLayout } from '../../schema/packed-rows.ts';
import { finishRowHash } from '../../schema/row-hash.ts';
import type { RowCursor } from '../row-cursor.ts';
import { CopyBlocks } from './copy-blocks.ts';
import { mostTypedBytes, putTyped } from './typed-values.ts';

/** What stands in the row after its columns, each of 8 bytes and its length. */
const tailBytes = 4 * (4 + 8);

/** Puts one value, given as the bytes of its canonical text. */
export function putColumn(
  blocks: CopyBlocks,
  type: ColumnType,
  bytes: Buffer,
  start: number,
  length: number,
): void {
  if (type === 'text') {
    blocks.bytes(bytes, start, length);
  } else if (length === 0) {
    // No bytes are NULL.
    blocks.null();
  } else {
    const text = bytes.toString('latin1', start, start + length);
    const written = putTyped[type](blocks.view, blocks.at + 4, text);
    blocks.view.setInt32(blocks.at, written);
    blocks.at += 4 + written;
  }
}

/** Writes rows of one run as blocks of COPY. */
export class RowEncoder {
  readonly blocks = new CopyBlocks();
  readonly #layout: RowLayout;
  readonly #run: number;
  readonly #hash = new Uint32Array(2);

  constructor(layout: RowLayout, run: number) {
    this.#layout = layout;
    this.#run = run;
  }

  /** Lanes of the hash of the row that was put last. */
  get hashLow(): number {
    return this.#hash[0]!;
  }
  get hashHigh(): number {
    return this.#hash[1]!;
  }

  /**
   * Begins a row and puts its columns in layout order.
   *
   * @param fields besides them, of which `putOrigin`'s need no room
   * @param mostBytes of those others, with their lengths
   * @returns a block that is full and to be sent
   */
  begin(row: RowCursor, fields: number, mostBytes = 0): Buffer | null {
    const { columns, types, keySeparators } = this.#layout;
    const { blocks } = this;
    const most = (4 + mostTypedBytes) * columns + row.rowWords * 4 + tailBytes + mostBytes;
    const full = blocks.row(columns + fields, most);
    const { bytes } = row;
    let from = row.valueStart(0);
    for (let column = 0; column < columns; column++) {
      const length = row.valueBytes(column);
      putColumn(blocks, types[column]!, bytes, from, length);
      // NUL bytes stand between the parts of a key.
      from += length + (column < keySeparators ? 1 : 0);
    }
    return full;
  }

  putRun(): void {
    this.blocks.int8(this.#run);
  }

  /** Line and hash. */
  putOrigin(row: RowCursor): void {
    const { line } = row;
    finishRowHash(row.hashLow, row.hashHigh, this.#run, line, this.#hash);
    this.blocks.int8(line);
    this.blocks.lanes(this.hashLow, this.hashHigh);
  }

  putContentHash(row: RowCursor): void {
    this.blocks.lanes(row.hashLow, row.hashHigh);
  }
}

/** Rows of one chunk as they are staged: the columns, then line, hash, content hash and chunk. */
export function* encodeStaged(
  layout: RowLayout,
  rows: RowCursor,
  run: number,
  chunk: number,
): Generator<Buffer> {
  const encoder = new RowEncoder(layout, run);
  while (rows.next()) {
    const full = encoder.begin(rows, 4);
    encoder.putOrigin(rows);
    encoder.putContentHash(rows);
    encoder.blocks.int4(chunk);
    if (full !== null) yield full;
  }
  yield* encoder.blocks.rest();
}
