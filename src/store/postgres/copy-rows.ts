import { Kernel } from '../../kernel/kernel.ts';
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
import { lookWhetherToStop } from '../publish-control.ts';
import { RowCursor } from '../row-cursor.ts';
import type { PublishControl } from '../store.ts';
import { ValueCounter, type VisitValue } from '../value-counter.ts';
import { CopyBlocks } from './copy-blocks.ts';
import { putColumn, RowEncoder } from './encode-rows.ts';
import type { Session } from './session.ts';
import { mostTypedBytes } from './typed-values.ts';

/** A count table that is filled with what the rows of a merge have. */
class FirstCounts {
  readonly count: CountTable;
  readonly counter: ValueCounter;
  readonly #type: ColumnType;

  constructor(kernel: Kernel, dataset: Dataset, count: CountTable) {
    this.count = count;
    this.#type = columnType(dataset, count.column);
    const column = layoutColumns(dataset).findIndex(({ name }) => name === count.column);
    this.counter = new ValueCounter(kernel, column, this.#type === 'text', dataset.counts.length);
  }

  async copy(session: Session): Promise<void> {
    const { table, column, numberColumn } = this.count;
    const into = `${identifier(table)} (${identifier(column)}, ${identifier(numberColumn)})`;
    await session.copyIn(`COPY ${into} FROM STDIN (FORMAT binary)`, this.#blocks());
  }

  *#blocks(): Generator<Buffer> {
    const blocks = new CopyBlocks();
    const { entries, count } = this.counter.sort();
    const full: Buffer[] = [];
    const put: VisitValue = (bytes, start, length, number) => {
      const block = blocks.row(2, 4 + Math.max(length, mostTypedBytes) + 12);
      putColumn(blocks, this.#type, Buffer.from(bytes.buffer, bytes.byteOffset), start, length);
      blocks.int8(number);
      if (block !== null) full.push(block);
    };
    for (let index = 0; index < count; index++) {
      this.counter.visit(entries, index, put);
      yield* full.splice(0);
    }
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
  const kernel = new Kernel();
  const counted = counts.map((count) => new FirstCounts(kernel, dataset, count));
  const sum = new HashSum();
  let sent = 0;
  function* blocks(): Generator<Buffer> {
    const encoder = new RowEncoder(rowLayout(dataset), run);
    const merge = rows.startMerge(kernel);
    const row = RowCursor.ofWinners(rows.layout);
    for (let winners = merge.next(); winners > 0; winners = merge.next()) {
      for (const { counter } of counted) counter.count(merge, winners);
      for (let index = 0; index < winners; index++) {
        row.standOn(merge, index);
        const full = encoder.begin(row, provenanceColumns.length);
        encoder.putRun();
        encoder.putOrigin(row);
        sum.add(encoder.hashLow, encoder.hashHigh);
        if (full !== null) yield full;
      }
      sent += winners;
      lookWhetherToStop(control, sent);
    }
    yield* encoder.blocks.rest();
  }
  const columns = [...layoutColumns(dataset).map(({ name }) => name), ...provenanceColumns];
  const into = `${identifier(dataset.name)} (${columns.map(identifier).join(', ')})`;
  const copied = await session.copyIn(`COPY ${into} FROM STDIN (FORMAT binary)`, blocks());
  if (copied !== sent) throw new Error(`of ${sent} rows the server took ${copied}`);
  for (const each of counted) if (!each.counter.overflowed) await each.copy(session);
  const uncounted = counted.filter(({ counter }) => counter.overflowed).map(({ count }) => count);
  return { rows: copied, checksum: sum.toSigned(), uncounted };
}
