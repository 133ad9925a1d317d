import type { Dataset } from '../../schema/dataset.ts';
import { identifier } from '../identifier.ts';
import type { SearchIndexer } from '../search.ts';
import { type SearchIndex, searchIndexes } from '../search-indexes.ts';
import type { Connection } from './connection.ts';
import { hasState } from './errors.ts';
import { isSearchIndex } from './foreign-objects.ts';
import { openOurs } from './schema.ts';
import type { Session } from './session.ts';
import type { PostgresTarget } from './target.ts';

/** How often it is asked whether to stop. */
const msBetweenLooks = 250;

/** A publish has ended it (`endIndexing`), has taken the table away, or somebody who holds the table did not let go. */
const overtaken = ['57014', '42P01', '55P03', '40P01', '42704'];

/** Makes search indexes with `CREATE INDEX CONCURRENTLY`, beside whoever writes. */
export class PostgresIndexer implements SearchIndexer {
  readonly #connection: Connection;

  private constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Throws `tables_missing` when there are none. */
  static async open(target: PostgresTarget): Promise<PostgresIndexer> {
    return new PostgresIndexer(await openOurs({ target }));
  }

  /** Also returns false when a publish was in the way. */
  async makeIndexes(dataset: Dataset, shouldStop: () => boolean = () => false): Promise<boolean> {
    const connection = this.#connection;
    const { session } = connection;
    let cancelling: Promise<void> = Promise.resolve();
    const timer = setInterval(() => {
      // If the server cannot be told, the index is made to its end.
      if (shouldStop()) cancelling = connection.cancel().catch(() => undefined);
    }, msBetweenLooks);
    try {
      // It waits for transactions that are under way, however long they take.
      await connection.translating(() => session.run('SET lock_timeout = 0; SET statement_timeout = 0'));
      for (const index of searchIndexes(dataset)) {
        if (shouldStop()) return false;
        await connection.translating(() => make(session, index));
      }
      return true;
    } catch (error) {
      const cause = (error as Error).cause ?? error;
      if (!hasState(cause, ...overtaken)) throw error;
      return false;
    } finally {
      clearInterval(timer);
      // Or it would end the next statement.
      await cancelling;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connection[Symbol.asyncDispose]();
  }
}

async function make(session: Session, { name, table, columns, nullable }: SearchIndex): Promise<void> {
  // What comes into an empty table does so much quicker without.
  if ((await session.one(`SELECT 1 FROM ${identifier(table)} LIMIT 1`)) === undefined) return;
  const found = await session.one<{ valid: boolean }>(
    'SELECT indisvalid AS valid FROM pg_index WHERE indexrelid = to_regclass($1)',
    identifier(name),
  );
  if (found?.valid === true) return;
  // What a killed process has left, or one that was overtaken.
  if (found !== undefined) await session.run(`DROP INDEX CONCURRENTLY IF EXISTS ${identifier(name)}`);
  const where = nullable ? `WHERE ${identifier(columns[0]!)} IS NOT NULL` : '';
  await session.run(
    `CREATE INDEX CONCURRENTLY ${identifier(name)} ON ${identifier(table)} (${columns.map(identifier).join(', ')}) ${where}`,
  );
}

/** Ends the making of search indexes, for whoever is about to give a table a successor: it is begun anew after that. */
export async function endIndexing(session: Session): Promise<void> {
  await session.rows(
    `SELECT pg_cancel_backend(pid) FROM pg_stat_progress_create_index JOIN pg_class i ON i.oid = index_relid
     WHERE datname = current_database() AND i.relnamespace = current_schema()::regnamespace AND ${isSearchIndex('i')}`,
  );
}
