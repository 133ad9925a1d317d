import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import { identifier } from '../identifier.ts';
import { equalOn, list } from './connection.ts';

const events = ['INSERT', 'UPDATE', 'DELETE'] as const;

/** The names of what there is only while a watch lasts: of a table `TOUCHED OF`, and triggers `TRIGGER EVENT_OF`. */
export interface WatchNames {
  readonly touched: string;
  readonly trigger: string;
  readonly of: string;
}

function touchedName({ touched, of }: WatchNames): string {
  return identifier(touched + of);
}
function triggerName({ trigger, of }: WatchNames, event: (typeof events)[number]): string {
  return identifier(`${trigger}${event.toLowerCase()}_${of}`);
}

export interface WatchedColumns {
  /** What is noted of a row, by name: definitions in SQL. Rows where one of them is NULL are not noted. */
  readonly columns: ReadonlyMap<string, string>;
  /** Whether a row is noted only when one of these columns changes, or it comes or goes. */
  readonly onlyMoves: boolean;
}

/** Notes what of a table others write to, by triggers: some columns of each row as they were and as they are. */
export class TouchWatch {
  readonly #db: DatabaseSync;
  readonly #names: WatchNames;
  readonly #columns: readonly string[];

  /** Begins it, in the caller's transaction. */
  constructor(db: DatabaseSync, names: WatchNames, table: string, { columns, onlyMoves }: WatchedColumns) {
    this.#db = db;
    this.#names = names;
    this.#columns = [...columns.keys()];
    const touched = touchedName(names);
    const own = this.#columns;
    db.exec(
      `CREATE TABLE ${touched} (${[...columns.values()].join(', ')}, PRIMARY KEY (${list(own)})) STRICT, WITHOUT ROWID`,
    );
    // Without OR IGNORE, which a statement with a conflict clause of its own would override.
    const note = (row: 'new' | 'old'): string =>
      `INSERT INTO ${touched} SELECT ${list(own, row)} WHERE NOT EXISTS (SELECT 1 FROM ${touched} t WHERE ${equalOn(own, 't', row)})
       AND ${own.map((name) => `${row}.${identifier(name)} IS NOT NULL`).join(' AND ')};`;
    const moves = `WHEN (${list(own, 'old')}) IS NOT (${list(own, 'new')})`;
    for (const [event, noted, when] of [
      ['INSERT', note('new'), ''],
      ['UPDATE', note('old') + note('new'), onlyMoves ? moves : ''],
      ['DELETE', note('old'), ''],
    ] as const) {
      db.exec(
        `CREATE TRIGGER ${triggerName(names, event)} AFTER ${event} ON ${identifier(table)} ${when} BEGIN ${noted} END`,
      );
    }
  }

  /** @param most so many at most */
  touched(most = Number.MAX_SAFE_INTEGER): (readonly SQLInputValue[])[] {
    const statement = this.#db.prepare(
      `SELECT ${list(this.#columns)} FROM ${touchedName(this.#names)} LIMIT ?`,
    );
    statement.setReturnArrays(true);
    statement.setReadBigInts(true);
    return statement.all(most) as unknown as (readonly SQLInputValue[])[];
  }

  /** Whether it is there still: in a database nobody can be kept from ending it. */
  get isOn(): boolean {
    const table = this.#db.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?");
    return table.get(this.#names.touched + this.#names.of) !== undefined;
  }

  forget(touched: readonly (readonly SQLInputValue[])[]): void {
    const isIt = this.#columns.map((name) => `${identifier(name)} = ?`).join(' AND ');
    const forget = this.#db.prepare(`DELETE FROM ${touchedName(this.#names)} WHERE ${isIt}`);
    for (const columns of touched) forget.run(...columns);
  }

  end(): void {
    endWatch(this.#db, this.#names);
  }
}

/** Ends a watch, in the caller's transaction, if there is one. */
export function endWatch(db: DatabaseSync, names: WatchNames): void {
  for (const event of events) db.exec(`DROP TRIGGER IF EXISTS ${triggerName(names, event)}`);
  db.exec(`DROP TABLE IF EXISTS ${touchedName(names)}`);
}
