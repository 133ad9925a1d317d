import { Kernel } from '../../../kernel/kernel.ts';
import { type ColumnType, columnType, type Dataset, layoutColumns } from '../../../schema/dataset.ts';
import type { OpenedRows } from '../../opened-rows.ts';
import { lookWhetherToStop } from '../../publish-control.ts';
import type { PublishControl } from '../../store.ts';
import { RowCursor } from '../../row-cursor.ts';
import type { AppliedSums } from '../../row-outcomes.ts';
import type { PageFile } from './page-file.ts';
import { integerType, maxTypeBytes, putInteger, putVarint } from './record.ts';
import { RowTree } from './row-tree.ts';
import { recordAt, TreeBuilder } from './tree-builder.ts';
import { putValue, TypedValue } from './typed-value.ts';
import { ValueCounter, type VisitValue } from '../../value-counter.ts';

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
  const kernel = new Kernel();
  const columns = layoutColumns(dataset);
  const tree = new RowTree(file, kernel, dataset, run, { withChange: false });
  const counts = dataset.counts.map((count) => {
    const column = columns.findIndex(({ name }) => name === count.column);
    const type = columnType(dataset, count.column);
    const countsEmpty = type === 'text';
    const counters = dataset.counts.length;
    const counter = new ValueCounter(kernel, column, countsEmpty, counters, mostCountedValues);
    return { table: count.table, type, counter };
  });
  let built = 0;
  using merge = rows.startMerge(kernel);
  const row = RowCursor.ofWinners(rows.layout);
  for (let winners = merge.next(); winners > 0; winners = merge.next()) {
    tree.addWinners(merge, row, 0, winners);
    for (const { counter } of counts) counter.count(merge, winners);
    built += winners;
    lookWhetherToStop(control, built);
  }
  lookWhetherToStop(control, built);
  tree.finish(rootOf(roots, dataset.name));
  const uncounted: string[] = [];
  for (const { table, type, counter } of counts) {
    if (counter.overflowed) uncounted.push(table);
    else buildCounts(file, kernel, type, counter).finish(rootOf(roots, table));
  }
  file.flush();
  const sums = {
    inserted: built,
    updated: 0,
    unchanged: 0,
    kept: 0,
    superseded: rows.superseded + merge.superseded,
    removed: 0,
    checksum: tree.checksum,
  };
  return { sums, uncounted };
}

function rootOf(roots: RootPages, table: string): number {
  const root = roots.get(table);
  if (root === undefined) throw new Error(`the table ${table} is not there`);
  return root;
}

function buildCounts(file: PageFile, kernel: Kernel, type: ColumnType, counter: ValueCounter): TreeBuilder {
  const tree = new TreeBuilder(file, kernel);
  const { entries, count } = counter.sort();
  const value = new TypedValue();
  const add: VisitValue = (bytes, start, length, number) => {
    const record = tree.room(length + 2 * maxTypeBytes + 16);
    const numberType = integerType(number);
    value.read(type, bytes, start, length);
    let at = putVarint(record, recordAt + 1, value.code);
    record[at++] = numberType;
    record[recordAt] = at - recordAt;
    at = putValue(record, at, value, bytes, start, length);
    tree.add(putInteger(record, at, number, numberType) - recordAt);
  };
  // Numbers lie in a table in the order of their values, everything else in that of their bytes.
  if (type === 'text' || type === 'date' || type === 'timestamp') {
    tree.leaves.addCounts(entries, count, (index) => counter.visit(entries, index, add));
  } else {
    for (const index of inOrderOfNumbers(type, counter, entries, count)) counter.visit(entries, index, add);
  }
  return tree;
}

function inOrderOfNumbers(
  type: ColumnType,
  counter: ValueCounter,
  entries: number,
  count: number,
): readonly number[] {
  const numbers: (number | bigint)[] = [];
  for (let index = 0; index < count; index++) {
    counter.visit(entries, index, (bytes, start, length) => {
      const text = Buffer.from(bytes.buffer, start, length).toString('latin1');
      numbers.push(type === 'integer' ? BigInt(text) : Number(text));
    });
  }
  return Array.from(numbers.keys()).sort((a, b) => (numbers[a]! < numbers[b]! ? -1 : 1));
}
