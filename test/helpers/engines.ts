/** Databases of both engines, for tests that compare what they make of the same files. */
import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { expect } from 'vitest';
import { PostgresEditor } from '../../src/store/postgres/editor.ts';
import { PostgresReader } from '../../src/store/postgres/reader.ts';
import { PostgresStore } from '../../src/store/postgres/store.ts';
import { postgresTarget } from '../../src/store/postgres/target.ts';
import { LonghaulError } from '../../src/runtime/errors.ts';
import { SqliteEditor } from '../../src/store/sqlite/editor.ts';
import { SqliteIndexer } from '../../src/store/sqlite/indexer.ts';
import { SqliteReader } from '../../src/store/sqlite/reader.ts';
import { SqliteStore } from '../../src/store/sqlite/store.ts';
import { SqliteTrialDatabase } from '../../src/store/sqlite/trial-database.ts';
import { PostgresTrialDatabase } from '../../src/store/postgres/trial-database.ts';
import { TrialStore } from '../../src/store/trial-store.ts';
import type { SearchingReader } from '../../src/store/search.ts';
import type { RowEditor, Store } from '../../src/store/store.ts';
import { indexingStore } from './indexing-store.ts';
import { ManualClock } from './manual-clock.ts';
import { cutsAll } from './part-builder.ts';
import { execute, type PostgresDatabase } from './postgres-database.ts';
import { memoryDisk, TempFolder } from './temp-folder.ts';

/** One database; each opening is another process's. */
export interface TestDatabase extends AsyncDisposable {
  openStore(tuning: EngineTuning): Promise<Store>;
  /** A store that writes nothing. */
  openTrial(tuning: EngineTuning): Promise<Store>;
  openEditor(): Promise<RowEditor>;
  /** Null as long as there is nothing to read. */
  openReader(): Promise<SearchingReader | null>;
  /** As `openReader`, also of a database that has no name yet. */
  openUnfinished(): Promise<SearchingReader | null>;
  /** Fails if the engine itself finds fault, or if staged rows lie about although no run is open. */
  checkSound(anyOpen: boolean): Promise<void>;
}

/** What makes engines take other ways to the same end. */
export interface EngineTuning {
  readonly stagingMemoryBytes: number;
  /** Publishes through successor tables, whatever the size of the change; into a new database in parts. */
  readonly bySuccessors: boolean;
}

export interface TestEngine {
  readonly name: string;
  /** @param exists whether another program has made the database before */
  create(exists: boolean): Promise<TestDatabase>;
}

const warn = (message: string): void => expect.fail(message);

export const sqliteEngine = sqliteEngineOf('SQLite', false);
/** Each publish is followed by what a master does: search indexes are made. */
export const indexedSqliteEngine = sqliteEngineOf('SQLite with search indexes', true);

function sqliteEngineOf(name: string, isIndexed: boolean): TestEngine {
  const create: TestEngine['create'] = async (exists) => {
    const folder = new TempFolder(memoryDisk);
    const path = folder.file('test.db');
    if (exists) {
      using database = new DatabaseSync(path);
      database.exec('CREATE TABLE theirs (x)');
    }
    const readerOf = (found: string | undefined): SearchingReader | null =>
      found === undefined || (exists && !isOurs(found)) ? null : new SqliteReader(found);
    return {
      openStore: async ({ stagingMemoryBytes, bySuccessors }) => {
        const store = new SqliteStore({
          ...{ path, clock: new ManualClock(), stagingMemoryBytes, stagingMemoryMs: 5000, warn },
          // Of an index with more changed entries than two a successor is made.
          publishTuning: { mostMsInPlace: bySuccessors ? 0 : undefined, mostEntriesOneByOne: 2 },
          ...(bySuccessors ? cutsAll() : {}),
        });
        return isIndexed ? indexingStore(store, async () => new SqliteIndexer({ path })) : store;
      },
      openTrial: async ({ stagingMemoryBytes }) =>
        new TrialStore({
          ...{ clock: new ManualClock(), stagingMemoryBytes },
          database: new SqliteTrialDatabase(path),
        }),
      openEditor: async () => new SqliteEditor({ path, clock: new ManualClock() }),
      openReader: async () => readerOf([path].find(existsSync)),
      openUnfinished: async () => readerOf([path, `${path}.importing`].find(existsSync)),
      checkSound: async (anyOpen) => {
        if (!anyOpen) expect(existsSync(`${path}.staging`)).toBe(false);
        if (!existsSync(path)) return;
        using database = new DatabaseSync(path, { readOnly: true });
        expect(database.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' });
      },
      [Symbol.asyncDispose]: async () => folder[Symbol.dispose](),
    };
  };
  return { name, create };
}

function isOurs(path: string): boolean {
  using database = new DatabaseSync(path, { readOnly: true });
  return (
    database.prepare("SELECT 1 FROM sqlite_schema WHERE name = '_longhaul_datasets'").get() !== undefined
  );
}

/** @param publishPartitions more than 1: all runs are staged on the server, and published so */
export function postgresEngine(server: PostgresDatabase, publishPartitions = 1): TestEngine {
  return {
    name: publishPartitions > 1 ? `PostgreSQL, in ${publishPartitions} partitions` : 'PostgreSQL',
    create: async (exists) => {
      const url = server.newSchema();
      const schema = new URL(url).searchParams.get('schema');
      const target = postgresTarget(url);
      const clock = new ManualClock();
      if (exists) await execute(server.url, `CREATE SCHEMA ${schema}; CREATE TABLE ${schema}.theirs (x int)`);
      const open = async (): Promise<SearchingReader | null> => {
        try {
          return await PostgresReader.open(target);
        } catch (error) {
          if (error instanceof LonghaulError && error.code === 'tables_missing') return null;
          throw error;
        }
      };
      return {
        openStore: ({ stagingMemoryBytes, bySuccessors }) =>
          PostgresStore.open({
            ...{ target, clock, stagingMemoryMs: 5000, warn, publishPartitions },
            stagingMemoryBytes: publishPartitions > 1 ? 0 : stagingMemoryBytes,
            publishTuning: { mostMsInPlace: bySuccessors ? 0 : undefined },
          }),
        openTrial: async ({ stagingMemoryBytes }) =>
          new TrialStore({
            ...{ clock, stagingMemoryBytes },
            database: await PostgresTrialDatabase.open(target),
          }),
        openEditor: () => PostgresEditor.open({ target, clock }),
        openReader: open,
        openUnfinished: open,
        checkSound: async (anyOpen) => {
          if (anyOpen) return;
          const sql = `SELECT relname FROM pg_class WHERE relnamespace = $1::regnamespace AND relname ~ '^_longhaul_(staged|winners|delta|late|was|touched|next|counts)_'`;
          expect(await execute(server.url, sql, schema)).toEqual([]);
        },
        // Thousands of tables would slow the server's catalogs down.
        [Symbol.asyncDispose]: async () =>
          void (await execute(
            server.url,
            `SET client_min_messages = error; DROP SCHEMA IF EXISTS ${schema} CASCADE`,
          )),
      };
    },
  };
}
