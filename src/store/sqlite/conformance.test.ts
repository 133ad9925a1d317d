import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { expect } from 'vitest';
import { indexingStore } from '../../../test/helpers/indexing-store.ts';
import { ManualClock } from '../../../test/helpers/manual-clock.ts';
import { cutsAll } from '../../../test/helpers/part-builder.ts';
import { memoryDisk, TempFolder } from '../../../test/helpers/temp-folder.ts';
import { describeStore } from '../conformance.ts';
import type { StoreUnderTest } from '../conformance-steps.ts';
import { identifier } from '../identifier.ts';
import { SqliteEditor } from './editor.ts';
import { SqliteIndexer } from './indexer.ts';
import { SqliteReader } from './reader.ts';
import { SqliteSources } from './sources.ts';
import { SqliteStore, type SqliteStoreOptions } from './store.ts';

/** @param exists whether another program has made the database before */
function underTest(
  stagingMemoryBytes: number,
  exists: boolean,
  tuning: Partial<SqliteStoreOptions> = {},
  isIndexed = false,
): StoreUnderTest {
  const folder = new TempFolder(memoryDisk);
  const path = folder.file('test.db');
  const clock = new ManualClock();
  const change = (sql: string): void => {
    using database = new DatabaseSync(path);
    database.exec(sql);
  };
  if (exists) change('CREATE TABLE theirs (x)');
  return {
    isDurable: stagingMemoryBytes === 0,
    foldsNames: true,
    isIndexed,
    open: async () => {
      const store = new SqliteStore({
        path,
        clock,
        stagingMemoryBytes,
        stagingMemoryMs: 5000,
        warn: () => undefined,
        lockWaitSeconds: 0.05,
        ...tuning,
      });
      return isIndexed ? indexingStore(store, async () => new SqliteIndexer({ path })) : store;
    },
    reader: async () => new SqliteReader(path),
    editor: async () => new SqliteEditor({ path, clock, lockWaitSeconds: 0.05 }),
    register: async () => new SqliteSources({ path, clock, lockWaitSeconds: 0.05 }),
    watchWrites: async (table) => {
      const log = identifier(`writes of ${table}`);
      const triggers = ['INSERT', 'UPDATE', 'DELETE'].map(
        (event) =>
          `CREATE TRIGGER ${identifier(`${event} of ${table}`)} AFTER ${event} ON ${identifier(table)} BEGIN INSERT INTO ${log} VALUES (1); END`,
      );
      change([`CREATE TABLE ${log} (n)`, ...triggers].join(';'));
      return async () => {
        using database = new DatabaseSync(path, { readOnly: true });
        return (database.prepare(`SELECT count(*) AS n FROM ${log}`).get() as { n: number }).n;
      };
    },
    createForeignTable: async (name) => change(`CREATE TABLE ${identifier(name)} (x)`),
    [Symbol.asyncDispose]: async () => {
      using _ = folder;
      if (!existsSync(path)) return;
      using database = new DatabaseSync(path, { readOnly: true });
      expect(database.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' });
    },
  };
}

describeStore('SQLite, a new database, staging in memory', async () => underTest(1e9, false));
describeStore('SQLite, a new database, staging in files', async () => underTest(0, false));
describeStore('SQLite, a new database, published by several threads', async () =>
  underTest(1e9, false, cutsAll()),
);
describeStore('SQLite, a new database, staging in files, published by several threads', async () =>
  underTest(0, false, cutsAll()),
);
describeStore('SQLite, an existing database, staging in memory', async () => underTest(1e9, true));
describeStore('SQLite, an existing database, staging in files', async () => underTest(0, true));
describeStore('SQLite, an existing database, each publish through successor tables', async () =>
  underTest(1e9, true, { publishTuning: { mostMsInPlace: 0 } }),
);
describeStore('SQLite, with search indexes', async () => underTest(1e9, true, {}, true));
describeStore('SQLite, with search indexes, each publish through successor tables', async () =>
  underTest(1e9, true, { publishTuning: { mostMsInPlace: 0 } }, true),
);
describeStore('SQLite, with search indexes, which get successors as well', async () =>
  underTest(1e9, true, { publishTuning: { mostMsInPlace: 0, mostEntriesOneByOne: 0 } }, true),
);
