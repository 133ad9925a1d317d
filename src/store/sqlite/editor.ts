import type { DatabaseSync } from 'node:sqlite';
import type { Clock } from '../../runtime/clock.ts';
import { LonghaulError } from '../../runtime/errors.ts';
import type { CanonicalValue } from '../../schema/canonical-text.ts';
import { columnType, type Dataset } from '../../schema/dataset.ts';
import { keyBytes, RowHasher } from '../../schema/row-values.ts';
import { canonicalValues } from '../row-values.ts';
import type { RowEditor, StoredRow } from '../store.ts';
import { identifier } from '../identifier.ts';
import { inTransaction } from './connection.ts';
import { CountDeltas } from './count-deltas.ts';
import { EditLedger } from './edit-ledger.ts';
import { translating } from './errors.ts';
import { Ledger } from './ledger.ts';
import { openOurs } from './open-ours.ts';
import { isKey, readRow } from './stored-rows.ts';
import { toSqlite } from './typed-values.ts';

export interface SqliteEditorOptions {
  readonly path: string;
  readonly clock: Clock;
  /** How long to wait for another writer; 5 s. */
  readonly lockWaitSeconds?: number;
}

/** Changes rows through a connection of its own, in transactions as short as can be. */
export class SqliteEditor implements RowEditor {
  readonly #options: SqliteEditorOptions;
  readonly #db: DatabaseSync;

  /** Throws `database_missing` when there is none. */
  constructor(options: SqliteEditorOptions) {
    this.#options = options;
    this.#db = openOurs(options.path, options.lockWaitSeconds);
  }

  async editRow(
    dataset: Dataset,
    key: readonly string[],
    change: ReadonlyMap<string, CanonicalValue>,
    ifHash: bigint | null,
  ): Promise<StoredRow> {
    return this.#write(dataset, key, ifHash, (row, edits) => {
      const former = canonicalValues(dataset, row);
      const values = dataset.columns.map(({ name }, column) => {
        const value = change.get(name);
        return value === undefined ? former[column]! : value;
      });
      if (values.every((value, column) => value === row.values[column])) {
        throw LonghaulError.of('edit_changes_nothing', { key: key.join(', ') });
      }
      const nowMs = this.#options.clock.wallMs();
      const bytes = keyBytes(key);
      const standing = edits.standing(bytes);
      if (standing === null) {
        const contentHash = new RowHasher(dataset).content(former);
        edits.addFirst(bytes, values, { values: former, contentHash, run: row.run, line: row.line }, nowMs);
      } else {
        edits.addFurther(standing.edit, values, nowMs);
      }
      return { values, run: row.run, line: row.line };
    });
  }

  async takeBackEdit(dataset: Dataset, key: readonly string[], ifHash: bigint | null): Promise<StoredRow> {
    return this.#write(dataset, key, ifHash, (_row, edits) => {
      const standing = edits.standing(keyBytes(key));
      if (standing === null) throw LonghaulError.of('edit_not_standing', { key: key.join(', ') });
      edits.end(standing.edit, 'taken_back', this.#options.clock.wallMs(), null);
      return edits.covered(standing.edit);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#db.isOpen) this.#db.close();
  }

  /** Reads a row, lets `change` say what it becomes, and writes it with its counts and the table's checksum: one commit. */
  #write(
    dataset: Dataset,
    key: readonly string[],
    ifHash: bigint | null,
    change: (
      row: StoredRow,
      edits: EditLedger,
    ) => { readonly values: readonly CanonicalValue[]; readonly run: number; readonly line: number },
  ): StoredRow {
    const db = this.#db;
    return this.#translating(() =>
      inTransaction(
        db,
        () => {
          const ledger = new Ledger(db);
          const before = ledger.knows(dataset.name) ? readRow(db, dataset, key) : null;
          if (before === null) {
            const table = dataset.name;
            throw LonghaulError.of('row_not_found', {
              database: this.#options.path,
              table,
              key: key.join(', '),
            });
          }
          if (ifHash !== null && ifHash !== before.hash) {
            throw LonghaulError.of('edit_outdated', { key: key.join(', ') });
          }
          const { values, run, line } = change(before, new EditLedger(db, dataset.name));
          const bound = dataset.columns.map(({ type }, column) => toSqlite(type, values[column] ?? ''));
          const after: StoredRow = { values, run, line, hash: new RowHasher(dataset).row(values, run, line) };
          const columns = dataset.columns.map(({ name }) => `${identifier(name)} = ?`).join(', ');
          db.prepare(
            `UPDATE ${identifier(dataset.name)} SET ${columns}, _run = ?, _line = ?, _hash = ? WHERE ${isKey(dataset)}`,
          ).run(...bound, run, line, after.hash, ...key);
          moveCounts(db, dataset, before, after);
          const { rows, checksum, publishNumber } = ledger.table(dataset.name);
          const moved = BigInt.asIntN(64, checksum - before.hash + after.hash);
          ledger.saveTable(dataset.name, rows, moved, publishNumber);
          return after;
        },
        this.#options.lockWaitSeconds,
      ),
    );
  }

  #translating<T>(work: () => T): T {
    return translating(this.#options.path, work, this.#options.lockWaitSeconds);
  }
}

function moveCounts(db: DatabaseSync, dataset: Dataset, before: StoredRow, after: StoredRow): void {
  for (const count of dataset.counts) {
    const column = dataset.columns.findIndex(({ name }) => name === count.column);
    const [from, to] = [canonicalValues(dataset, before)[column]!, canonicalValues(dataset, after)[column]!];
    if (from === to) continue;
    const deltas = new CountDeltas(db, count, columnType(dataset, count.column));
    deltas.change(from, -1);
    deltas.change(to, 1);
    deltas.flush();
  }
}
