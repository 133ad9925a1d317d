import type { DatabaseUrl } from '../config/database-url.ts';
import { asLonghaulError } from '../runtime/errors.ts';
import type { Dataset } from '../schema/dataset.ts';
import type { SearchIndexer, SearchingReader } from '../store/search.ts';
import { searchedColumns } from '../store/search-indexes.ts';
import { openIndexer, openReaderIfThere } from './stores.ts';

/** When something was in the way: the lock, the server, a publish. */
const retryMs = 5000;
/** How long it gives way to imports. Most are done by then; a table that is imported into all the time gets its indexes beside them. */
const mostPatienceMs = 10_000;

/**
 * Sees to it that the tables of a database have their search indexes, beside imports and edits. For the process that has the right to
 * import: nobody else may make them at the same time.
 */
export class SearchIndexing {
  readonly #database: DatabaseUrl;
  readonly #warn: (message: string) => void;
  readonly #patienceMs: number;
  #isWanted = false;
  #isStopping = false;
  /** Imports that are under way, and want the table for themselves. */
  #imports = 0;
  /** Set as long as it gives way to them. */
  #patience: NodeJS.Timeout | undefined;
  #isImpatient = false;
  #working: Promise<void> | null = null;
  #retry: NodeJS.Timeout | undefined;
  /** Told once, however often it is in the way. */
  #trouble: string | null = null;

  /** @param patienceMs how long it gives way to imports at most */
  constructor(database: DatabaseUrl, warn: (message: string) => void, patienceMs = mostPatienceMs) {
    this.#database = database;
    this.#patienceMs = patienceMs;
    this.#warn = warn;
  }

  /** Looks whether any are missing: at the beginning, and when rows have come. */
  look(): void {
    this.#isWanted = true;
    if (this.#isStopping || this.#working !== null) return;
    if (this.#givesWay()) {
      this.#patience ??= setTimeout(() => {
        this.#isImpatient = true;
        this.look();
      }, this.#patienceMs);
      return;
    }
    this.#working = this.#work().finally(() => {
      this.#working = null;
      if (this.#isWanted) this.look();
    });
  }

  /**
   * For the time of an import, as long as there is patience: an index that is there or begun when rows come takes longer than one that is
   * made of them afterwards (two first imports of half a million records each: 6.5 s together instead of 3.8 s).
   */
  async giveWay(): Promise<Disposable> {
    this.#imports++;
    if (this.#givesWay()) await this.#working;
    return {
      [Symbol.dispose]: () => {
        this.#imports--;
        if (this.#isWanted) this.look();
      },
    };
  }

  /** What is being made is left; the next process begins it anew. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    clearTimeout(this.#retry);
    clearTimeout(this.#patience);
    await this.#working;
  }

  async #work(): Promise<void> {
    while (this.#isWanted && !this.#mustStop()) {
      this.#isWanted = false;
      const areThere = await this.#tryAll();
      clearTimeout(this.#retry);
      if (areThere) this.#beginPatienceAnew();
      else if (this.#givesWay()) this.#isWanted = true;
      else this.#retryLater();
    }
  }

  #beginPatienceAnew(): void {
    clearTimeout(this.#patience);
    this.#patience = undefined;
    this.#isImpatient = false;
  }

  /** PostgreSQL's are cancelled by the publishes that they would be in the way of. */
  #givesWay(): boolean {
    return this.#imports > 0 && !this.#isImpatient && this.#database.engine === 'sqlite';
  }

  #mustStop(): boolean {
    return this.#isStopping || this.#givesWay();
  }

  #retryLater(): void {
    if (!this.#isStopping) this.#retry = setTimeout(() => this.look(), retryMs);
  }

  async #tryAll(): Promise<boolean> {
    try {
      const areThere = await this.#makeAll();
      this.#trouble = null;
      return areThere;
    } catch (error) {
      const { message } = asLonghaulError(error);
      if (message !== this.#trouble) this.#warn(`search indexes cannot be made now: ${message}`);
      this.#trouble = message;
      return false;
    }
  }

  /** @returns false when something was in the way */
  async #makeAll(): Promise<boolean> {
    await using reader = await openReaderIfThere(this.#database);
    if (reader === null) return true;
    await using making = new AsyncDisposableStack();
    let indexer: SearchIndexer | null = null;
    for (const name of await reader.datasets()) {
      const dataset = await reader.dataset(name);
      if (dataset === null || !(await lacksIndexes(reader, dataset))) continue;
      indexer ??= making.use(await openIndexer(this.#database));
      if (!(await indexer.makeIndexes(dataset, () => this.#mustStop()))) return false;
    }
    return true;
  }
}

/** A table without rows lacks none. */
async function lacksIndexes(reader: SearchingReader, dataset: Dataset): Promise<boolean> {
  const { rowsBy, countsBy } = await reader.indexesReady(dataset);
  const areThere =
    rowsBy.length === searchedColumns(dataset).length && countsBy.length === dataset.counts.length;
  return !areThere && (await reader.totals(dataset)).rows > 0;
}
