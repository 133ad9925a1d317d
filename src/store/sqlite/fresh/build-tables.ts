import { Kernel } from '../../../kernel/kernel.ts';
import { type ColumnType, columnType } from '../../../schema/dataset.ts';
import type { OpenedRows } from '../../opened-rows.ts';
import { lookWhetherToStop } from '../../publish-control.ts';
import type { AppliedSums } from '../../row-outcomes.ts';
import type { PublishControl } from '../../store.ts';
import type { ValueCounter, VisitValue } from '../../value-counter.ts';
import { buildRows, type RowsToBuild } from './build-rows.ts';
import { addLeaves } from './leaf-list.ts';
import type { PageFile } from './page-file.ts';
import { integerType, maxTypeBytes, putInteger, putVarint } from './record.ts';
import type { SideParts } from './side-parts.ts';
import { recordAt, TreeBuilder } from './tree-builder.ts';
import { putValue, TypedValue } from './typed-value.ts';
import { UpperLevels } from './upper-levels.ts';

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
 *
 * @param rows all of them, or the first of those that are cut into parts
 * @param side the other parts
 */
export function buildTables(
  file: PageFile,
  roots: RootPages,
  what: RowsToBuild,
  rows: OpenedRows,
  side: SideParts,
  control: PublishControl,
): BuiltTables {
  const { dataset } = what;
  const kernel = new Kernel();
  const above = new UpperLevels(file);
  const sink = { leaf: above.add.bind(above) };
  const progress = (built: number): void => control.progress(built + side.rows);
  const first = buildRows(file, kernel, what, rows, { signal: control.signal, progress }, sink);
  let { last, rows: inserted, superseded, checksum } = first;
  for (const part of side.finish()) {
    addLeaves(above, file.append(last), part.leaves);
    last = part.leaves.last;
    inserted += part.rows;
    superseded += part.superseded;
    checksum = BigInt.asIntN(64, checksum + part.checksum);
    for (const [index, counter] of first.counters.entries()) counter.add(part.counts[index]!);
  }
  lookWhetherToStop(control, inserted);
  above.finish(last, rootOf(roots, dataset.name));
  const uncounted: string[] = [];
  for (const [index, { table, column }] of dataset.counts.entries()) {
    const counter = first.counters[index]!;
    if (counter.overflowed) uncounted.push(table);
    else buildCounts(file, kernel, columnType(dataset, column), counter).finish(rootOf(roots, table));
  }
  const sums = { inserted, updated: 0, unchanged: 0, kept: 0, superseded, removed: 0, checksum };
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
