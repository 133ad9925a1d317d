import {
  type ColumnType,
  columnType,
  type CountTable,
  type Dataset,
  layoutColumns,
  provenanceColumns,
} from '../../schema/dataset.ts';
import { rowLayout } from '../../schema/packed-rows.ts';
import { HashSum } from '../../schema/row-hash.ts';
import { identifier } from '../identifier.ts';
import type { OpenedRows } from '../opened-rows.ts';
import { lookWhetherToStop, rowsPerLook } from '../publish-control.ts';
import type { RowCursor } from '../row-cursor.ts';
import type { PublishControl } from '../store.ts';
import { ValueCounter } from '../value-counter.ts';
import { CopyBlocks } from './copy-blocks.ts';
import { putColumn, RowEncoder } from './encode-rows.ts';
import type { Session } from './session.ts';
import { mostTypedBytes } from './typed-values.ts';

/** Counts the values of one column while its rows are sent. */
class ColumnCounter {
  readonly #count: CountTable;
  readonly #type: ColumnType;
  readonly #column: number;
  readonly #counter = new ValueCounter();

  constructor(dataset: Dataset, count: CountTable) {
    this.#count = count;
    this.#type = columnType(dataset, count.column);
    this.#column = layoutColumns(dataset).findIndex(({ name }) => name === count.column);
  }

  add(row: RowCursor): void {
    const length = row.valueBytes(this.#column);
    // No bytes are NULL, which is not counted.
    if (length > 0 || this.#type === 'text') {
      this.#counter.count(row.bytes, row.valueStart(this.#column), length);
    }
  }

  /** Fills the count table, which is empty. @returns false if there are too many values to count here */
  async copy(session: Session): Promise<boolean> {
    if (this.#counter.overflowed) return false;
    const { table, column, numberColumn } = this.#count;
    const into = `${identifier(table)} (${identifier(column)}, ${identifier(numberColumn)})`;
    await session.copyIn(`COPY ${into} FROM STDIN (FORMAT binary)`, this.#blocks());
    return true;
  }

  *#blocks(): Generator<Buffer> {
    const blocks = new CopyBlocks();
    const full: Buffer[] = [];
    this.#counter.inOrder((bytes, start, length, number) => {
      const block = blocks.row(2, 4 + Math.max(length, mostTypedBytes) + 12);
      putColumn(blocks, this.#type, bytes, start, length);
      blocks.int8(number);
      if (block !== null) full.push(block);
    });
    yield* full;
    yield* blocks.rest();
  }
}

export interface CopiedRows {
  readonly rows: number;
  /** Sum of their hashes. */
  readonly checksum: bigint;
}

/**
 * Sends the winners of a run straight into the dataset's table, which has none of their keys, in key order: the index is only
 * appended to.
 *
 * @param counts of tables that are filled with what these rows have
 */
export async function copyRows(
  session: Session,
  dataset: Dataset,
  run: number,
  rows: OpenedRows,
  control: PublishControl,
  counts: readonly CountTable[],
): Promise<CopiedRows & { readonly uncounted: readonly CountTable[] }> {
  const counters = new Map(counts.map((count) => [count, new ColumnCounter(dataset, count)]));
  const sum = new HashSum();
  let sent = 0;
  function* blocks(): Generator<Buffer> {
    const encoder = new RowEncoder(rowLayout(dataset), run);
    const all = [...counters.values()];
    using merged = rows.merged();
    for (let row = merged.next(); row !== null; row = merged.next()) {
      const full = encoder.begin(row, provenanceColumns.length);
      encoder.putRun();
      encoder.putOrigin(row);
      sum.add(encoder.hashLow, encoder.hashHigh);
      for (const counter of all) counter.add(row);
      if (++sent % rowsPerLook === 0) lookWhetherToStop(control, sent);
      if (full !== null) yield full;
    }
    yield* encoder.blocks.rest();
  }
  const columns = [...layoutColumns(dataset).map(({ name }) => name), ...provenanceColumns];
  const into = `${identifier(dataset.name)} (${columns.map(identifier).join(', ')})`;
  const copied = await session.copyIn(`COPY ${into} FROM STDIN (FORMAT binary)`, blocks());
  if (copied !== sent) throw new Error(`of ${sent} rows the server took ${copied}`);
  const uncounted: CountTable[] = [];
  for (const [count, counter] of counters) {
    if (!(await counter.copy(session))) uncounted.push(count);
  }
  return { rows: copied, checksum: sum.toSigned(), uncounted };
}
