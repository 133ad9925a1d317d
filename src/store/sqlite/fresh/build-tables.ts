import type { Dataset } from '../../../schema/dataset.ts';
import { layoutColumns } from '../../../schema/dataset.ts';
import type { PublishControl } from '../../store.ts';
import { lookWhetherToStop } from '../compare-rows.ts';
import type { AppliedSums } from '../row-outcomes.ts';
import type { OpenedRows } from '../staging.ts';
import type { PageFile } from './page-file.ts';
import { integerType, maxTypeBytes, putInteger, putVarint, textType } from './record.ts';
import { RowTree } from './row-tree.ts';
import { recordAt, TreeBuilder } from './tree-builder.ts';
import { ValueCounter } from './value-counter.ts';

const rowsPerLook = 4096;

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
    counter: new ValueCounter(mostCountedValues),
  }));
  const tree = new RowTree(file, columns.length, run);
  let built = 0;
  const superseded = rows.merge((row) => {
    tree.add(row);
    for (const { column, counter } of counts) {
      const start = row.valueStart(column);
      counter.count(row.bytes, start, row.valueBytes(column));
    }
    if (++built % rowsPerLook === 0) lookWhetherToStop(control, built);
  });
  lookWhetherToStop(control, built);
  tree.finish(rootOf(roots, dataset.name));
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
    checksum: tree.checksum.toSigned(),
  };
  return { sums, uncounted };
}

function rootOf(roots: RootPages, table: string): number {
  const root = roots.get(table);
  if (root === undefined) throw new Error(`the table ${table} is not there`);
  return root;
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
