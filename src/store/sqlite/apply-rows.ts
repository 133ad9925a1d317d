import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { LonghaulError } from '../../runtime/errors.ts';
import type { CanonicalValue } from '../../schema/canonical-text.ts';
import { type ColumnType, columnType, layoutColumns } from '../../schema/dataset.ts';
import { finishRowHash, HashSum } from '../../schema/row-hash.ts';
import type { PublishControl } from '../store.ts';
import { identifier } from '../identifier.ts';
import type { CoveringEdits, PublishingRun } from './covering-edits.ts';
import { CountDeltas } from './count-deltas.ts';
import type { ExistingRow, FindExisting } from './existing-rows.ts';
import { mergeRows } from './merge-rows.ts';
import type { RowCursor } from './row-cursor.ts';
import { fromSqlite, toSqlite } from './typed-values.ts';

/** Rows between two looks at whether to stop. */
export const rowsPerLook = 4096;

export interface AppliedSums {
  readonly inserted: number;
  readonly updated: number;
  readonly unchanged: number;
  readonly kept: number;
  readonly superseded: number;
  /** Rows that gave way to those of a new version of their file; of datasets without a key only. */
  readonly removed: number;
  readonly checksum: bigint;
}

/**
 * Brings the winners of a run into a dataset's table and its counts, inside the caller's transaction: what is equal is
 * not written. Statements and sums of one publish; use it once.
 */
export class RowApplier {
  readonly #run: number;
  readonly #find: FindExisting;
  readonly #edits: CoveringEdits;
  readonly #keyColumns: number;
  /** Of each column, in layout order. */
  readonly #types: readonly ColumnType[];
  readonly #insert: StatementSync;
  readonly #update: StatementSync;
  readonly #countedValues: StatementSync | null;
  /** For each count table: its changes, and its column in layout order. */
  readonly #counts: readonly { readonly deltas: CountDeltas; readonly column: number }[];
  readonly #checksum: HashSum;
  readonly #hash = new Uint32Array(2);
  readonly #signedHash = new BigInt64Array(this.#hash.buffer);
  #inserted = 0;
  #updated = 0;
  #unchanged = 0;
  #kept = 0;

  constructor(
    db: DatabaseSync,
    { dataset, run }: PublishingRun,
    checksum: bigint,
    find: FindExisting,
    edits: CoveringEdits,
  ) {
    const layout = layoutColumns(dataset);
    const columns = layout.map((column) => identifier(column.name));
    const table = identifier(dataset.name);
    const key = dataset.key.map(identifier);
    const isKey = key.map((name) => `${name} = ?`).join(' AND ');
    const plain = columns.slice(key.length);
    this.#run = run;
    this.#find = find;
    this.#edits = edits;
    this.#keyColumns = key.length;
    this.#types = layout.map((column) => column.type);
    this.#checksum = new HashSum(checksum);
    this.#insert = db.prepare(
      `INSERT INTO ${table} (${columns.join(', ')}, _run, _line, _hash) VALUES (${columns.map(() => '?').join(', ')}, ${run}, ?, ?)`,
    );
    this.#update = db.prepare(
      `UPDATE ${table} SET ${[...plain, '_line', '_hash'].map((name) => `${name} = ?`).join(', ')}, _run = ${run} WHERE ${isKey}`,
    );
    this.#counts = dataset.counts.map((count) => ({
      deltas: new CountDeltas(db, count, columnType(dataset, count.column)),
      column: layout.findIndex((column) => column.name === count.column),
    }));
    this.#countedValues =
      dataset.counts.length === 0
        ? null
        : db.prepare(
            `SELECT ${dataset.counts.map((count) => identifier(count.column)).join(', ')} FROM ${table} WHERE ${isKey}`,
          );
    this.#countedValues?.setReturnArrays(true);
    this.#countedValues?.setReadBigInts(true);
  }

  apply(cursors: readonly RowCursor[], control: PublishControl): AppliedSums {
    let rows = 0;
    const look = (): void => {
      control.progress(rows);
      if (!control.signal.aborted) return;
      throw LonghaulError.of('interrupted', { advice: 'run the same command again to go on' });
    };
    const superseded = mergeRows(cursors, (winner) => {
      this.#applyRow(winner);
      if (++rows % rowsPerLook === 0) look();
    });
    for (const count of this.#counts) count.deltas.flush();
    look();
    return {
      inserted: this.#inserted,
      updated: this.#updated,
      unchanged: this.#unchanged,
      kept: this.#kept,
      superseded,
      removed: 0,
      checksum: this.#checksum.toSigned(),
    };
  }

  #applyRow(winner: RowCursor): void {
    const meeting = this.#edits.meet(winner);
    if (meeting === 'kept') {
      this.#kept++;
      return;
    }
    const key: string[] = [];
    for (let part = 0; part < this.#keyColumns; part++) key.push(winner.value(part));
    const existing = this.#find(key);
    // An edited row is no record's equal: it names a run and a line that have not brought what it holds.
    if (existing !== null && meeting === 'no_edit' && this.#equals(winner, existing)) {
      this.#unchanged++;
      return;
    }
    const texts = [...key];
    const plain: SQLInputValue[] = [];
    for (let column = this.#keyColumns; column < this.#types.length; column++) {
      const text = winner.value(column);
      texts.push(text);
      plain.push(toSqlite(this.#types[column]!, text));
    }
    if (existing === null) {
      this.#takeHash(winner);
      this.#insert.run(...key, ...plain, winner.line, this.#signedHash[0]!);
      for (const count of this.#counts) count.deltas.change(texts[count.column]!, 1);
      this.#inserted++;
      return;
    }
    const former = (this.#countedValues?.get(...key) ?? []) as unknown as readonly unknown[];
    this.#checksum.subtract(existing.hashLow, existing.hashHigh);
    this.#takeHash(winner);
    this.#update.run(...plain, winner.line, this.#signedHash[0]!, ...key);
    for (const [index, count] of this.#counts.entries()) {
      const value = texts[count.column]!;
      const formerValue = fromSqlite(this.#types[count.column]!, former[index]) as CanonicalValue;
      if (formerValue === value) continue;
      count.deltas.change(formerValue, -1);
      count.deltas.change(value, 1);
    }
    this.#updated++;
  }

  /** Whether the record would be this row if it had come from the row's run and line. */
  #equals(winner: RowCursor, row: ExistingRow): boolean {
    finishRowHash(winner.hashLow, winner.hashHigh, row.run, row.line, this.#hash);
    return this.#hash[0] === row.hashLow && this.#hash[1] === row.hashHigh;
  }

  #takeHash(winner: RowCursor): void {
    finishRowHash(winner.hashLow, winner.hashHigh, this.#run, winner.line, this.#hash);
    this.#checksum.add(this.#hash[0]!, this.#hash[1]!);
  }
}
