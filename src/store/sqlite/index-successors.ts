import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import type { Dataset } from '../../schema/dataset.ts';
import { identifier } from '../identifier.ts';
import { type SearchIndex, searchIndexes } from '../search-indexes.ts';
import { equalOn, list } from './connection.ts';
import type { Difference } from './difference.ts';
import { exchangeTrees } from './exchange-trees.ts';
import { addedCounts, countIndexChanges, indexChanges } from './index-changes.ts';
import { entries, entryColumns, type IndexEntry, indexesThere, IndexTree } from './index-tree.ts';
import { indexingWatchNames } from './indexing.ts';
import { successorName, watchNames } from './successor.ts';
import { endWatch, TouchWatch } from './touch-watch.ts';

/** Entries that one piece copies: some 20 ms. */
const entriesAtOnce = 10_000;

/** A table that becomes larger by so many times is indexed anew by the master afterwards, beside others: sorting its entries would hold up the publish. */
const timesLarger = 2;

/** An index that gets a tree of its own beside it, in pieces. */
interface Copied {
  readonly tree: IndexTree;
  readonly watch: TouchWatch;
  /** What comes and goes in it. */
  readonly changes: string;
}

/**
 * What becomes of the search indexes of tables that get successors. Their entries name no place in a table, only values and keys: so an
 * index stays as it is where these stay. Of few entries that come or go, each is written under the lock; where it is many, the index gets a
 * successor as well, sorted old entries merged with sorted new ones. In the end each entry that anybody may have
 * changed meanwhile is looked up in the successor of the table.
 */
export class IndexSuccessors {
  readonly #db: DatabaseSync;
  readonly #dataset: Dataset;
  readonly #difference: Difference;
  readonly #succeeded: ReadonlySet<string>;
  readonly #mostOneByOne: number;
  readonly #many: readonly SearchIndex[];
  readonly #copied = new Map<string, Copied>();
  readonly #lateWatches = new Map<string, TouchWatch>();

