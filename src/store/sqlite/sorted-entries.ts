import { rmSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { type Dataset, storedKey } from '../../schema/dataset.ts';
import { identifier } from '../identifier.ts';
import type { SearchIndex } from '../search-indexes.ts';
import { list } from './connection.ts';
import { entries, type IndexEntry, type IndexTree } from './index-tree.ts';

/** Rows that are read and sorted at once, at least: 0.3 s. */
const rowsOfRun = 200_000;
/** Sorted runs that are merged: some steps of SQLite a row more for each. */
const mostRuns = 24;

/**
 * The entries of an index over all rows of a table, sorted, in a file of their own: read part by part in the order of the key, so that
 * no reader stays for long, each part sorted, and all merged when they are copied. Rows that change meanwhile are in it
 * as they were at some moment.
 */
export class SortedEntries implements Disposable {
  readonly #db: DatabaseSync;
  readonly #index: SearchIndex;
  readonly #key: readonly string[];
  readonly #path: string;
  readonly #rowsOfRun: number;
  #runs = 0;
  #readTo: IndexEntry | null = null;

  /** @param tableRows about how many rows the table has */
  constructor(db: DatabaseSync, dataset: Dataset, index: SearchIndex, path: string, tableRows: number) {
    this.#db = db;
    this.#index = index;
    this.#path = path;
    this.#key = index.table === dataset.name ? storedKey(dataset) : index.columns.slice(1);
    this.#rowsOfRun = Math.max(rowsOfRun, Math.ceil(tableRows / mostRuns));
    removeSorted(path);
    db.prepare('ATTACH ? AS sorted').run(path);
    // Worth nothing once this process has died.
    db.exec('PRAGMA sorted.journal_mode = OFF; PRAGMA sorted.synchronous = OFF');
  }

  /** Reads and sorts some more rows. @returns whether that was all */
  sortSome(): boolean {
    const db = this.#db;
    const { table, columns, nullable } = this.#index;
    const key = list(this.#key);
    const marks = this.#key.map(() => '?').join(', ');
    const from = this.#readTo;
    const source = `main.${identifier(table)}`;
    const after = from === null ? 'true' : `(${key}) > (${marks})`;
    const to = entries(
      db,
      `SELECT ${key} FROM ${source} WHERE ${after} ORDER BY ${key} LIMIT 1 OFFSET ${this.#rowsOfRun}`,
      ...(from ?? []),
    )[0];
    const range = to === undefined ? after : `${after} AND (${key}) <= (${marks})`;
    const hasValue = nullable ? ` AND ${identifier(columns[0]!)} IS NOT NULL` : '';
    const run = `sorted.run_${this.#runs++}`;
    db.exec(`CREATE TABLE ${run} (${list(columns)}, PRIMARY KEY (${list(columns)})) WITHOUT ROWID`);
    db.prepare(
      `INSERT INTO ${run} SELECT ${list(columns)} FROM ${source} WHERE ${range}${hasValue} ORDER BY ${list(columns)}`,
    ).run(...(from ?? []), ...(to ?? []));
    this.#readTo = to ?? null;
    return to === undefined;
  }

  /** Appends some more entries to a tree, in its order. @returns whether that was all */
  copySome(tree: IndexTree, most: number): boolean {
    const { columns } = this.#index;
    const last = tree.last();
    const after =
      last.length === 0 ? '' : `WHERE (${list(columns)}) > (${columns.map(() => '?').join(', ')})`;
    const runs = Array.from({ length: this.#runs }, (_, run) => `SELECT * FROM sorted.run_${run} ${after}`);
    const copied = this.#db
      .prepare(
        // A row that has got another key meanwhile is in two runs.
        `INSERT OR IGNORE INTO main.${identifier(tree.table)} ${runs.join(' UNION ALL ')}
         ORDER BY ${columns.map((_, column) => column + 1).join(', ')} LIMIT ${most}`,
      )
      .run(...runs.flatMap(() => last));
    return Number(copied.changes) === 0;
  }

  [Symbol.dispose](): void {
    if (this.#db.isOpen && !this.#db.isTransaction) this.#db.exec('DETACH sorted');
    removeSorted(this.#path);
  }
}

/** Also what a killed process has left. */
export function removeSorted(path: string): void {
  for (const suffix of ['', '-journal']) rmSync(path + suffix, { force: true });
}

export function sortedPath(database: string): string {
  return `${database}.indexing`;
}
