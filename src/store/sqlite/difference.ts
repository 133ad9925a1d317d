import { rmSync } from 'node:fs';
import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import { Kernel } from '../../kernel/kernel.ts';
import { type Dataset, layoutColumns, provenanceColumns } from '../../schema/dataset.ts';
import { keyBytes } from '../../schema/row-values.ts';
import { identifier } from '../identifier.ts';
import { equalOn, list } from './connection.ts';
import type { ComparedRows, DifferenceSink } from './compare-rows.ts';
import type { ChangedRange } from './changed-ranges.ts';
import { appendPages, openPrivate } from './fresh/fresh-database.ts';
import { RowTree } from './fresh/row-tree.ts';
import type { RowCursor } from '../row-cursor.ts';
import { type ComparedSums, noOutcomes, outcomes, type RowOutcome } from '../row-outcomes.ts';
import { keyDefinition, tablesOf } from './schema.ts';
import type { SuccessorRows } from './successor.ts';

/** An edit that a record of the run has met, by the state of the table that was compared. */
interface MetEdit {
  readonly edit: number;
  readonly outcome: RowOutcome;
  /** The record; `null` when meeting it changes nothing. */
  readonly winner: RowCursor | null;
}

/** What a row that was taken out has been to the difference. */
export interface TakenOut {
  readonly outcome: RowOutcome;
  /** What it had changed in the sum of hashes. */
  readonly checksum: bigint;
  /** Values of the count table with this index whose number now changes by less or by more. */
  readonly moved: readonly { readonly index: number; readonly value: SQLOutputValue }[];
}

/** A row's key as one text: its parts, NUL bytes between them. */
type KeyText = string;

/**
 * What a run changes in a dataset's tables, against one committed state of them, put aside so that nothing has to be
 * compared or looked up while the write lock is held. A database of its own, attached as `difference`:
 *
 * | table | holds |
 * |---|---|
 * | `rows` | the rows that are inserted or updated as they will be, `_longhaul_former`: the hash of the row there is, or NULL; and `_longhaul_moves`: whether a counted value may be another |
 * | `moved_<n>` | rows with another value in the n-th counted column: key, `_longhaul_former` and `_longhaul_value` |
 * | `counted_<n>` | what follows for the n-th count table: its key, and `_longhaul_by`: by how much the number changes |
 *
 * Rows for which an edit stands are not among them: what becomes of those is decided under the lock. In a dataset without a
 * key all rows of the run are inserted, and those of another run removed.
 */
export class Difference {
  readonly #path: string;
  readonly #dataset: Dataset;
  readonly #run: number;
  readonly #root: number;
  readonly #met = new Map<KeyText, MetEdit>();
  /** Of all winners, by the state that was compared. */
  sums: ComparedSums = { ...noOutcomes(), superseded: 0 };
  #changedRanges: readonly ChangedRange[] = [];
  /** Rows of which `_longhaul_moves` is set. */
  #moving = 0;
  /** What the rows change in the sum of hashes. */
  checksum = 0n;
  /** Rows that are inserted or updated. */
  rows = 0;
  /** Rows that go, and the run that has brought them; of a dataset without a key only. */
  removed = 0;
  removedRun: number | null = null;

  /** Makes an empty one. It is worth nothing once this process has died. */
  constructor(path: string, dataset: Dataset, run: number) {
    this.#path = path;
    this.#dataset = dataset;
    this.#run = run;
    rmSync(path, { force: true });
    rmSync(`${path}-journal`, { force: true });
    using db = openPrivate(path);
    db.exec('PRAGMA journal_mode = OFF');
    const [shape, ...counted] = tablesOf(dataset);
    // With the tables' types: SQLite does not look anything up by a key without a type for a column that has a number's.
    const typed = (names: Iterable<string>): string =>
      Array.from(names, (name) => keyDefinition(shape, name)).join(', ');
    const columns = [...layoutColumns(dataset).map(({ name }) => name), ...provenanceColumns];
    const key = list(shape.key);
    db.exec(
      `CREATE TABLE rows (${typed(columns)}, _longhaul_former, _longhaul_moves, PRIMARY KEY (${key})) WITHOUT ROWID`,
    );
    for (const [index, { column }] of dataset.counts.entries()) {
      db.exec(
        `CREATE TABLE moved_${index} (${typed(shape.key)}, _longhaul_former, _longhaul_value, PRIMARY KEY (${key})) WITHOUT ROWID`,
      );
      db.exec(
        `CREATE TABLE counted_${index} (${keyDefinition(counted[index]!, column)} PRIMARY KEY, _longhaul_by INTEGER NOT NULL) WITHOUT ROWID`,
      );
    }
    const root = db.prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'rows'").get();
    this.#root = (root as { rootpage: number }).rootpage;
  }

