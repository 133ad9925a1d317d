import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { type Dataset, layoutColumns } from '../../schema/dataset.ts';
import { finishRowHash, HashSum } from '../../schema/row-hash.ts';
import { keyBytes, signedHash } from '../../schema/row-values.ts';
import { equalsRow } from './compare-rows.ts';
import { identifier, list } from './connection.ts';
import { CountDeltas } from './count-deltas.ts';
import { EditLedger } from './edit-ledger.ts';
import { asExisting, selectExisting } from './existing-rows.ts';
import { meet, type PublishingRun, settleMeeting } from './meetings.ts';
import type { RowCursor } from './row-cursor.ts';
import { noOutcomes, type RowOutcome } from './row-outcomes.ts';

/**
 * Brings single winners of a run into the tables of a dataset, by the edits and the rows as they are at this moment: for rows
 * that people or other programs may have changed since the tables were compared. Inside the caller's transaction.
 */
export class RowSettler {
  readonly #publishing: PublishingRun;
  readonly #ledger: EditLedger;
  readonly #find: StatementSync;
  readonly #insert: StatementSync;
  readonly #update: StatementSync;
  readonly #countedValues: StatementSync | null;
  /** For each count table: its changes, and its column in layout order. */
  readonly #counts: readonly { readonly deltas: CountDeltas; readonly column: number }[];
  readonly #hash = new Uint32Array(2);
  readonly sums = noOutcomes();
  /** What the settled rows change in the sum of hashes. */
  readonly checksum = new HashSum();

  /** @param into the dataset under the names of the tables to write to */
  constructor(db: DatabaseSync, publishing: PublishingRun, into: Dataset) {
    const columns = layoutColumns(into).map(({ name }) => name);
    const table = identifier(into.name);
    const isKey = into.key.map((name) => `${identifier(name)} = ?`).join(' AND ');
    const plain = columns.slice(into.key.length);
    const { run, dataset } = publishing;
    this.#publishing = publishing;
    this.#ledger = new EditLedger(db, dataset.name);
    this.#find = db.prepare(`${selectExisting(into)} WHERE ${isKey}`);
    this.#find.setReturnArrays(true);
    this.#insert = db.prepare(
      `INSERT INTO ${table} (${list(columns)}, _run, _line, _hash) VALUES (${columns.map(() => '?').join(', ')}, ${run}, ?, ?)`,
    );
    this.#update = db.prepare(
      `UPDATE ${table} SET ${[...plain, '_line', '_hash'].map((name) => `${identifier(name)} = ?`).join(', ')}, _run = ${run} WHERE ${isKey}`,
    );
    this.#counts = into.counts.map((count) => ({
      deltas: new CountDeltas(db, count),
      column: columns.indexOf(count.column),
    }));
    this.#countedValues =
      into.counts.length === 0
        ? null
        : db.prepare(`SELECT ${list(into.counts.map(({ column }) => column))} FROM ${table} WHERE ${isKey}`);
    this.#countedValues?.setReturnArrays(true);
  }

  settle(winner: RowCursor): void {
    this.sums[this.#settle(winner)]++;
  }

  /** Writes what has changed in the counts. */
  finish(): void {
    for (const { deltas } of this.#counts) deltas.flush();
  }

  #settle(winner: RowCursor): RowOutcome {
    const { dataset, file } = this.#publishing;
    const key = [...winner.keyParts([])];
    const standing = this.#ledger.standing(keyBytes(key));
    if (standing !== null) {
      const meeting = meet(this.#ledger, standing, winner, file);
      settleMeeting(this.#ledger, standing, meeting, winner, this.#publishing);
      if (meeting.kind === 'kept') return 'kept';
    }
    const found = this.#find.get(...key);
    const existing = found === undefined ? null : asExisting(found, dataset.key.length);
    // An edited row is no record's equal: it names a run and a line that have not brought what it holds.
    if (existing !== null && standing === null && equalsRow(winner, existing)) return 'unchanged';
    const plain = dataset.columns.slice(key.length).map((_, column) => winner.value(key.length + column));
    const values = [...key, ...plain];
    finishRowHash(winner.hashLow, winner.hashHigh, this.#publishing.run, winner.line, this.#hash);
    const [low, high] = [this.#hash[0]!, this.#hash[1]!];
    this.checksum.add(low, high);
    if (existing === null) {
      this.#insert.run(...values, winner.line, signedHash(low, high));
      for (const { deltas, column } of this.#counts) deltas.change(values[column]!, 1);
      return 'inserted';
    }
    const former = (this.#countedValues?.get(...key) ?? []) as unknown as readonly string[];
    this.checksum.subtract(existing.hashLow, existing.hashHigh);
    this.#update.run(...plain, winner.line, signedHash(low, high), ...key);
    for (const [index, { deltas, column }] of this.#counts.entries()) {
      const value = values[column]!;
      if (former[index] === value) continue;
      deltas.change(former[index]!, -1);
      deltas.change(value, 1);
    }
    return 'updated';
  }
}
