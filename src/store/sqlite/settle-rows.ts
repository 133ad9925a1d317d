import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { CanonicalValue } from '../../schema/canonical-text.ts';
import { type ColumnType, columnType, type Dataset, layoutColumns } from '../../schema/dataset.ts';
import { finishRowHash, HashSum } from '../../schema/row-hash.ts';
import { keyBytes, signedHash } from '../../schema/row-values.ts';
import { identifier } from '../identifier.ts';
import { list } from './connection.ts';
import { CountDeltas } from './count-deltas.ts';
import { EditLedger } from './edit-ledger.ts';
import { asExisting, selectExisting } from './select-existing.ts';
import { equalsRow } from '../existing-row.ts';
import { meet, type PublishingRun, settleMeeting } from './meetings.ts';
import type { RowCursor } from '../row-cursor.ts';
import { noOutcomes, type RowOutcome } from '../row-outcomes.ts';
import { fromSqlite, toSqlite } from './typed-values.ts';

/**
 * Brings single winners of a run into the tables of a dataset, by the edits and the rows as they are at this moment: for rows
 * that people or other programs may have changed since the tables were compared. Inside the caller's transaction.
 */
export class RowSettler {
  readonly #publishing: PublishingRun;
  readonly #ledger: EditLedger;
  /** Of each column, in layout order. */
  readonly #types: readonly ColumnType[];
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
    const layout = layoutColumns(into);
    const columns = layout.map(({ name }) => name);
    const table = identifier(into.name);
    const isKey = into.key.map((name) => `${identifier(name)} = ?`).join(' AND ');
    const plain = columns.slice(into.key.length);
    const { run, dataset } = publishing;
    this.#publishing = publishing;
    this.#types = layout.map(({ type }) => type);
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
      deltas: new CountDeltas(db, count, columnType(into, count.column)),
      column: columns.indexOf(count.column),
    }));
    this.#countedValues =
      into.counts.length === 0
        ? null
        : db.prepare(`SELECT ${list(into.counts.map(({ column }) => column))} FROM ${table} WHERE ${isKey}`);
    this.#countedValues?.setReturnArrays(true);
    this.#countedValues?.setReadBigInts(true);
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
    const key = winner.keyParts();
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
    const texts = this.#types.map((_, column) => winner.value(column));
    const values = this.#types.map((type, column) => toSqlite(type, texts[column]!));
    finishRowHash(winner.hashLow, winner.hashHigh, this.#publishing.run, winner.line, this.#hash);
    const [low, high] = [this.#hash[0]!, this.#hash[1]!];
    this.checksum.add(low, high);
    if (existing === null) {
      this.#insert.run(...values, winner.line, signedHash(low, high));
      for (const { deltas, column } of this.#counts) deltas.change(texts[column]!, 1);
      return 'inserted';
    }
    const former = (this.#countedValues?.get(...key) ?? []) as unknown as readonly unknown[];
    this.checksum.subtract(existing.hashLow, existing.hashHigh);
    this.#update.run(...values.slice(key.length), winner.line, signedHash(low, high), ...key);
    for (const [index, { deltas, column }] of this.#counts.entries()) {
      const text = winner.canonical(column);
      const formerText = fromSqlite(this.#types[column]!, former[index]) as CanonicalValue;
      if (formerText === text) continue;
      deltas.change(formerText, -1);
      deltas.change(text, 1);
    }
    return 'updated';
  }
}
