import { columnType, type CountTable, type Dataset, storedKey, tableNames } from '../../schema/dataset.ts';
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
import { Connection } from './connection.ts';
import { countDifferences } from './count-differences.ts';
import { standingEdit, standingEditsSql, storedEdits } from './edit-reader.ts';
import { Ledger } from './ledger.ts';
import { requireOurs } from './schema.ts';
import { distribution, findCounts, findRows, indexesReady } from './search.ts';
import type { Session } from './session.ts';
import { storedSources } from './sources.ts';
import { readRow, selectRows, storedRow } from './stored-rows.ts';
import { fromPostgres } from './typed-values.ts';
import type { PostgresTarget } from './target.ts';

const scanBatchRows = 1000;

/** All statements see one committed state. */
export const oneState = 'ISOLATION LEVEL REPEATABLE READ READ ONLY';

/** Reads a database of ours through a connection of its own that cannot write. */
export class PostgresReader implements SearchingReader {
  readonly #connection: Connection;
  readonly #ledger: Ledger;
  /** While a caller wants to see one state: that transaction. */
  #consistent: Session | null = null;
  #cursors = 0;

  private constructor(connection: Connection) {
    this.#connection = connection;
    this.#ledger = new Ledger(connection.session);
  }

  static async open(target: PostgresTarget): Promise<PostgresReader> {
    const connection = await Connection.open({ target, readOnly: true });
    try {
      await connection.translating(() => requireOurs(connection));
      return new PostgresReader(connection);
    } catch (error) {
      await connection[Symbol.asyncDispose]();
      throw error;
    }
  }

  async dataset(name: string): Promise<Dataset | null> {
    return this.#asking(() => this.#ledger.dataset(name));
  }

  async datasets(): Promise<readonly string[]> {
    return (await this.#asking(() => this.#ledger.allDatasets())).map(({ name }) => name);
  }

  async totals(dataset: Dataset): Promise<TableTotals> {
    return this.#reading(dataset, (session) => tableTotals(session, dataset));
  }

  async rows(dataset: Dataset, after: readonly string[] | null, limit: number): Promise<StoredRow[]> {
    const key = storedKey(dataset).map(identifier).join(', ');
    const where =
      after === null ? '' : `WHERE (${key}) > (${after.map((_, part) => `$${part + 2}`).join(', ')})`;
    const sql = `${selectRows(dataset)} ${where} ORDER BY ${key} LIMIT $1`;
    const found = await this.#asking((session) => session.arrays(sql, limit, ...(after ?? [])));
    return found.map((columns) => storedRow(dataset, columns));
  }

  async row(dataset: Dataset, key: readonly string[]): Promise<StoredRow | null> {
    if (!key.every(isStorable)) return null;
    return this.#asking((session) => readRow(session, dataset, key));
  }

  async *scan(dataset: Dataset): AsyncGenerator<readonly StoredRow[]> {
    const sql = `${selectRows(dataset)} ORDER BY ${storedKey(dataset).map(identifier).join(', ')}`;
    for await (const batch of this.#batches(dataset, sql))
      yield batch.map((columns) => storedRow(dataset, columns));
  }

  async topCounts(dataset: Dataset, countColumn: string, limit: number): Promise<CountedValue[]> {
    const count = dataset.counts.find((candidate) => candidate.column === countColumn);
    if (count === undefined) throw new TypeError(`${dataset.name} has no counts by ${countColumn}`);
    const [value, number] = [identifier(count.column), identifier(count.numberColumn)];
    const sql = `SELECT ${value}, ${number} FROM ${identifier(count.table)} ORDER BY ${number} DESC, ${value} LIMIT $1`;
    const rows = await this.#asking((session) => session.arrays(sql, limit));
    const type = columnType(dataset, countColumn);
    return rows.map(([counted, rowsOfIt]) => ({
      value: String(fromPostgres(type, counted)),
      number: Number(rowsOfIt),
    }));
  }

  async countDifferences(dataset: Dataset, limit: number): Promise<CountDifference[]> {
    return this.#reading(dataset, async (session) => {
      const differ = (count: CountTable): Promise<CountDifference[]> =>
        countDifferences(session, dataset, count, limit);
      return (await Promise.all(dataset.counts.map(differ))).flat().slice(0, limit);
    });
  }

  async indexFaults(): Promise<string[]> {
    return [];
  }

  async runs(dataset: Dataset, limit: number): Promise<RunRecord[]> {
    return this.#asking(() => this.#ledger.records(dataset.name, limit));
  }

  async run(run: number): Promise<RunRecord | null> {
    return this.#asking(() => this.#ledger.record(run));
  }

