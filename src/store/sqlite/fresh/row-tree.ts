import { finishRowHash, HashSum } from '../../../schema/row-hash.ts';
import type { ExistingRow } from '../existing-rows.ts';
import type { RowCursor } from '../row-cursor.ts';
import type { PageFile } from './page-file.ts';
import {
  int64Type,
  integerType,
  maxTypeBytes,
  nullType,
  putInt64,
  putInteger,
  putVarint,
  textType,
} from './record.ts';
import { recordAt, TreeBuilder } from './tree-builder.ts';

/**
 * The tree of a dataset's rows: their columns in layout order, then run, line and hash. The rows of a difference have one
 * column more, the hash of the row that they come in the place of (NULL: there is none).
 */
export class RowTree {
  readonly #tree: TreeBuilder;
  /** What the rows change in the sum of a table's hashes. */
  readonly checksum = new HashSum();
  readonly #columns: number;
  readonly #run: number;
  readonly #runType: number;
  readonly #hash = new Uint32Array(2);

  constructor(file: PageFile, columns: number, run: number) {
    this.#tree = new TreeBuilder(file);
    this.#columns = columns;
    this.#run = run;
    this.#runType = integerType(run);
  }

  /** @param former of the rows of a difference: all of one tree have it, or none */
  add(row: RowCursor, former?: ExistingRow | null): void {
    const record = this.#tree.room(row.rowWords * 4 + (this.#columns + 5) * maxTypeBytes + 32);
    const { line } = row;
    const lineType = integerType(line);
    // The header says its own length first; one byte is enough but for tables of very many columns.
    let at = this.#putTypes(record, recordAt + 1, row, lineType, former);
    const headerBytes = at - recordAt;
    if (headerBytes < 0x80) record[recordAt] = headerBytes;
    else at = this.#putTypes(record, putVarint(record, recordAt, headerBytes + 1), row, lineType, former);
    at = row.copyValues(record, at);
    at = putInteger(record, at, this.#run, this.#runType);
    at = putInteger(record, at, line, lineType);
    finishRowHash(row.hashLow, row.hashHigh, this.#run, line, this.#hash);
    const low = this.#hash[0]!;
    const high = this.#hash[1]!;
    this.checksum.add(low, high);
    at = putInt64(record, at, high, low);
    if (former !== null && former !== undefined) {
      this.checksum.subtract(former.hashLow, former.hashHigh);
      at = putInt64(record, at, former.hashHigh, former.hashLow);
    }
    this.#tree.add(at - recordAt);
  }

  /** Writes what is still in memory; the tree's top goes to the page `root`, which is there already. */
  finish(root: number): void {
    this.#tree.finish(root);
  }

  #putTypes(
    record: Uint8Array,
    from: number,
    row: RowCursor,
    lineType: number,
    former: ExistingRow | null | undefined,
  ): number {
    let at = from;
    for (let column = 0; column < this.#columns; column++)
      at = putVarint(record, at, textType(row.valueBytes(column)));
    record[at++] = this.#runType;
    record[at++] = lineType;
    record[at++] = int64Type;
    if (former !== undefined) record[at++] = former === null ? nullType : int64Type;
    return at;
  }
}