  /** Winners that were compared. */
  get comparedRows(): number {
    return outcomes.reduce((rows, outcome) => rows + this.sums[outcome], 0);
  }

  /** Outside of a transaction. A rollback leaves the difference as it was, too. */
  attachTo(db: DatabaseSync): void {
    db.prepare('ATTACH ? AS difference').run(this.#path);
    db.exec('PRAGMA difference.journal_mode = MEMORY');
    db.exec('PRAGMA difference.synchronous = OFF');
  }

  detachFrom(db: DatabaseSync): void {
    if (db.isOpen && !db.isTransaction) db.exec('DETACH difference');
  }

  /** Lets `compare` say what the run changes. */
  fill(compare: (kernel: Kernel, sink: DifferenceSink) => ComparedRows): void {
    const { sums, moving, changedRanges } = appendPages(this.#path, (file) => {
      const kernel = new Kernel();
      const tree = new RowTree(file, kernel, this.#dataset, this.#run, { withChange: true });
      let metAndUpdated = 0;
      const compared = compare(kernel, {
        compared: (merge, row, from, to) => tree.addWinners(merge, row, from, to),
        met: (winner, edit, meeting) => {
          const idle = meeting.kind === 'kept' && !meeting.remembers && !meeting.covers;
          const outcome = meeting.kind === 'kept' ? 'kept' : 'updated';
          if (outcome === 'updated') metAndUpdated++;
          const key = winner.keyParts().join('\0');
          this.#met.set(key, { edit, outcome, winner: idle ? null : winner.copyOfRow() });
        },
      });
      tree.finish(this.#root);
      file.flush();
      this.checksum = tree.checksum;
      this.rows = compared.sums.inserted + compared.sums.updated - metAndUpdated;
      return compared;
    });
    this.sums = sums;
    this.#moving = moving;
    this.#changedRanges = changedRanges;
  }

  /**
   * Works out what the rows change in the count tables. `db` must still see the state that was compared.
   *
   * @param removedRun whose rows go; of a dataset without a key only
   */
  findMoves(db: DatabaseSync, removedRun: number | null): void {
    const { name, key, counts } = this.#dataset;
    this.removedRun = removedRun;
    if (removedRun !== null) this.#countRemoved(db, removedRun);
    if ((key.length === 0 ? this.rows + this.removed : this.#moving) === 0) return;
    for (const [index, count] of counts.entries()) {
      const column = identifier(count.column);
      const more = key.length === 0 ? column : '_longhaul_value';
      const fewer = key.length === 0 ? column : '_longhaul_former';
      const [from, formerly] =
        key.length === 0
          ? ['difference.rows', `main.${identifier(name)} WHERE _run = ${removedRun ?? -1} AND`]
          : [`difference.moved_${index}`, `difference.moved_${index} WHERE`];
      if (key.length > 0) this.#findMoved(db, index, column);
      db.exec(
        `INSERT INTO difference.counted_${index}
         SELECT value, sum(by) FROM (
           SELECT ${more} AS value, 1 AS by FROM ${from} WHERE ${more} IS NOT NULL
           UNION ALL SELECT ${fewer}, -1 FROM ${formerly} ${fewer} IS NOT NULL)
         GROUP BY value HAVING sum(by) <> 0 ORDER BY value`,
      );
    }
  }

  #findMoved(db: DatabaseSync, index: number, column: string): void {
    const { name, key } = this.#dataset;
    db.exec(
      `INSERT INTO difference.moved_${index}
       SELECT ${list(key, 'd')}, p.${column}, d.${column} FROM difference.rows d
       LEFT JOIN main.${identifier(name)} p ON ${equalOn(key, 'd', 'p')}
       WHERE d._longhaul_moves AND p.${column} IS NOT d.${column} ORDER BY ${list(key, 'd')}`,
    );
  }

  #countRemoved(db: DatabaseSync, run: number): void {
    // In halves: SQLite refuses a sum that 64 bits do not hold.
    const statement = db.prepare(
      `SELECT count(*) AS n, sum(_hash >> 32) AS high, sum(_hash & 0xffffffff) AS low
       FROM main.${identifier(this.#dataset.name)} WHERE _run = ?`,
    );
    statement.setReadBigInts(true);
    const { n, high, low } = statement.get(run) as { n: bigint; high: bigint | null; low: bigint | null };
    this.removed = Number(n);
    this.checksum -= ((high ?? 0n) << 32n) + (low ?? 0n);
  }

  /** Values of a count table whose number changes. */
  countedValues(db: DatabaseSync, index: number): number {
    const row = db.prepare(`SELECT count(*) AS n FROM difference.counted_${index}`).get();
    return (row as { n: number }).n;
  }

  /** Edits that were met, and the winners that are not among the rows because of them (`null`: nothing follows). */
  *metEdits(): Generator<{
    readonly edit: number;
    readonly key: Uint8Array;
    readonly winner: RowCursor | null;
  }> {
    for (const [key, { edit, winner }] of this.#met) yield { edit, key: keyBytes(key.split('\0')), winner };
  }

  /** Keys of rows that are no longer as they were when they were compared. */
  outdatedKeys(db: DatabaseSync): Uint8Array[] {
    if (this.rows === 0 || this.#dataset.key.length === 0) return [];
    const { name, key } = this.#dataset;
    const statement = db.prepare(
      `SELECT ${list(key, 'd')} FROM difference.rows d LEFT JOIN main.${identifier(name)} p
       ON ${equalOn(key, 'd', 'p')} WHERE p._hash IS NOT d._longhaul_former`,
    );
    statement.setReturnArrays(true);
    return statement.all().map((parts) => keyBytes(parts as unknown as string[]));
  }

  /**
   * Takes a row out again, for it to be decided afresh; once for a key, and only in the transaction that begins here.
   *
   * @param winner the run's record of the row
   */
  takeOut(db: DatabaseSync, winner: RowCursor): TakenOut {
    const parts = winner.keyParts();
    const met = this.#met.get(parts.join('\0'));
    if (met !== undefined) return { outcome: met.outcome, checksum: 0n, moved: [] };
    const isKey = this.#dataset.key.map((name) => `${identifier(name)} = ?`).join(' AND ');
    const taken = db.prepare(
      `DELETE FROM difference.rows WHERE ${isKey} RETURNING _hash AS hash, _longhaul_former AS former`,
    );
    taken.setReadBigInts(true);
    const row = taken.get(...parts) as { hash: bigint; former: bigint | null } | undefined;
    if (row === undefined) return { outcome: 'unchanged', checksum: 0n, moved: [] };
    const moved: { index: number; value: SQLOutputValue }[] = [];
    for (const index of this.#dataset.counts.keys()) {
      const take = db.prepare(
        `DELETE FROM difference.moved_${index} WHERE ${isKey} RETURNING _longhaul_former AS former, _longhaul_value AS value`,
      );
      take.setReadBigInts(true);
      const move = take.get(...parts);
      if (move === undefined) continue;
      const add = db.prepare(
        `INSERT INTO difference.counted_${index} VALUES (?, ?) ON CONFLICT DO UPDATE SET _longhaul_by = _longhaul_by + excluded._longhaul_by`,
      );
      for (const [value, by] of [
        [move['former'], 1],
        [move['value'], -1],
      ] as const) {
        if (value === null || value === undefined) continue;
        add.run(value, by);
        moved.push({ index, value });
      }
    }
    const outcome = row.former === null ? 'inserted' : 'updated';
    return { outcome, checksum: row.hash - (row.former ?? 0n), moved };
  }

  /** The rows of the table as they will be, for its successor. */
  rowsAfterwards(): SuccessorRows {
    const columns = list([...this.#dataset.columns.map(({ name }) => name), ...provenanceColumns], 's');
    return {
      changed: 'difference.rows',
      select: (condition) => `SELECT ${columns} FROM difference.rows s WHERE ${condition}`,
      // Rows of a new run have keys that no row has had.
      stays: this.#dataset.key.length > 0 ? null : `s._run <> ${this.removedRun ?? -1}`,
      changedRanges: this.#changedRanges,
    };
  }

  /** The rows of the count table with this index as they will be. */
  countsAfterwards(index: number): SuccessorRows {
    const { table, column, numberColumn } = this.#dataset.counts[index]!;
    const value = `s.${identifier(column)}`;
    const number = `coalesce(c.${identifier(numberColumn)}, 0) + s._longhaul_by`;
    return {
      changed: `difference.counted_${index}`,
      select: (condition) =>
        `SELECT ${value}, ${number} FROM difference.counted_${index} s
         LEFT JOIN main.${identifier(table)} c ON c.${identifier(column)} = ${value} WHERE ${number} <> 0 AND ${condition}`,
      stays: null,
      changedRanges: [],
    };
  }
}
