import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import type { Dataset } from '../../schema/dataset.ts';
import { identifier } from '../identifier.ts';
import type { ChangedRange } from './changed-ranges.ts';
import { equalOn, list } from './connection.ts';
import { exchangeTrees } from './exchange-trees.ts';
import { type ForeignIndex, foreignIndexes } from './foreign-objects.ts';
import { keyDefinition, type TableShape, tablesOf } from './schema.ts';
import { TouchWatch, type WatchNames } from './touch-watch.ts';

/** Names of what exists only while a publish builds successors; what a killed one has left is found by them. */
const nextPrefix = '_longhaul_next_';
const touchedPrefix = '_longhaul_touched_';
const watchPrefix = '_longhaul_watch_';

/** Rows of one source that one piece copies at most: some 20 ms. */
const rowsAtOnce = 10_000;

/**
 * Rows that DROP TABLE may give back at once: 0.05 µs each, with their pages in the system's cache. Of a larger table they go in
 * pieces before, which takes eighty times as long.
 */
const mostRowsToDrop = 8_000_000;

export function successorName(name: string): string {
  return nextPrefix + name;
}

/** A dataset whose tables are those of another, but that those in `succeeded` go by their successors' names. */
export function withSuccessors(dataset: Dataset, succeeded: ReadonlySet<string>): Dataset {
  const nameOf = (table: string): string => (succeeded.has(table) ? successorName(table) : table);
  return {
    ...dataset,
    name: nameOf(dataset.name),
    counts: dataset.counts.map((count) => ({ ...count, table: nameOf(count.table) })),
  };
}

/** The values of the key's columns. */
type KeyValues = readonly SQLInputValue[];

/** What a successor holds instead of the table's rows. */
export interface SuccessorRows {
  /** A table with the keys of all rows that change. */
  readonly changed: string;
  /**
   * SQL that selects such rows as they will be, in the order of the table's columns.
   *
   * @param condition on the key columns of `s`, which is `changed`
   */
  readonly select: (condition: string) => string;
  /** A condition for the rows `s` of the table that stay as they are; `null`: those that `changed` does not have. */
  readonly stays: string | null;
  /** Ranges of keys in which no row stays, in their order. */
  readonly changedRanges: readonly ChangedRange[];
}

/**
 * Another table that will take the place of one: filled in transactions as short as one likes, while others go on writing to
 * the old one. Triggers note which of its rows they touch meanwhile. Then the two exchange their B-trees
 * (`exchangeTrees`), so that views, indexes and whatever else goes by the table's name stay as they are.
 */
export class Successor {
  readonly shape: TableShape;
  readonly next: string;
  readonly #db: DatabaseSync;
  readonly #old: string;
  readonly #watch: TouchWatch;
  readonly #indexes: readonly ForeignIndex[];
  readonly #rows: SuccessorRows;
  /** The key up to which rows are copied; `null` before the first. */
  #copiedTo: KeyValues | null = null;
  /** Of the changed ranges, the one that comes next. */
  #nextRange = 0;

  /** Creates it, in the caller's transaction. */
  constructor(db: DatabaseSync, dataset: Dataset, shape: TableShape, rows: SuccessorRows) {
    this.#db = db;
    this.shape = shape;
    this.next = successorName(shape.name);
    this.#old = identifier(shape.name);
    this.#rows = rows;
    this.#indexes = foreignIndexes(db, shape.name);
    const shapes = tablesOf(withSuccessors(dataset, new Set([shape.name])));
    db.exec(shapes.find(({ name }) => name === this.next)!.sql);
    for (const { name, isUnique, columns } of this.#indexes) {
      db.exec(
        `CREATE ${isUnique ? 'UNIQUE ' : ''}INDEX ${identifier(successorName(name))} ON ${identifier(this.next)} (${columns})`,
      );
    }
    const definitions = shape.key.map((name) => [name, keyDefinition(shape, name)] as const);
    const watched = { columns: new Map(definitions), onlyMoves: false };
    this.#watch = new TouchWatch(db, watchNames(shape.name), shape.name, watched);
  }

  /** Fills it with some more rows, in key order. @returns whether that was all */
  copySome(): boolean {
    const from = this.#copiedTo;
    const range = this.#rows.changedRanges[this.#nextRange];
    if (range !== undefined && isSame(range.after, from)) {
      this.#nextRange++;
      this.#copy(this.#within(range.to), [...(from ?? []), ...range.to], false);
      this.#copiedTo = range.to;
      return false;
    }
    const bound = this.#lesser(this.#boundIn(this.#rows.changed), this.#boundIn(`main.${this.#old}`));
    const to = this.#lesser(bound, range?.after ?? undefined);
    this.#copy(this.#within(to), [...(from ?? []), ...(to ?? [])]);
    this.#copiedTo = to ?? null;
    return to === undefined;
  }

