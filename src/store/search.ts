/** What can be searched for in a store, and where a page of what is found begins. */
import { canonicalText } from '../schema/canonical-text.ts';
import { columnType, type Dataset, storedKey } from '../schema/dataset.ts';
import type { RejectCode } from '../schema/rejects.ts';
import type {
  ChunkRef,
  ChunkSums,
  CountedValue,
  RunRecord,
  RunState,
  StoredReject,
  StoredRow,
  StoreReader,
} from './store.ts';

/** What a value is, or begins with. Compared to the letter; only text can begin with something. */
export interface ValueMatch {
  readonly kind: 'exact' | 'prefix';
  readonly text: string;
}

/** The place of a row in a list. */
export interface RowPlace {
  /** Of the column that the list is ordered by, as canonical text; null in a list by key. */
  readonly value: string | null;
  /** In the order of `storedKey`: of a dataset without a key run and line. */
  readonly key: readonly string[];
}

export interface RowSearch {
  /**
   * One of `searchedColumns`: rows come in the order of its values, then of the key, and those that have none there do not
   * come at all. Null: in the order of the key; what is matched is then its first column.
   */
  readonly by: string | null;
  readonly match: ValueMatch | null;
  /** The row before the first one that is wanted; it need not be there any more. */
  readonly after: RowPlace | null;
  /** The list from its end to its beginning. */
  readonly isBackwards?: boolean;
}

export interface CountSearch {
  /** The counted column. */
  readonly by: string;
  /** `-number`: the most frequent first. Within equal numbers, and with `value` or `match`, in the order of the values. */
  readonly order: '-number' | 'number' | 'value';
  readonly match: ValueMatch | null;
  /** Only values that this many rows have. */
  readonly number: number | null;
  /** The count before the first one that is wanted; it need not be there any more. */
  readonly after: CountedValue | null;
  /** The list from its end to its beginning. */
  readonly isBackwards?: boolean;
}

/** Values that are had by so many rows: `from` ≤ rows of a value ≤ `to`. */
export interface CountBucket {
  readonly from: number;
  readonly to: number;
  /** Different values. */
  readonly groups: number;
  /** All rows that have one of these. */
  readonly rows: number;
}

export interface RunSearch {
  readonly dataset: string | null;
  readonly source: string | null;
  readonly state: RunState | null;
  /** Only older runs. */
  readonly before: number | null;
}

export interface RejectSearch {
  readonly code: RejectCode | null;
  /** Byte offset of the reject before the first one that is wanted. */
  readonly after: number | null;
}

/** Columns whose search indexes are there. */
export interface IndexesReady {
  /** Those of `searchedColumns` that rows are found by at once, whatever their number. */
  readonly rowsBy: readonly string[];
  /** Counted columns whose counts are found by their number at once. */
  readonly countsBy: readonly string[];
}

/**
 * Finds pages of lists. Each is found by the place of the item before it, so that the last page costs what the first one does.
 * `limit` is the most items that are wanted. What cannot be stored, such as a NUL character, is found nowhere.
 */
export interface StoreSearch {
  /**
   * Throws `not_searchable`: not by this column, or not by what its values begin with; and `index_not_ready`: there are too many
   * rows for a search without the index.
   */
  findRows(dataset: Dataset, search: RowSearch, limit: number): Promise<StoredRow[]>;
  /** Throws `not_counted`, `not_searchable` and `index_not_ready`. */
  findCounts(dataset: Dataset, search: CountSearch, limit: number): Promise<CountedValue[]>;
  /** How many values are had by how many rows, in powers of two, empty buckets left out. Throws `not_counted`. */
  distribution(dataset: Dataset, by: string): Promise<CountBucket[]>;
  /** Of all datasets, the newest first. */
  findRuns(search: RunSearch, limit: number): Promise<RunRecord[]>;
  /** Rejects of a run that were kept, in the order of the file. */
  findRejects(run: number, search: RejectSearch, limit: number): Promise<StoredReject[]>;
  /** Chunks of a run in the order of the file. @param after index of the chunk before the first one that is wanted */
  findChunks(run: number, after: number | null, limit: number): Promise<(ChunkRef & ChunkSums)[]>;
  indexesReady(dataset: Dataset): Promise<IndexesReady>;
}

/** What every engine's reader is. */
export interface SearchingReader extends StoreReader, StoreSearch {}

/**
 * Makes search indexes, while others import and edit: none of them waits longer for it than for an edit. Only for who has the right to
 * import into the database, once at a time.
 */
export interface SearchIndexer extends AsyncDisposable {
  /**
   * Makes those that a dataset lacks; of a table without rows none, as its first rows come much quicker without.
   *
   * @param shouldStop asked every few hundred milliseconds
   * @returns false when it was stopped; what it was making is gone then
   */
  makeIndexes(dataset: Dataset, shouldStop?: () => boolean): Promise<boolean>;
}

/** The place of a row in a list by one of its columns, or by key (`by` null). */
export function rowPlace(dataset: Dataset, by: string | null, row: StoredRow): RowPlace {
  const valueOf = (name: string): string =>
    String(row.values[dataset.columns.findIndex((column) => column.name === name)]);
  return {
    value: by === null ? null : valueOf(by),
    key: dataset.key.length === 0 ? [String(row.run), String(row.line)] : dataset.key.map(valueOf),
  };
}

/** Whether something that a caller hands back can be a place in such a list. */
export function isRowPlace(dataset: Dataset, by: string | null, { value, key }: RowPlace): boolean {
  const isKey =
    key.length === storedKey(dataset).length &&
    key.every((part) => (dataset.key.length === 0 ? /^\d{1,15}$/.test(part) : isStorable(part)));
  return isKey && (by === null ? value === null : value !== null && isValueOf(dataset, by, value));
}

/** The same for a place in a list of counts. */
export function isCountPlace(dataset: Dataset, by: string, { value, number }: CountedValue): boolean {
  return Number.isSafeInteger(number) && isValueOf(dataset, by, value);
}

function isValueOf(dataset: Dataset, column: string, value: string): boolean {
  const type = columnType(dataset, column);
  return type === 'text' ? isStorable(value) : value !== '' && canonicalText(type, value) === value;
}

/** Whether a text can be in a database. */
export function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0');
}
