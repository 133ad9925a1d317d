import { existsSync, statSync } from 'node:fs';
import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import { LonghaulError } from '../../runtime/errors.ts';
import { columnType, type Dataset, storedKey } from '../../schema/dataset.ts';
import type {
  CancelledFile,
  ChunkRef,
  ChunkSums,
  CountDifference,
  CountedValue,
  PublishedFile,
  RunRecord,
  StandingEdit,
  StoredEdit,
  StoredReject,
  StoredRow,
  StoredSource,
  TableTotals,
} from '../store.ts';
import { cancelledFilesSql } from '../cancelled-files-sql.ts';
import { identifier } from '../identifier.ts';
import {
  type CountBucket,
  type CountSearch,
  type IndexesReady,
  isStorable,
  type RejectSearch,
  type RowSearch,
  type RunSearch,
  type SearchingReader,
} from '../search.ts';
import { chunkSearchSql, rejectSearchSql, runSearchSql } from '../search-ledger-sql.ts';
import { rejectColumns, storedReject } from '../stored-reject.ts';
import { openReader } from './connection.ts';
import { countDifferences } from './count-differences.ts';
import { standingEdits, storedEdits } from './edit-reader.ts';
import { translated, translating } from './errors.ts';
import { importingPath } from './fresh/fresh-database.ts';
import { Ledger } from './ledger.ts';
import { runColumns, runRecord } from '../run-record.ts';
import { requireOurs, schemaVersionOf } from './schema.ts';
import { indexFaults } from './index-faults.ts';
import { distribution, findCounts, findRows, indexesReady } from './search.ts';
import { storedSources } from './sources.ts';
import { readRow, readRows, selectRows, storedRow } from './stored-rows.ts';
import { fromSqlite } from './typed-values.ts';

const scanBatchRows = 1000;

/** Reads a database of ours through a connection of its own that cannot write. */
export class SqliteReader implements SearchingReader {
  readonly #path: string;
  readonly #db: DatabaseSync;
  readonly #ledger: Ledger;

  constructor(path: string) {
    if (!existsSync(path)) {
      const code = existsSync(importingPath(path)) ? 'database_not_published' : 'database_missing';
      throw LonghaulError.of(code, { database: path });
    }
    this.#path = path;
    if (statSync(path).isDirectory()) throw LonghaulError.of('database_not_one', { database: path });
    this.#db = translating(path, () => openReader(path));
    try {
      // An SQLite file that is not ours has none of the tables; say so before a query fails.
      translating(path, () => requireOurs(this.#db, path));
    } catch (error) {
      this.#db.close();
      throw error instanceof LonghaulError && error.code === 'database_not_writable'
        ? notReadable(path, error)
        : error;
    }
    this.#ledger = new Ledger(this.#db);
  }

  async dataset(name: string): Promise<Dataset | null> {
    return this.#reading(() => this.#ledger.dataset(name));
  }

  async datasets(): Promise<readonly string[]> {
    return this.#reading(() =>
      this.#all('SELECT name FROM _longhaul_datasets ORDER BY name').map((row) => row['name'] as string),
    );
  }

  async totals(dataset: Dataset): Promise<TableTotals> {
    return this.#reading(() => {
      const { rows, checksum } = this.#ledger.table(dataset.name);
      const [first] = dataset.counts;
      const groups =
        first === undefined
          ? 0
          : (this.#all(`SELECT count(*) AS n FROM ${identifier(first.table)}`)[0]!['n'] as number);
      return { rows, groups, checksum };
    });
  }

  async rows(dataset: Dataset, after: readonly string[] | null, limit: number): Promise<StoredRow[]> {
    const key = storedKey(dataset).map(identifier).join(', ');
    const where = after === null ? '' : `WHERE (${key}) > (${after.map(() => '?').join(', ')})`;
    return this.#reading(() =>
      readRows(this.#db, dataset, `${where} ORDER BY ${key} LIMIT ?`, ...(after ?? []), limit),
    );
  }

