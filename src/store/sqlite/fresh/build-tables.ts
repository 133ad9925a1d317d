import { type ColumnType, columnType, type Dataset, layoutColumns } from '../../../schema/dataset.ts';
import type { OpenedRows } from '../../opened-rows.ts';
import { lookWhetherToStop, rowsPerLook } from '../../publish-control.ts';
import type { PublishControl } from '../../store.ts';
import type { AppliedSums } from '../row-outcomes.ts';
import type { PageFile } from './page-file.ts';
import { integerType, maxTypeBytes, putInteger, putVarint } from './record.ts';
import { RowTree } from './row-tree.ts';
import { recordAt, TreeBuilder } from './tree-builder.ts';
import { putValue, TypedValue } from './typed-value.ts';
import { ValueCounter } from '../../value-counter.ts';

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
  rows: OpenedRows,
  control: PublishControl,
  mostCountedValues?: number,
): BuiltTables {
  const columns = layoutColumns(dataset);
  const counts = dataset.counts.map((count) => ({
    table: count.table,
    column: columns.findIndex((column) => column.name === count.column),
    type: columnType(dataset, count.column),
    counter: new ValueCounter(mostCountedValues),
  }));
  const tree = new RowTree(file, dataset, run);
  let built = 0;
  const superseded = rows.merge((row) => {
    tree.add(row);
    for (const { column, type, counter } of counts) {
      const length = row.valueBytes(column);
      if (length > 0 || type === 'text') counter.count(row.bytes, row.valueStart(column), length);
    }
    if (++built % rowsPerLook === 0) lookWhetherToStop(control, built);
  });
  lookWhetherToStop(control, built);
  tree.finish(rootOf(roots, dataset.name));
  const uncounted: string[] = [];
  for (const { table, type, counter } of counts) {
    if (counter.overflowed) uncounted.push(table);
    else buildCounts(new TreeBuilder(file), type, counter).finish(rootOf(roots, table));
  }
  file.flush();
  const sums = {
    inserted: built,
    updated: 0,
    unchanged: 0,
    kept: 0,
    superseded,
    removed: 0,
    checksum: tree.checksum.toSigned(),
  };
  return { sums, uncounted };
}

function rootOf(roots: RootPages, table: string): number {
  const root = roots.get(table);
  if (root === undefined) throw new Error(`the table ${table} is not there`);
  return root;
}

function buildCounts(tree: TreeBuilder, type: ColumnType, counter: ValueCounter): TreeBuilder {
  const value = new TypedValue();
  inTableOrder(type, counter, (bytes, start, length, number) => {
    const record = tree.room(length + 2 * maxTypeBytes + 16);
    const numberType = integerType(number);
    value.read(type, bytes, start, length);
    let at = putVarint(record, recordAt + 1, value.code);
    record[at++] = numberType;
    record[recordAt] = at - recordAt;
    at = putValue(record, at, value, bytes, start, length);
    tree.add(putInteger(record, at, number, numberType) - recordAt);
  });
  return tree;
}

type VisitValue = Parameters<ValueCounter['inOrder']>[0];

/** Numbers lie in a table in the order of their values, everything else in that of their bytes. */
function inTableOrder(type: ColumnType, counter: ValueCounter, visit: VisitValue): void {
  if (type === 'text' || type === 'date' || type === 'timestamp') {
    counter.inOrder(visit);
    return;
  }
  const values: (readonly [value: number | bigint, ...rest: Parameters<VisitValue>])[] = [];
  counter.inOrder((bytes, start, length, number) => {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, length).toString('latin1');
    values.push([type === 'integer' ? BigInt(text) : Number(text), bytes, start, length, number]);
  });
  values.sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [, ...rest] of values) visit(...rest);
}
