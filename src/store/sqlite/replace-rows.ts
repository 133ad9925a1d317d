import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { LonghaulError } from '../../runtime/errors.ts';
import type { CanonicalValue } from '../../schema/canonical-text.ts';
import { type ColumnType, columnType, type Dataset, layoutColumns } from '../../schema/dataset.ts';
import { finishRowHash, HashSum } from '../../schema/row-hash.ts';
import type { PublishControl } from '../store.ts';
import { type AppliedSums, rowsPerLook } from './apply-rows.ts';
import { identifier } from '../identifier.ts';
import { CountDeltas } from './count-deltas.ts';
import { mergeRows } from './merge-rows.ts';
import type { RowCursor } from './row-cursor.ts';
import { fromSqlite, toSqlite } from './typed-values.ts';

/**
 * Brings a run into a dataset without a key, inside the caller's transaction: the rows that the last published run of the
 * same file has brought give way to those of this one. Statements and sums of one publish; use it once.
 */
export class RowReplacer {
  readonly #db: DatabaseSync;
  readonly #dataset: Dataset;
  readonly #run: number;
  /** The run whose rows go; null: the file is new. */
  readonly #former: number | null;
  readonly #types: readonly ColumnType[];
  readonly #insert: StatementSync;
  /** For each count table: its changes, and its column in layout order. */
  readonly #counts: readonly { readonly deltas: CountDeltas; readonly column: number }[];
  readonly #checksum: HashSum;
  readonly #hash = new Uint32Array(2);
  readonly #signedHash = new BigInt64Array(this.#hash.buffer);

  constructor(db: DatabaseSync, dataset: Dataset, run: number, former: number | null, checksum: bigint) {
    const layout = layoutColumns(dataset);
    const columns = layout.map((column) => identifier(column.name));
    this.#db = db;
    this.#dataset = dataset;
    this.#run = run;
    this.#former = former;
    this.#types = layout.map((column) => column.type);
    this.#checksum = new HashSum(checksum);
    this.#insert = db.prepare(
      `INSERT INTO ${identifier(dataset.name)} (${columns.join(', ')}, _run, _line, _hash) VALUES (${columns.map(() => '?').join(', ')}, ${run}, ?, ?)`,
    );
    this.#counts = dataset.counts.map((count) => ({
      deltas: new CountDeltas(db, count, columnType(dataset, count.column)),
      column: layout.findIndex((column) => column.name === count.column),
    }));
  }

  apply(cursors: readonly RowCursor[], control: PublishControl): AppliedSums {
    let rows = 0;
    const look = (): void => {
      control.progress(rows);
      if (!control.signal.aborted) return;
      throw LonghaulError.of('interrupted', { advice: 'run the same command again to go on' });
    };
    const removed = this.#former === null ? 0 : this.#remove(this.#former, look);
    const superseded = mergeRows(cursors, (row) => {
      this.#add(row);
      if (++rows % rowsPerLook === 0) look();
    });
    for (const count of this.#counts) count.deltas.flush();
    look();
    return {
      ...{ inserted: rows, updated: 0, unchanged: 0, kept: 0, superseded, removed },
      checksum: this.#checksum.toSigned(),
    };
  }

  #remove(run: number, look: () => void): number {
    const table = identifier(this.#dataset.name);
    const counted = this.#counts.map(({ column }) => identifier(layoutColumns(this.#dataset)[column]!.name));
    // A cursor on the same connection that deletes behind itself would be undefined; so first all is read.
    const select = this.#db.prepare(
      `SELECT ${['_hash & 0xffffffff', '_hash >> 32', ...counted].join(', ')} FROM ${table} WHERE _run = ?`,
    );
    select.setReturnArrays(true);
    select.setReadBigInts(true);
    let rows = 0;
    for (const row of select.iterate(run) as unknown as Iterable<readonly unknown[]>) {
      this.#checksum.subtract(Number(row[0]), Number(row[1]) >>> 0);
      for (const [index, { deltas, column }] of this.#counts.entries()) {
        deltas.change(fromSqlite(this.#types[column]!, row[index + 2]) as CanonicalValue, -1);
      }
      if (++rows % rowsPerLook === 0) look();
    }
    this.#db.prepare(`DELETE FROM ${table} WHERE _run = ?`).run(run);
    return rows;
  }

  #add(row: RowCursor): void {
    const texts = this.#types.map((_, column) => row.value(column));
    const values: SQLInputValue[] = texts.map((text, column) => toSqlite(this.#types[column]!, text));
    finishRowHash(row.hashLow, row.hashHigh, this.#run, row.line, this.#hash);
    this.#checksum.add(this.#hash[0]!, this.#hash[1]!);
    this.#insert.run(...values, row.line, this.#signedHash[0]!);
    for (const { deltas, column } of this.#counts) deltas.change(texts[column]!, 1);
  }
}
