import type { Kernel } from '../../../kernel/kernel.ts';
import { type ColumnType, type Dataset, layoutColumns } from '../../../schema/dataset.ts';
import { finishRowHash, HashSum } from '../../../schema/row-hash.ts';
import type { RowCursor } from '../../row-cursor.ts';
import type { RowMerge } from '../../row-merge.ts';
import type { LeafSink } from './leaf-pages.ts';
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
import { putValue, TypedValue } from './typed-value.ts';

/**
 * What each leaf of a table has free, so that a row which grows a little does not split its leaf. Of 4,667 rows that change, each on
 * another leaf, SQLite writes 6,757 pages where leaves are full, and 4,391 so.
 */
const sparePart = 1 / 32;

/** What a row of a difference has besides its columns. */
interface Change {
  /** The hash of the row that it takes the place of. */
  readonly former: ReturnType<RowMerge['former']> | null;
  readonly moves: boolean;
}

/**
 * The tree of a dataset's rows. The columns of a record are those of the table with its key first: the dataset's in layout
 * order, then run, line and hash; without a key of its own run and line, the dataset's, then hash. The rows of a difference
 * have two columns more: the hash of the row that they come in the place of (NULL: there is none), and whether a counted value
 * may be another.
 */
export class RowTree {
  readonly #tree: TreeBuilder;
  readonly #kernel: Kernel;
  readonly #checksum = new HashSum();
  readonly #types: readonly ColumnType[];
  readonly #keyed: boolean;
  /** One for each column; null: all columns are text and are copied as they lie. */
  readonly #values: readonly TypedValue[] | null;
  readonly #run: number;
  readonly #runType: number;
  readonly #withChange: boolean;
  /** What the kernel has to know of the run, once it does. */
  #origin: number | null = null;
  readonly #hash = new Uint32Array(2);

  /** @param options `sink`: as `TreeBuilder` */
  constructor(
    file: PageFile,
    kernel: Kernel,
    dataset: Dataset,
    run: number,
    { withChange, sink }: { withChange: boolean; sink?: LeafSink | undefined },
  ) {
    this.#withChange = withChange;
    this.#kernel = kernel;
    this.#tree = new TreeBuilder(file, kernel, { spare: withChange ? 0 : file.pageSize * sparePart, sink });
    this.#types = layoutColumns(dataset).map((column) => column.type);
    this.#keyed = dataset.key.length > 0;
    this.#values = this.#types.every((type) => type === 'text')
      ? null
      : this.#types.map(() => new TypedValue());
    this.#run = run;
    this.#runType = integerType(run);
  }

  /** What the rows change in the sum of a table's hashes, modulo 2^64, signed. */
  get checksum(): bigint {
    return BigInt.asIntN(64, this.#checksum.toSigned() + this.#tree.leaves.checksum);
  }

  /**
   * Adds the winners that a merge lists from one index to another; of those of a difference only what is inserted or updated.
   *
   * @param row may be put on any of them
   */
  addWinners(merge: RowMerge, row: RowCursor, from: number, to: number): void {
    const addOne = (index: number): void => {
      if (!this.#withChange) {
        row.standOn(merge, index);
        this.#add(row);
        return;
      }
      const outcome = merge.outcome(index);
      if (outcome === 'unchanged') return;
      row.standOn(merge, index);
      const former = outcome === 'updated' ? merge.former(index) : null;
      this.#add(row, { former, moves: merge.moves(index) });
    };
    if (this.#values === null) {
      this.#origin ??= this.#originFor(merge.layoutAt);
      this.#tree.leaves.addRows(this.#origin, merge, from, to, addOne);
    } else {
      for (let index = from; index < to; index++) addOne(index);
    }
  }

  #originFor(layout: number): number {
    const [runLow, runHigh] = [this.#run % 2 ** 32, Math.floor(this.#run / 2 ** 32)];
    return this.#kernel
      .struct(['runLow', 'runHigh', 'runType', 'layout', 'withChange'])
      .set({ runLow, runHigh, runType: this.#runType, layout, withChange: this.#withChange ? 1 : 0 }).at;
  }

  /** @param change of the rows of a difference: all of one tree have it, or none */
  #add(row: RowCursor, change?: Change): void {
    const record = this.#tree.room(row.rowWords * 4 + (this.#types.length + 6) * (maxTypeBytes + 8) + 32);
    const { line } = row;
    const lineType = integerType(line);
    if (this.#values !== null) this.#readValues(row, this.#values);
    // The header says its own length first; one byte is enough but for tables of very many columns.
    let at = this.#putTypes(record, recordAt + 1, row, lineType, change);
    const headerBytes = at - recordAt;
    if (headerBytes < 0x80) record[recordAt] = headerBytes;
    else at = this.#putTypes(record, putVarint(record, recordAt, headerBytes + 1), row, lineType, change);
    if (!this.#keyed) at = this.#putOrigin(record, at, line, lineType);
    at = this.#values === null ? row.copyValues(record, at) : this.#putValues(record, at, row, this.#values);
    if (this.#keyed) at = this.#putOrigin(record, at, line, lineType);
    finishRowHash(row.hashLow, row.hashHigh, this.#run, line, this.#hash);
    const low = this.#hash[0]!;
    const high = this.#hash[1]!;
    this.#checksum.add(low, high);
    at = putInt64(record, at, high, low);
    const former = change?.former ?? null;
    if (former !== null) {
      this.#checksum.subtract(former.hashLow, former.hashHigh);
      at = putInt64(record, at, former.hashHigh, former.hashLow);
    }
    this.#tree.add(at - recordAt);
  }

  /** Writes what is still in memory; the tree's top goes to the page `root`, which is there already. */
  finish(root: number): void {
    this.#tree.finish(root);
  }

  /** As `TreeBuilder`, for leaves that go into a tree with others. */
  finishLeaves(): Uint8Array {
    return this.#tree.finishLeaves();
  }

  #readValues(row: RowCursor, values: readonly TypedValue[]): void {
    for (const [column, type] of this.#types.entries()) {
      values[column]!.read(type, row.bytes, row.valueStart(column), row.valueBytes(column));
    }
  }

  #putTypes(
    record: Uint8Array,
    from: number,
    row: RowCursor,
    lineType: number,
    change: Change | undefined,
  ): number {
    let at = from;
    if (!this.#keyed) {
      record[at++] = this.#runType;
      record[at++] = lineType;
    }
    for (let column = 0; column < this.#types.length; column++)
      at = putVarint(record, at, this.#values?.[column]!.code ?? textType(row.valueBytes(column)));
    if (this.#keyed) {
      record[at++] = this.#runType;
      record[at++] = lineType;
    }
    record[at++] = int64Type;
    if (change !== undefined) {
      record[at++] = change.former === null ? nullType : int64Type;
      record[at++] = integerType(change.moves ? 1 : 0);
    }
    return at;
  }

  #putOrigin(record: Uint8Array, from: number, line: number, lineType: number): number {
    const at = putInteger(record, from, this.#run, this.#runType);
    return putInteger(record, at, line, lineType);
  }

  #putValues(record: Uint8Array, from: number, row: RowCursor, values: readonly TypedValue[]): number {
    let at = from;
    for (const [column, value] of values.entries()) {
      at = putValue(record, at, value, row.bytes, row.valueStart(column), row.valueBytes(column));
    }
    return at;
  }
}
