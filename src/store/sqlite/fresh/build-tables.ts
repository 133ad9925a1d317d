import type { Dataset } from '../../../schema/dataset.ts';
import { layoutColumns } from '../../../schema/dataset.ts';
import { finishRowHash, HashSum } from '../../../schema/row-hash.ts';
import { LonghaulError } from '../../../runtime/errors.ts';
import type { PublishControl } from '../../store.ts';
import type { AppliedSums } from '../apply-rows.ts';
import { mergeRows } from '../merge-rows.ts';
import type { RowCursor } from '../row-cursor.ts';
import type { PageFile } from './page-file.ts';
import { int64Type, integerType, putInt64, putInteger, putVarint, textType } from './record.ts';
import { recordAt, TreeBuilder } from './tree-builder.ts';
import { ValueCounter } from './value-counter.ts';

const rowsPerLook = 4096;
/** Most bytes that the header of a record takes for one column. */
const maxTypeBytes = 9;

/** The first pages of a dataset's empty tables, by table name. */
export type RootPages = ReadonlyMap<string, number>;

export interface BuiltTables {
  readonly sums: AppliedSums;
  /** Names of count tables that were left empty because they have too many values to count in memory. */
  readonly uncounted: readonly string[];
}

/**
 * Writes the pages of a dataset's tables, which must be empty, out of sorted rows: what inserting row by row would lead to,
 * without looking for a place for any of them.
 */
export function buildTables(
  file: PageFile,
  roots: RootPages,
  dataset: Dataset,
  run: number,
  cursors: readonly RowCursor[],
  control: PublishControl,
  mostCountedValues?: number,
): BuiltTables {
  const columns = layoutColumns(dataset);
  const counts = dataset.counts.map((count) => ({
    table: count.table,
    column: columns.findIndex((column) => column.name === count.column),
    counter: new ValueCounter(mostCountedValues),
  }));
  const rows = new RowTree(file, columns.length, run);
  let built = 0;
  const look = (): void => {
    control.progress(built);
    if (!control.signal.aborted) return;
    throw LonghaulError.of('interrupted', { advice: 'run the same command again to go on' });
  };
  const superseded = mergeRows(cursors, (row) => {
    rows.add(row);
    for (const { column, counter } of counts) {
      const start = row.valueStart(column);
      counter.count(row.bytes, start, row.valueBytes(column));
    }
    if (++built % rowsPerLook === 0) look();
  });
  look();
  rows.tree.finish(rootOf(roots, dataset.name));
  const uncounted: string[] = [];
  for (const { table, counter } of counts) {
    if (counter.overflowed) uncounted.push(table);
    else buildCounts(new TreeBuilder(file), counter).finish(rootOf(roots, table));
  }
  file.flush();
  const sums = {
    inserted: built,
    updated: 0,
    unchanged: 0,
    kept: 0,
    superseded,
    checksum: rows.checksum.toSigned(),
  };
  return { sums, uncounted };
}

function rootOf(roots: RootPages, table: string): number {
  const root = roots.get(table);
  if (root === undefined) throw new Error(`the table ${table} is not there`);
  return root;
}

/** The tree of a dataset's rows: their columns in layout order, then run, line and hash. */
class RowTree {
  readonly tree: TreeBuilder;
  readonly checksum = new HashSum();
  readonly #columns: number;
  readonly #run: number;
  readonly #runType: number;
  readonly #hash = new Uint32Array(2);

  constructor(file: PageFile, columns: number, run: number) {
    this.tree = new TreeBuilder(file);
    this.#columns = columns;
    this.#run = run;
    this.#runType = integerType(run);
  }

  add(row: RowCursor): void {
    const record = this.tree.room(row.rowWords * 4 + (this.#columns + 4) * maxTypeBytes + 24);
    const { line } = row;
    const lineType = integerType(line);
    // The header says its own length first; one byte is enough but for tables of very many columns.
    let at = this.#putTypes(record, recordAt + 1, row, lineType);
    const headerBytes = at - recordAt;
    if (headerBytes < 0x80) record[recordAt] = headerBytes;
    else at = this.#putTypes(record, putVarint(record, recordAt, headerBytes + 1), row, lineType);
    at = row.copyValues(record, at);
    at = putInteger(record, at, this.#run, this.#runType);
    at = putInteger(record, at, line, lineType);
    finishRowHash(row.hashLow, row.hashHigh, this.#run, line, this.#hash);
    const low = this.#hash[0]!;
    const high = this.#hash[1]!;
    this.checksum.add(low, high);
    this.tree.add(putInt64(record, at, high, low) - recordAt);
  }

  #putTypes(record: Uint8Array, from: number, row: RowCursor, lineType: number): number {
    let at = from;
    for (let column = 0; column < this.#columns; column++)
      at = putVarint(record, at, textType(row.valueBytes(column)));
    record[at] = this.#runType;
    record[at + 1] = lineType;
    record[at + 2] = int64Type;
    return at + 3;
  }
}

function buildCounts(tree: TreeBuilder, counter: ValueCounter): TreeBuilder {
  counter.inOrder((bytes, start, length, number) => {
    const record = tree.room(length + 2 * maxTypeBytes + 16);
    const type = integerType(number);
    let at = putVarint(record, recordAt + 1, textType(length));
    record[at++] = type;
    record[recordAt] = at - recordAt;
    for (let from = start; from < start + length; from++) record[at++] = bytes[from]!;
    tree.add(putInteger(record, at, number, type) - recordAt);
  });
  return tree;
}
