/** The one place that knows both engines: opens a database by its URL. The driver of PostgreSQL is loaded when one is asked for. */
import { existsSync, statSync } from 'node:fs';
import type { DatabaseUrl } from '../config/database-url.ts';
import { systemClock } from '../runtime/clock.ts';
import { LonghaulError } from '../runtime/errors.ts';
import { SqliteEditor } from '../store/sqlite/editor.ts';
import { fileIdentity } from '../store/sqlite/open-database.ts';
import { SqliteReader } from '../store/sqlite/reader.ts';
import { SqliteSources } from '../store/sqlite/sources.ts';
import { postgresTarget } from '../store/postgres/target.ts';
import type { SearchIndexer, SearchingReader } from '../store/search.ts';
import type { RowEditor, SourceRegister, Store, StoreReader } from '../store/store.ts';
import { ThreadedIndexer } from './threaded-indexer.ts';
import { endEarlyThread } from './threads.ts';
import { ThreadedStore } from './threaded-store.ts';

/** Runs that last this long put their staged rows into files, so that a crash does not cost more than ten seconds. */
const stagingMemoryMs = 5000;

/** What a person changes waits this long for a publish that is under way: better late than refused. */
const editWaitSeconds = 60;

export interface WriterOptions {
  /** Told of what went wrong and costs nothing but disk space. */
  readonly warn: (message: string) => void;
  /** Staged rows that may wait in memory, where the engine keeps any there. */
  readonly stagingMemoryBytes: number;
  /** As `PostgresStoreOptions` has it. */
  readonly publishPartitions?: number;
  /** Told of a store that works on a thread of its own, as soon as that starts. */
  readonly onThread?: ((store: ThreadedStore) => void) | undefined;
}

/** SQLite works on a thread of its own, which computes; PostgreSQL on this one, which waits for the server. */
export async function openStore(
  database: DatabaseUrl,
  { onThread, ...writer }: WriterOptions,
): Promise<Store> {
  if (database.engine === 'sqlite') {
    const { stagingMemoryBytes, warn } = writer;
    return ThreadedStore.open({ path: database.path, stagingMemoryBytes, stagingMemoryMs }, warn, onThread);
  }
  await endEarlyThread();
  const { PostgresStore } = await import('../store/postgres/store.ts');
  const target = postgresTarget(database.url);
  return PostgresStore.open({ target, clock: systemClock, stagingMemoryMs, ...writer });
}

/**
 * The store of a master whose chunks workers may stage.
 *
 * @param term of the master
 */
export async function openSharedStore(url: string, term: number, { onThread: _, ...writer }: WriterOptions) {
  const { PostgresStore } = await import('../store/postgres/store.ts');
  const options = { clock: systemClock, stagingMemoryMs, term, ...writer };
  return PostgresStore.open({ target: postgresTarget(url), ...options });
}

/** A store that says what a run would do, and writes nothing. There need not be a database. */
export async function openTrial(database: DatabaseUrl, stagingMemoryBytes: number): Promise<Store> {
  if (database.engine === 'sqlite') {
    const trial = { path: database.path, stagingMemoryBytes, stagingMemoryMs: 0, trial: true };
    return ThreadedStore.open(trial, () => undefined);
  }
  await endEarlyThread();
  const { PostgresTrialDatabase } = await import('../store/postgres/trial-database.ts');
  const { TrialStore } = await import('../store/trial-store.ts');
  const trial = await PostgresTrialDatabase.open(postgresTarget(database.url));
  return new TrialStore({ clock: systemClock, stagingMemoryBytes, database: trial });
}

/** Throws `database_missing` or `tables_missing` when there is nothing to read. */
export async function openReader(database: DatabaseUrl): Promise<SearchingReader> {
  if (database.engine === 'sqlite') return new SqliteReader(database.path);
  const { PostgresReader } = await import('../store/postgres/reader.ts');
  return PostgresReader.open(postgresTarget(database.url));
}

/** For who has the right to import. SQLite works on a thread of its own. Throws as `openReader`. */
export async function openIndexer(database: DatabaseUrl): Promise<SearchIndexer> {
  if (database.engine === 'sqlite') return new ThreadedIndexer(database.path);
  const { PostgresIndexer } = await import('../store/postgres/indexer.ts');
  return PostgresIndexer.open(postgresTarget(database.url));
}

/** A reader for whoever cannot wait: what is wrong with a file is thrown at once, a server is connected to by the first call. */
export interface ReaderSoon extends AsyncDisposable {
  (): Promise<StoreReader>;
}

export function openReaderSoon(database: DatabaseUrl): ReaderSoon {
  let opened: Promise<StoreReader> | null =
    database.engine === 'sqlite' ? Promise.resolve(new SqliteReader(database.path)) : null;
  return Object.assign(() => (opened ??= openReader(database)), {
    [Symbol.asyncDispose]: async () => {
      // One that could not be opened has nothing to close; who asked for it was told.
      await (await opened?.catch(() => null))?.[Symbol.asyncDispose]();
    },
  });
}

/** As `openReader`; null when there is nothing to read yet. */
export async function openReaderIfThere(database: DatabaseUrl): Promise<SearchingReader | null> {
  if (!mayBeThere(database)) return null;
  try {
    return await openReader(database);
  } catch (error) {
    if (error instanceof LonghaulError && error.code === 'tables_missing') return null;
    throw error;
  }
}

/** False where it is known without asking anybody. */
export function mayBeThere(database: DatabaseUrl): boolean {
  return database.engine !== 'sqlite' || existsSync(database.path);
}

/** Changes when another file gets the name of an SQLite database; `null`: there is none. A server keeps its databases itself. */
export function identityOf(database: DatabaseUrl): string | null {
  return database.engine === 'sqlite' ? fileIdentity(database.path) : database.url;
}

/** Size of the write-ahead log; null where there is none, or nothing in it yet. */
export function walBytes(database: DatabaseUrl): number | null {
  if (database.engine !== 'sqlite') return null;
  return statSync(`${database.path}-wal`, { throwIfNoEntry: false })?.size ?? null;
}

/** Throws as `openReader`. */
export async function openEditor(
  database: DatabaseUrl,
  lockWaitSeconds = editWaitSeconds,
): Promise<RowEditor> {
  const options = { clock: systemClock, lockWaitSeconds };
  if (database.engine === 'sqlite') return new SqliteEditor({ path: database.path, ...options });
  const { PostgresEditor } = await import('../store/postgres/editor.ts');
  return PostgresEditor.open({ target: postgresTarget(database.url), ...options });
}

/** Throws unless there is something of ours, published or not. */
export async function requireDatabase(database: DatabaseUrl): Promise<void> {
  if (database.engine === 'postgres') {
    await using _ = await openReader(database);
  } else if (!mayBeThere(database)) {
    throw LonghaulError.of('database_missing', { database: database.path });
  }
}

/** Throws as `openReader`. */
export async function openRegister(
  database: DatabaseUrl,
  lockWaitSeconds = editWaitSeconds,
): Promise<SourceRegister> {
  const options = { clock: systemClock, lockWaitSeconds };
  if (database.engine === 'sqlite') return new SqliteSources({ path: database.path, ...options });
  const { PostgresSources } = await import('../store/postgres/sources.ts');
  return PostgresSources.open({ target: postgresTarget(database.url), ...options });
}
