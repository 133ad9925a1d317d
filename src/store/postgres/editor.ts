import type { Clock } from '../../runtime/clock.ts';
import { LonghaulError } from '../../runtime/errors.ts';
import type { CanonicalValue } from '../../schema/canonical-text.ts';
import type { Dataset } from '../../schema/dataset.ts';
import { RowHasher } from '../../schema/row-values.ts';
import { identifier } from '../identifier.ts';
import { canonicalValues } from '../row-values.ts';
import type { RowEditor, StoredRow } from '../store.ts';
import type { Connection } from './connection.ts';
import { applyCountDeltas } from './count-deltas.ts';
import { EditLedger, type EditTouch } from './edit-ledger.ts';
import { Ledger } from './ledger.ts';
import { openOurs } from './schema.ts';
import type { Session } from './session.ts';
import { isKey, readRow } from './stored-rows.ts';
import type { PostgresTarget } from './target.ts';
import { sqlTypes } from './typed-values.ts';

export interface PostgresEditorOptions {
  readonly target: PostgresTarget;
  readonly clock: Clock;
  /** How long to wait for another writer; 5 s. */
  readonly lockWaitSeconds?: number;
}

/** Changes rows through a connection of its own, in transactions as short as can be. */
export class PostgresEditor implements RowEditor {
  readonly #connection: Connection;
  readonly #clock: Clock;

  private constructor(connection: Connection, clock: Clock) {
    this.#connection = connection;
    this.#clock = clock;
  }

  /** Throws `tables_missing` when there are none. */
  static async open({ clock, ...options }: PostgresEditorOptions): Promise<PostgresEditor> {
    return new PostgresEditor(await openOurs(options), clock);
  }

  async editRow(
    dataset: Dataset,
    key: readonly string[],
    change: ReadonlyMap<string, CanonicalValue>,
    ifHash: bigint | null,
  ): Promise<StoredRow> {
    return this.#write(dataset, key, ifHash, async (row, edits, touch) => {
      const former = canonicalValues(dataset, row);
      const values = dataset.columns.map(({ name }, column) => {
        const value = change.get(name);
        return value === undefined ? former[column]! : value;
      });
      if (values.every((value, column) => value === row.values[column])) {
        throw LonghaulError.of('edit_changes_nothing', { key: key.join(', ') });
      }
      const standing = await edits.standing(key);
      if (standing === null) {
        const contentHash = new RowHasher(dataset).content(former);
        await edits.addFirst(touch, values, { values: former, contentHash, run: row.run, line: row.line });
      } else {
        await edits.addFurther(standing, touch, values);
      }
      return { values, run: row.run, line: row.line };
    });
  }

  async takeBackEdit(dataset: Dataset, key: readonly string[], ifHash: bigint | null): Promise<StoredRow> {
    return this.#write(dataset, key, ifHash, async (_row, edits, touch) => {
      const standing = await edits.standing(key);
      if (standing === null) throw LonghaulError.of('edit_not_standing', { key: key.join(', ') });
      await edits.end(standing, 'taken_back', touch);
      return await edits.covered(standing);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connection[Symbol.asyncDispose]();
  }

  /** Reads a row, lets `change` say what it becomes, and writes it with its counts and the table's checksum: one commit. */
  #write(
    dataset: Dataset,
    key: readonly string[],
    ifHash: bigint | null,
    change: (
      row: StoredRow,
      edits: EditLedger,
      touch: EditTouch,
    ) => Promise<{ readonly values: readonly CanonicalValue[]; readonly run: number; readonly line: number }>,
  ): Promise<StoredRow> {
    const { database } = this.#connection;
    const nowMs = this.#clock.wallMs();
    return this.#connection.transaction(async (session) => {
      const ledger = new Ledger(session);
      // Publishes and edits take the dataset's row before any row of its tables, so that none waits for another in a circle.
      const table = await ledger.table(dataset.name, true);
      const before = table === null ? null : await readRow(session, dataset, key);
      if (table === null || before === null) {
        throw LonghaulError.of('row_not_found', { database, table: dataset.name, key: key.join(', ') });
      }
      if (ifHash !== null && ifHash !== before.hash) {
        throw LonghaulError.of('edit_outdated', { key: key.join(', ') });
      }
      const number = table.editNumber + 1;
      const edits = new EditLedger(session, dataset.name);
      const { values, run, line } = await change(before, edits, { key, nowMs, number });
      const after: StoredRow = { values, run, line, hash: new RowHasher(dataset).row(values, run, line) };
      await writeRow(session, dataset, key, after);
      await moveCounts(session, dataset, before, after);
      const checksum = BigInt.asIntN(64, table.checksum - before.hash + after.hash);
      await ledger.saveTable(dataset.name, { ...table, checksum, editNumber: number });
      return after;
    });
  }
}

async function writeRow(
  session: Session,
  dataset: Dataset,
  key: readonly string[],
  row: StoredRow,
): Promise<void> {
  const columns = [...dataset.columns.map(({ name }) => name), '_run', '_line', '_hash'];
  const set = columns.map((name, index) => `${identifier(name)} = $${index + 1}`).join(', ');
  await session.run(
    `UPDATE ${identifier(dataset.name)} SET ${set} WHERE ${isKey(dataset, columns.length + 1)}`,
    ...[...row.values, row.run, row.line, row.hash, ...key],
  );
}

async function moveCounts(
  session: Session,
  dataset: Dataset,
  before: StoredRow,
  after: StoredRow,
): Promise<void> {
  for (const count of dataset.counts) {
    const column = dataset.columns.findIndex(({ name }) => name === count.column);
    const [from, to] = [canonicalValues(dataset, before)[column]!, canonicalValues(dataset, after)[column]!];
    if (from === to) continue;
    const type = sqlTypes[dataset.columns[column]!.type];
    // NULL is not counted.
    const deltas = `SELECT value, number FROM (VALUES ($1::${type}, -1::bigint), ($2::${type}, 1)) moved (value, number)
      WHERE value IS NOT NULL`;
    await applyCountDeltas(session, count, deltas, from, to);
  }
}