  async row(dataset: Dataset, key: readonly string[]): Promise<StoredRow | null> {
    if (!key.every(isStorable)) return null;
    return this.#reading(() => readRow(this.#db, dataset, key));
  }

  async *scan(dataset: Dataset): AsyncGenerator<readonly StoredRow[]> {
    const statement = this.#db.prepare(
      `${selectRows(dataset)} ORDER BY ${storedKey(dataset).map(identifier).join(', ')}`,
    );
    statement.setReturnArrays(true);
    statement.setReadBigInts(true);
    let batch: StoredRow[] = [];
    try {
      for (const columns of statement.iterate()) {
        batch.push(storedRow(dataset, columns as unknown as unknown[]));
        if (batch.length < scanBatchRows) continue;
        yield batch;
        batch = [];
      }
    } catch (error) {
      throw translated(error, this.#path);
    }
    yield batch;
  }

  async topCounts(dataset: Dataset, countColumn: string, limit: number): Promise<CountedValue[]> {
    const count = dataset.counts.find((candidate) => candidate.column === countColumn);
    if (count === undefined) throw new TypeError(`${dataset.name} has no counts by ${countColumn}`);
    const [value, number] = [identifier(count.column), identifier(count.numberColumn)];
    const sql = `SELECT ${value} AS value, ${number} AS number FROM ${identifier(count.table)} ORDER BY ${number} DESC, ${value} LIMIT ?`;
    const type = columnType(dataset, countColumn);
    return this.#reading(() => {
      const statement = this.#db.prepare(sql);
      statement.setReadBigInts(true);
      return (statement.all(limit) as { value: unknown; number: bigint }[]).map((row) => ({
        value: String(fromSqlite(type, row.value)),
        number: Number(row.number),
      }));
    });
  }

  async countDifferences(dataset: Dataset, limit: number): Promise<CountDifference[]> {
    return this.#reading(() =>
      dataset.counts.flatMap((count) => countDifferences(this.#db, dataset, count, limit)).slice(0, limit),
    );
  }

  async indexFaults(dataset: Dataset, limit: number): Promise<string[]> {
    return this.#reading(() => indexFaults(this.#db, dataset, limit));
  }

  async runs(dataset: Dataset, limit: number): Promise<RunRecord[]> {
    const sql = `SELECT ${this.#runColumns} FROM _longhaul_runs WHERE dataset = ? ORDER BY run DESC LIMIT ?`;
    return this.#reading(() => this.#all(sql, dataset.name, limit).map(runRecord));
  }

  async run(run: number): Promise<RunRecord | null> {
    return this.#reading(() => {
      const row = this.#all(`SELECT ${this.#runColumns} FROM _longhaul_runs WHERE run = ?`, run)[0];
      return row === undefined ? null : runRecord(row);
    });
  }

  async rejects(dataset: Dataset, run: number | null, limit: number): Promise<StoredReject[]> {
    const sql = `SELECT ${this.#rejectColumns} FROM _longhaul_rejects r
      JOIN _longhaul_runs USING (run) WHERE dataset = ?1 AND (?2 IS NULL OR run = ?2) ORDER BY run DESC, r.byte_offset LIMIT ?3`;
    return this.#reading(() => this.#all(sql, dataset.name, run, limit).map(storedReject));
  }

  async edits(dataset: Dataset, key: readonly string[]): Promise<StoredEdit[]> {
    return this.#reading(() => storedEdits(this.#db, dataset, key));
  }

  async *standingEdits(dataset: Dataset): AsyncGenerator<readonly StandingEdit[]> {
    try {
      yield* standingEdits(this.#db, dataset);
    } catch (error) {
      throw translated(error, this.#path);
    }
  }

  async chunks(run: number): Promise<(ChunkRef & ChunkSums)[]> {
    return this.#reading(() => this.#ledger.chunks(run).map(({ stagedSha256: _, ...chunk }) => chunk));
  }

  async sources(): Promise<StoredSource[]> {
    // A database that nobody has written to since there were sources has no table for them.
    return this.#reading(() => (this.#version < 4 ? [] : storedSources(this.#db)));
  }

  async publishedFiles(
    dataset: Dataset,
    source: string,
  ): Promise<(PublishedFile & { readonly name: string })[]> {
    return this.#reading(() => this.#ledger.publishedFiles(dataset.name, source));
  }

  async cancelledFiles(dataset: Dataset, source: string): Promise<CancelledFile[]> {
    return this.#reading(() =>
      this.#all(cancelledFilesSql('?'), dataset.name, source).map((row) => row as unknown as CancelledFile),
    );
  }

  async findRows(dataset: Dataset, search: RowSearch, limit: number): Promise<StoredRow[]> {
    return this.#reading(() => findRows(this.#db, dataset, search, limit));
  }

  async findCounts(dataset: Dataset, search: CountSearch, limit: number): Promise<CountedValue[]> {
    return this.#reading(() => findCounts(this.#db, dataset, search, limit));
  }

  async distribution(dataset: Dataset, by: string): Promise<CountBucket[]> {
    return this.#reading(() => distribution(this.#db, dataset, by));
  }

  async findRuns(search: RunSearch, limit: number): Promise<RunRecord[]> {
    const { rest, values } = runSearchSql(search, limit, '?');
    return this.#reading(() =>
      this.#all(`SELECT ${this.#runColumns} FROM _longhaul_runs ${rest}`, ...values).map(runRecord),
    );
  }

  async findRejects(run: number, search: RejectSearch, limit: number): Promise<StoredReject[]> {
    const { rest, values } = rejectSearchSql(run, search, limit, '?');
    return this.#reading(() =>
      this.#all(`SELECT ${this.#rejectColumns} FROM _longhaul_rejects r ${rest}`, ...values).map(
        storedReject,
      ),
    );
  }

  async findChunks(run: number, after: number | null, limit: number): Promise<(ChunkRef & ChunkSums)[]> {
    const { rest, values } = chunkSearchSql(run, after, limit, '?');
    return this.#reading(() =>
      this.#ledger.findChunks(rest, ...values).map(({ stagedSha256: _, ...chunk }) => chunk),
    );
  }

  async indexesReady(dataset: Dataset): Promise<IndexesReady> {
    return this.#reading(() => indexesReady(this.#db, dataset));
  }

  async consistently<T>(work: () => Promise<T>): Promise<T> {
    translating(this.#path, () => this.#db.exec('BEGIN'));
    try {
      return await work();
    } finally {
      this.#db.exec('COMMIT');
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#db.isOpen) this.#db.close();
  }

  #all(sql: string, ...values: SQLInputValue[]): Record<string, unknown>[] {
    return this.#db.prepare(sql).all(...values);
  }

  /** A database that nobody has written to since then does not know how many rows gave way: there were none. */
  get #runColumns(): string {
    return this.#version < 3 ? runColumns.replace('removed', '0 AS removed') : runColumns;
  }
  /** Nor does it have columns for the values that were the reason. */
  get #rejectColumns(): string {
    return this.#version < 3
      ? rejectColumns.replace('r.column_name, r.value', 'NULL AS column_name, NULL AS value')
      : rejectColumns;
  }
  get #version(): number {
    return schemaVersionOf(this.#db);
  }

  /** All statements of `work` see the same committed state. */
  #reading<T>(work: () => T): T {
    return translating(this.#path, () => {
      if (this.#db.isTransaction) return work();
      this.#db.exec('BEGIN');
      try {
        return work();
      } finally {
        this.#db.exec('COMMIT');
      }
    });
  }
}

/** A reader in write-ahead mode writes as well: into the index of the log, beside the database. */
function notReadable(database: string, error: LonghaulError): LonghaulError {
  const reason = String(error.facts['reason']);
  return LonghaulError.of('database_not_readable', { database, reason }, { cause: error });
}