  async rejects(dataset: Dataset, run: number | null, limit: number): Promise<StoredReject[]> {
    const sql = `SELECT ${rejectColumns} FROM _longhaul_rejects r
      JOIN _longhaul_runs USING (run) WHERE dataset = $1 AND ($2::bigint IS NULL OR run = $2)
      ORDER BY run DESC, r.byte_offset LIMIT $3`;
    return (await this.#asking((session) => session.rows(sql, dataset.name, run, limit))).map(storedReject);
  }

  async edits(dataset: Dataset, key: readonly string[]): Promise<StoredEdit[]> {
    return this.#reading(dataset, (session) => storedEdits(session, dataset, key));
  }

  async *standingEdits(dataset: Dataset): AsyncGenerator<readonly StandingEdit[]> {
    for await (const batch of this.#batches(dataset, standingEditsSql, dataset.name))
      yield batch.map(standingEdit);
  }

  async chunks(run: number): Promise<(ChunkRef & ChunkSums)[]> {
    const chunks = await this.#asking(() => this.#ledger.chunks(run));
    return chunks.map(({ epoch: _, ...chunk }) => chunk);
  }

  async sources(): Promise<StoredSource[]> {
    return this.#asking((session) => storedSources(session));
  }

  async publishedFiles(
    dataset: Dataset,
    source: string,
  ): Promise<(PublishedFile & { readonly name: string })[]> {
    return this.#asking(() => this.#ledger.publishedFiles(dataset.name, source));
  }

  async cancelledFiles(dataset: Dataset, source: string): Promise<CancelledFile[]> {
    return this.#asking((session) =>
      session.rows<CancelledFile>(cancelledFilesSql('$'), dataset.name, source),
    );
  }

  async findRows(dataset: Dataset, search: RowSearch, limit: number): Promise<StoredRow[]> {
    return this.#asking((session) => findRows(session, dataset, search, limit));
  }

  async findCounts(dataset: Dataset, search: CountSearch, limit: number): Promise<CountedValue[]> {
    return this.#asking((session) => findCounts(session, dataset, search, limit));
  }

  async distribution(dataset: Dataset, by: string): Promise<CountBucket[]> {
    return this.#asking((session) => distribution(session, dataset, by));
  }

  async findRuns(search: RunSearch, limit: number): Promise<RunRecord[]> {
    const { rest, values } = runSearchSql(search, limit, '$');
    return this.#asking(() => this.#ledger.findRecords(rest, ...values));
  }

  async findRejects(run: number, search: RejectSearch, limit: number): Promise<StoredReject[]> {
    const { rest, values } = rejectSearchSql(run, search, limit, '$');
    const sql = `SELECT ${rejectColumns} FROM _longhaul_rejects r ${rest}`;
    return (await this.#asking((session) => session.rows(sql, ...values))).map(storedReject);
  }

  async findChunks(run: number, after: number | null, limit: number): Promise<(ChunkRef & ChunkSums)[]> {
    const { rest, values } = chunkSearchSql(run, after, limit, '$');
    const chunks = await this.#asking(() => this.#ledger.findChunks(rest, ...values));
    return chunks.map(({ epoch: _, ...chunk }) => chunk);
  }

  async indexesReady(dataset: Dataset): Promise<IndexesReady> {
    return this.#asking((session) => indexesReady(session, dataset));
  }

  async consistently<T>(work: () => Promise<T>): Promise<T> {
    const datasets = await this.#asking(() => this.#ledger.allDatasets());
    return this.#connection.transaction(async (session) => {
      await holdTables(session, datasets);
      this.#consistent = session;
      try {
        return await work();
      } finally {
        this.#consistent = null;
      }
    }, oneState);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connection[Symbol.asyncDispose]();
  }

  /** One statement, which sees one state by itself. */
  #asking<Result>(ask: (session: Session) => Promise<Result>): Promise<Result> {
    return this.#connection.translating(() => ask(this.#connection.session));
  }

  /** Several statements that must see the same state. */
  #reading<Result>(dataset: Dataset, read: (session: Session) => Promise<Result>): Promise<Result> {
    const consistent = this.#consistent;
    if (consistent !== null) return this.#connection.translating(() => read(consistent));
    return this.#connection.transaction(async (session) => {
      await holdTables(session, [dataset]);
      return await read(session);
    }, oneState);
  }

  /** Rows of a query in batches, all of one state. */
  async *#batches(dataset: Dataset, sql: string, ...values: readonly unknown[]): AsyncGenerator<unknown[][]> {
    const { session } = this.#connection;
    const cursor = `_longhaul_cursor_${this.#cursors++}`;
    // A cursor lives in a transaction. WITH HOLD would do without, but it reads everything before it gives the first row.
    const own = this.#consistent === null;
    const ask = <Result>(work: () => Promise<Result>): Promise<Result> => this.#connection.translating(work);
    if (own) await ask(() => session.run(`BEGIN ${oneState}`));
    try {
      if (own) await ask(() => holdTables(session, [dataset]));
      await ask(() => session.run(`DECLARE ${cursor} NO SCROLL CURSOR FOR ${sql}`, ...values));
      for (;;) {
        const batch = await ask(() => session.arrays(`FETCH ${scanBatchRows} FROM ${cursor}`));
        if (batch.length > 0) yield batch;
        if (batch.length < scanBatchRows) return;
      }
    } finally {
      // Also when the caller stops before the end. After an error there is nothing left to close.
      await session.run(own ? 'COMMIT' : `CLOSE ${cursor}`).catch(() => undefined);
    }
  }
}

/**
 * Keeps tables from being exchanged until the transaction ends. Its first statement, before it has its one view of the
 * database: a table that got its name after that would hold rows that this view knows nothing of.
 */
export async function holdTables(session: Session, datasets: readonly Dataset[]): Promise<void> {
  const tables = datasets.flatMap((dataset) => tableNames(dataset).map(identifier));
  if (tables.length > 0) await session.run(`LOCK TABLE ${tables.join(', ')} IN ACCESS SHARE MODE`);
}

/** What the ledger says of the whole table. */
export async function tableTotals(session: Session, dataset: Dataset): Promise<TableTotals> {
  const table = await new Ledger(session).table(dataset.name);
  if (table === null) throw new Error(`the ledger has no dataset ${dataset.name}`);
  const [first] = dataset.counts;
  const groups =
    first === undefined
      ? 0
      : (await session.one<{ n: number }>(`SELECT count(*)::int AS n FROM ${identifier(first.table)}`))!.n;
  return { rows: table.rows, groups, checksum: table.checksum };
}
