import type { Kernel } from '../../../kernel/kernel.ts';
import { columnType, type Dataset, layoutColumns } from '../../../schema/dataset.ts';
import type { OpenedRows } from '../../opened-rows.ts';
import { lookWhetherToStop } from '../../publish-control.ts';
import { RowCursor } from '../../row-cursor.ts';
import type { PublishControl } from '../../store.ts';
import { ValueCounter } from '../../value-counter.ts';
import type { LeafSink } from './leaf-pages.ts';
import type { PageFile } from './page-file.ts';
import { RowTree } from './row-tree.ts';

/** Whose rows they are. */
export interface RowsToBuild {
  readonly dataset: Dataset;
  readonly run: number;
  /** Of a count table; beyond them nothing is counted. */
  readonly mostCountedValues?: number | undefined;
}

export interface BuiltRows {
  /** The last leaf page, complete, and not written yet. */
  readonly last: Uint8Array;
  readonly rows: number;
  readonly superseded: number;
  readonly checksum: bigint;
  /** One for each count table of the dataset. */
  readonly counters: readonly ValueCounter[];
}

/** Merges sorted rows into leaf pages, and counts their values: the part of a publish that touches every row. */
export function buildRows(
  file: PageFile,
  kernel: Kernel,
  { dataset, run, mostCountedValues }: RowsToBuild,
  rows: OpenedRows,
  control: PublishControl,
  sink: LeafSink,
): BuiltRows {
  const columns = layoutColumns(dataset);
  const tree = new RowTree(file, kernel, dataset, run, { withChange: false, sink });
  const counters = dataset.counts.map((count) => {
    const column = columns.findIndex(({ name }) => name === count.column);
    const countsEmpty = columnType(dataset, count.column) === 'text';
    return new ValueCounter(kernel, column, countsEmpty, dataset.counts.length, mostCountedValues);
  });
  let built = 0;
  const merge = rows.startMerge(kernel);
  const row = RowCursor.ofWinners(rows.layout);
  for (let winners = merge.next(); winners > 0; winners = merge.next()) {
    tree.addWinners(merge, row, 0, winners);
    for (const counter of counters) counter.count(merge, winners);
    built += winners;
    lookWhetherToStop(control, built);
  }
  lookWhetherToStop(control, built);
  const last = tree.finishLeaves();
  const superseded = rows.superseded + merge.superseded;
  return { last, rows: built, superseded, checksum: tree.checksum, counters };
}