  /** @param succeeded tables that get successors */
  constructor(
    db: DatabaseSync,
    dataset: Dataset,
    difference: Difference,
    succeeded: ReadonlySet<string>,
    { mostOneByOne, tableRows }: { readonly mostOneByOne: number; readonly tableRows: number },
  ) {
    this.#db = db;
    this.#dataset = dataset;
    this.#difference = difference;
    this.#succeeded = succeeded;
    this.#mostOneByOne = mostOneByOne;
    this.#many = this.#indexes().filter((index) => {
      const { added, removed } = countIndexChanges(this.#db, this.#dataset, this.#difference, index);
      return added + removed > mostOneByOne && added <= tableRows * timesLarger;
    });
  }

  #indexes(): SearchIndex[] {
    return indexesThere(this.#db, this.#dataset).filter(({ table }) => this.#succeeded.has(table));
  }

  /** In the transaction that creates the successors of the tables. */
  create(): void {
    for (const index of this.#many) {
      const tree = new IndexTree(this.#db, this.#dataset, index, successorName(index.name));
      tree.create();
      const watch = this.#watch(index, index.name, index.table);
      this.#copied.set(index.name, { tree, watch, changes: `difference.entries_${this.#copied.size}` });
    }
  }

  #watch(index: SearchIndex, name: string, table: string): TouchWatch {
    const watched = { columns: entryColumns(this.#dataset, index), onlyMoves: true };
    return new TouchWatch(this.#db, watchNames(name), table, watched);
  }

  /** Fills the successors of the indexes, after those of the tables, each piece in a transaction of its own: `briefly`. */
  copyAll(briefly: (work: () => boolean) => boolean): void {
    for (const { tree, changes } of this.#copied.values()) {
      this.#sortChanges(tree.index, changes);
      while (!briefly(() => this.#copySome(tree, changes)));
    }
  }

  /** Once the table's successor is filled. What others have written since does not matter: it was noted. */
  #sortChanges(index: SearchIndex, changes: string): void {
    // With types: compared with a column that has one, a column without could not be looked up by its key.
    const columns = [...entryColumns(this.#dataset, index).values()].join(', ');
    const isOfRows = index.table === this.#dataset.name;
    const { added: inRows, removed } = indexChanges(this.#dataset, this.#difference, index);
    const added = isOfRows ? inRows : addedCounts(this.#dataset, index, successorName(index.table));
    this.#db.exec(
      `CREATE TABLE ${changes} (${columns}, _longhaul_by INTEGER, PRIMARY KEY (${list(index.columns)})) WITHOUT ROWID`,
    );
    this.#db.exec(
      `INSERT OR IGNORE INTO ${changes} SELECT * FROM (SELECT *, -1 FROM (${removed}) UNION ALL SELECT *, 1 FROM (${added}))
       ORDER BY ${index.columns.map((_, column) => column + 1).join(', ')}`,
    );
  }

  #copySome(tree: IndexTree, changes: string): boolean {
    const { table, name, columns } = tree.index;
    const last = tree.last();
    const marks = columns.map(() => '?').join(', ');
    const isAfter = last.length === 0 ? 'true' : `(${list(columns, 's')}) > (${marks})`;
    const copied = this.#db
      .prepare(
        `INSERT OR IGNORE INTO main.${identifier(tree.table)}
         SELECT ${list(columns)} FROM ${changes} s WHERE _longhaul_by = 1 AND ${isAfter}
         UNION ALL
         SELECT ${list(columns, 's')} FROM main.${identifier(table)} s INDEXED BY ${identifier(name)}
         WHERE s.${identifier(columns[0]!)} IS NOT NULL AND ${isAfter}
           AND NOT EXISTS (SELECT 1 FROM ${changes} d WHERE d._longhaul_by = -1 AND ${equalOn(columns, 'd', 's')})
         ORDER BY ${columns.map((_, column) => column + 1).join(', ')} LIMIT ${entriesAtOnce}`,
      )
      .run(...last, ...last);
    return copied.changes === 0;
  }

  /** At the beginning of the last transaction: notes what that does to the successors. */
  watchSuccessors(): void {
    for (const index of this.#indexes()) {
      const watch = this.#watch(index, `next_${index.name}`, successorName(index.table));
      this.#lateWatches.set(index.name, watch);
    }
  }

  /**
   * Brings the indexes to what the successors hold, in the last transaction, before these take their places.
   *
   * @param refreshed keys of rows that were made anew in them, by table
   */
  exchange(refreshed: ReadonlyMap<string, Iterable<readonly SQLInputValue[]>>): void {
    const db = this.#db;
    const there = this.#indexes();
    const pairs: [string, string][] = [];
    for (const index of there) {
      const late = this.#lateWatches.get(index.name)!;
      const touched = [...late.touched(), ...this.#presentEntries(index, refreshed.get(index.table) ?? [])];
      late.end();
      const next = successorName(index.table);
      const copied = this.#copied.get(index.name);
      if (copied !== undefined) {
        copied.tree.recheck([...copied.watch.touched(), ...touched], next);
        copied.watch.end();
        pairs.push([index.name, copied.tree.table]);
        continue;
      }
      const { added, removed } = countIndexChanges(this.#db, this.#dataset, this.#difference, index);
      // One that was made meanwhile, or for which there is too much that is new: the master makes it anew.
      if (added + removed > this.#mostOneByOne) db.exec(`DROP INDEX ${identifier(index.name)}`);
      else this.#writeOneByOne(index, touched, next);
    }
    if (pairs.length > 0) exchangeTrees(db, pairs);
    // Whoever is making one of the others has not seen what the successors hold, and begins anew.
    for (const index of searchIndexes(this.#dataset)) {
      const isThere = there.some(({ name }) => name === index.name);
      if (!isThere && this.#succeeded.has(index.table)) endWatch(db, indexingWatchNames(index));
    }
  }

  #writeOneByOne(index: SearchIndex, touched: readonly IndexEntry[], next: string): void {
    const { added, removed } = indexChanges(this.#dataset, this.#difference, index);
    const changed = [...touched, ...entries(this.#db, removed), ...entries(this.#db, added)];
    if (changed.length === 0) return;
    const tree = new IndexTree(this.#db, this.#dataset, index, successorName(index.name));
    tree.becomeTable();
    tree.recheck(changed, next);
    tree.becomeIndex();
  }

  /** What the index holds of some rows. */
  #presentEntries(index: SearchIndex, keys: Iterable<readonly SQLInputValue[]>): IndexEntry[] {
    const { table, columns } = index;
    const key = table === this.#dataset.name ? this.#dataset.key : columns.slice(1);
    const isIt = key.map((name) => `${identifier(name)} = ?`).join(' AND ');
    const sql = `SELECT ${list(columns)} FROM main.${identifier(table)} WHERE ${isIt} AND ${identifier(columns[0]!)} IS NOT NULL`;
    return [...keys].flatMap((parts) => entries(this.#db, sql, ...parts));
  }
}