  /** A condition for the keys after those that are copied. Its values are the last key that is copied, if there is one, and `to`. */
  #within(to: KeyValues | undefined): string {
    const key = list(this.shape.key, 's');
    const marks = keyMarks(this.shape);
    const after = this.#copiedTo === null ? 'true' : `(${key}) > (${marks})`;
    return to === undefined ? after : `${after} AND (${key}) <= (${marks})`;
  }

  /** Up to which key a table has as many rows as are copied at once; `undefined`: it has no more. */
  #boundIn(table: string): KeyValues | undefined {
    const key = list(this.shape.key, 's');
    const statement = this.#db.prepare(
      `SELECT ${key} FROM ${table} s WHERE ${this.#within(undefined)} ORDER BY ${key} LIMIT 1 OFFSET ${rowsAtOnce}`,
    );
    statement.setReturnArrays(true);
    statement.setReadBigInts(true);
    return statement.get(...(this.#copiedTo ?? [])) as unknown as KeyValues | undefined;
  }

  #lesser(a: KeyValues | undefined, b: KeyValues | undefined): KeyValues | undefined {
    if (a === undefined || b === undefined) return a ?? b;
    const marks = keyMarks(this.shape);
    const isLess = this.#db.prepare(`SELECT (${marks}) < (${marks}) AS yes`).get(...a, ...b);
    return isLess?.['yes'] === 1 ? a : b;
  }

  /** Makes one row what it is to be, by the table and by what changes in it, at this moment. */
  refresh(key: KeyValues): void {
    const isKey = (table: string): string =>
      this.shape.key.map((name) => `${table}${identifier(name)} = ?`).join(' AND ');
    this.#db.prepare(`DELETE FROM main.${identifier(this.next)} WHERE ${isKey('')}`).run(...key);
    this.#copy(isKey('s.'), key);
  }

  /**
   * Rows that change come from what they will be; of the table's the others. SQLite merges the two, as both are sorted.
   *
   * @param someStay whether the table may have others
   */
  #copy(condition: string, values: KeyValues, someStay = true): void {
    const { changed, select, stays } = this.#rows;
    const columns = this.shape.columns.keys().toArray();
    const stay =
      stays ?? `NOT EXISTS (SELECT 1 FROM ${changed} d WHERE ${equalOn(this.shape.key, 'd', 's')})`;
    const others = `UNION ALL SELECT ${list(columns, 's')} FROM main.${this.#old} s WHERE ${condition} AND ${stay}`;
    this.#db
      .prepare(
        `INSERT INTO main.${identifier(this.next)} (${list(columns)}) ${select(condition)} ${someStay ? others : ''}
         ORDER BY ${this.shape.key.map((name) => columns.indexOf(name) + 1).join(', ')}`,
      )
      .run(...values, ...(someStay ? values : []));
  }

  /** Keys of the table's rows that were written by whomever since the successor was created. */
  touchedKeys(): readonly KeyValues[] {
    return this.#watch.touched();
  }

  /** Ends the watch, and lets successor and table exchange their trees, in the caller's transaction: the last thing it does. */
  static exchange(db: DatabaseSync, successors: readonly Successor[]): void {
    if (successors.length === 0) return;
    for (const successor of successors) successor.#watch.end();
    const names = successors.flatMap((successor) => [
      successor.shape.name,
      ...successor.#indexes.map(({ name }) => name),
    ]);
    exchangeTrees(
      db,
      names.map((name) => [name, successorName(name)]),
    );
  }
}

/** Of a watch that lasts as long as a publish. @param what a table, or an index of one */
export function watchNames(what: string): WatchNames {
  return { touched: touchedPrefix, trigger: watchPrefix, of: what };
}

function isSame(a: KeyValues | null, b: KeyValues | null): boolean {
  if (a === null || b === null) return a === b;
  return a.every((value, part) => value === b[part]);
}

function keyMarks({ key }: TableShape): string {
  return key.map(() => '?').join(', ');
}

/**
 * Removes what publishes have left: old tables, or successors that never took a place.
 *
 * @param inShortTransaction runs some of the work, and lets others write before it returns
 * @param mostToDrop rows of a table that are given back at once
 */
export function removeSuccessors(
  db: DatabaseSync,
  inShortTransaction: (work: () => void) => void,
  mostToDrop = mostRowsToDrop,
): void {
  const leftovers = db.prepare(
    "SELECT type, name FROM sqlite_schema WHERE type IN ('table', 'trigger') AND substr(name, 1, length(?1)) = ?1",
  );
  const named = (prefix: string): string[] => leftovers.all(prefix).map((row) => row['name'] as string);
  const watching = [...named(watchPrefix), ...named(touchedPrefix)];
  if (watching.length > 0) {
    inShortTransaction(() => {
      for (const trigger of named(watchPrefix)) db.exec(`DROP TRIGGER ${identifier(trigger)}`);
      for (const table of named(touchedPrefix)) db.exec(`DROP TABLE ${identifier(table)}`);
    });
  }
  for (const table of named(nextPrefix)) dropInPieces(db, table, inShortTransaction, mostToDrop);
}

/** Drops a table with a key of its own. As `removeSuccessors`. */
export function dropInPieces(
  db: DatabaseSync,
  table: string,
  inShortTransaction: (work: () => void) => void,
  mostToDrop = mostRowsToDrop,
): void {
  const name = identifier(table);
  const key = db
    .prepare('SELECT name FROM pragma_table_info(?) WHERE pk > 0 ORDER BY pk')
    .all(table)
    .map((row) => row['name'] as string);
  const bound = db.prepare(
    `SELECT ${list(key)} FROM ${name} ORDER BY ${list(key)} LIMIT 1 OFFSET ${rowsAtOnce}`,
  );
  bound.setReturnArrays(true);
  bound.setReadBigInts(true);
  const remove = db.prepare(`DELETE FROM ${name} WHERE (${list(key)}) <= (${key.map(() => '?').join(', ')})`);
  // Reads all pages of the table, so that nobody has to wait for the disk when it is dropped (1.5 s for five million rows).
  const { rows } = db.prepare(`SELECT count(*) AS rows FROM ${name}`).get() as { rows: number };
  for (let left = rows; left > mostToDrop; left -= rowsAtOnce + 1) {
    const to = bound.get() as unknown as SQLInputValue[];
    inShortTransaction(() => remove.run(...to));
  }
  inShortTransaction(() => db.exec(`DROP TABLE ${name}`));
}
