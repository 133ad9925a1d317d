import type { DatabaseSync } from 'node:sqlite';
import { pauseThread } from '../../runtime/pause.ts';
import type { Dataset } from '../../schema/dataset.ts';
import { identifier } from '../identifier.ts';
import type { SearchIndexer } from '../search.ts';
import { type SearchIndex, searchIndexes } from '../search-indexes.ts';
import { inTransaction } from './connection.ts';
import { translating } from './errors.ts';
import { createIndexSql, entryColumns, indexesThere, IndexTree } from './index-tree.ts';
import { indexingWatchNames, removeIndexing, treeName } from './indexing.ts';
import { Ledger } from './ledger.ts';
import { openOurs } from './open-ours.ts';
import { SortedEntries, sortedPath } from './sorted-entries.ts';
import { TouchWatch } from './touch-watch.ts';

/** Entries that one short transaction copies: some 30 ms. */
const entriesAtOnce = 10_000;
/** Entries that others have written to meanwhile: so many are left for the last transaction, and so many are looked at before it at once. */
const fewTouched = 100;
const touchedAtOnce = 2000;
/** After each short transaction, so that others get at the lock: they ask for it every millisecond. */
const pauseMs = 2;
/** How long it waits for another writer. A publish holds the lock for a second at most where it can. */
const waitSeconds = 60;

/** A publish has given the table a successor meanwhile. */
class Overtaken extends Error {}
class Stopped extends Error {}

export interface SqliteIndexerOptions {
  readonly path: string;
  /** Called before each piece of the work; for tests. */
  readonly onStep?: (step: string) => void;
  /** Default: `entriesAtOnce`. */
  readonly entriesAtOnce?: number;
}

/**
 * Makes search indexes without holding the write lock for long, which `CREATE INDEX` would for seconds: the entries are sorted in a file beside
 * the database, copied piece by piece into a table of the index's order, brought up to date with what was written meanwhile, and then
 * that table becomes the index (`IndexTree`).
 */
export class SqliteIndexer implements SearchIndexer {
  readonly #options: SqliteIndexerOptions;
  readonly #db: DatabaseSync;

  /** Throws `database_missing` when there is none. */
  constructor(options: SqliteIndexerOptions) {
    this.#options = options;
    this.#db = openOurs(options.path, waitSeconds);
  }

  async makeIndexes(dataset: Dataset, shouldStop: () => boolean = () => false): Promise<boolean> {
    return translating(this.#options.path, () => {
      const there = new Set(indexesThere(this.#db, dataset).map(({ name }) => name));
      for (const index of searchIndexes(dataset)) {
        // What comes into an empty table does so much quicker without.
        if (there.has(index.name) || !this.#hasMoreRows(index.table, 0)) continue;
        const isLarge = this.#hasMoreRows(index.table, this.#options.entriesAtOnce ?? entriesAtOnce);
        if (!isLarge) this.#briefly(() => this.#db.exec(createIndexSql(index)));
        else if (!this.#make(dataset, index, shouldStop)) return false;
      }
      return true;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#db.isOpen) this.#db.close();
  }

  #hasMoreRows(table: string, rows: number): boolean {
    const row = this.#db.prepare(`SELECT 1 FROM ${identifier(table)} LIMIT 1 OFFSET ?`);
    return row.get(rows) !== undefined;
  }

  /** @returns false when it was stopped */
  #make(dataset: Dataset, index: SearchIndex, shouldStop: () => boolean): boolean {
    const look = (step: string): void => {
      this.#options.onStep?.(step);
      if (shouldStop()) throw new Stopped();
    };
    for (;;) {
      try {
        this.#fill(dataset, index, look);
        return true;
      } catch (error) {
        if (error instanceof Stopped) return false;
        if (!(error instanceof Overtaken)) throw error;
      } finally {
        this.#db.exec('PRAGMA synchronous = FULL');
        removeIndexing(this.#db, (work) => this.#briefly(work));
      }
    }
  }

  #fill(dataset: Dataset, index: SearchIndex, look: (step: string) => void): void {
    const db = this.#db;
    const tree = new IndexTree(db, dataset, index, treeName(index));
    look('begin');
    const watch = this.#briefly(() => {
      tree.create();
      const watched = { columns: entryColumns(dataset, index), onlyMoves: true };
      return new TouchWatch(db, indexingWatchNames(index), index.table, watched);
    });
    const briefly = <Result>(work: () => Result): Result =>
      this.#briefly(() => {
        if (!watch.isOn) throw new Overtaken();
        return work();
      });
    const { rows } = new Ledger(db).table(dataset.name);
    // What is lost before the last commit, which makes all of it durable, is worth nothing.
    db.exec('PRAGMA synchronous = NORMAL');
    using sorted = new SortedEntries(db, dataset, index, sortedPath(this.#options.path), rows);
    for (let isDone = false; !isDone; isDone = sorted.sortSome()) look('sort');
    const most = this.#options.entriesAtOnce ?? entriesAtOnce;
    for (let isDone = false; !isDone; isDone = briefly(() => sorted.copySome(tree, most))) look('copy');
    const catchUp = (): number => {
      const touched = watch.touched(touchedAtOnce);
      tree.recheck(touched, index.table);
      watch.forget(touched);
      return touched.length;
    };
    for (let touched = touchedAtOnce; touched > fewTouched; touched = briefly(catchUp)) look('catch up');
    db.exec('PRAGMA synchronous = FULL');
    look('finish');
    briefly(() => {
      while (catchUp() > 0);
      watch.end();
      tree.becomeIndex();
    });
  }

  /** One short transaction, and then a pause in which others can have theirs. */
  #briefly<Result>(work: () => Result): Result {
    const result = inTransaction(this.#db, work, waitSeconds);
    pauseThread(pauseMs);
    return result;
  }
}
