import { afterAll, beforeAll, inject } from 'vitest';
import { ManualClock } from '../../../test/helpers/manual-clock.ts';
import { indexingStore } from '../../../test/helpers/indexing-store.ts';
import { execute, PostgresDatabase } from '../../../test/helpers/postgres-database.ts';
import { describeStore } from '../conformance.ts';
import type { StoreUnderTest } from '../conformance-steps.ts';
import { identifier } from '../identifier.ts';
import { PostgresEditor } from './editor.ts';
import { PostgresIndexer } from './indexer.ts';
import { PostgresReader } from './reader.ts';
import { PostgresSources } from './sources.ts';
import { PostgresStore } from './store.ts';
import { postgresTarget } from './target.ts';

let database: PostgresDatabase;
beforeAll(async () => {
  database = await PostgresDatabase.create(inject('postgresUrl'));
});
afterAll(() => database[Symbol.asyncDispose]());

function underTest(
  stagingMemoryBytes: number,
  mostMsInPlace?: number,
  isIndexed = false,
  publishPartitions = 1,
): StoreUnderTest {
  const url = database.newSchema();
  const target = postgresTarget(url);
  const clock = new ManualClock();
  return {
    isDurable: stagingMemoryBytes === 0,
    foldsNames: false,
    isIndexed,
    open: async () => {
      const store = await PostgresStore.open({
        ...{ target, clock, stagingMemoryBytes, stagingMemoryMs: 5000, lockWaitSeconds: 0.05 },
        warn: () => undefined,
        publishTuning: { mostMsInPlace },
        publishPartitions,
      });
      return isIndexed ? indexingStore(store, () => PostgresIndexer.open(target)) : store;
    },
    reader: () => PostgresReader.open(target),
    editor: () => PostgresEditor.open({ target, clock, lockWaitSeconds: 0.05 }),
    register: () => PostgresSources.open({ target, clock, lockWaitSeconds: 0.05 }),
    watchWrites: async (table) => {
      const log = identifier(`writes of ${table}`);
      await execute(
        url,
        `CREATE TABLE ${log} (n int);
         CREATE FUNCTION ${identifier(`log ${table}`)}() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO ${log} VALUES (1); RETURN NULL; END';
         CREATE TRIGGER log AFTER INSERT OR UPDATE OR DELETE ON ${identifier(table)} FOR EACH ROW EXECUTE FUNCTION ${identifier(`log ${table}`)}()`,
      );
      return async () => (await execute(url, `SELECT count(*)::int AS n FROM ${log}`))[0]!['n'] as number;
    },
    createForeignTable: async (name) => {
      const schema = new URL(url).searchParams.get('schema');
      await execute(url, `CREATE SCHEMA ${schema}; CREATE TABLE ${schema}.${identifier(name)} (x int)`);
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
}

describeStore('PostgreSQL, staging in memory', async () => underTest(1e9));
describeStore('PostgreSQL, staging on the server', async () => underTest(0));
describeStore('PostgreSQL, staging in memory, each publish through successor tables', async () =>
  underTest(1e9, 0),
);
describeStore('PostgreSQL, staging on the server, each publish through successor tables', async () =>
  underTest(0, 0),
);
describeStore('PostgreSQL, published by partitions', async () => underTest(0, undefined, false, 3), true);
describeStore('PostgreSQL, with search indexes', async () => underTest(1e9, undefined, true));
describeStore('PostgreSQL, with search indexes, each publish through successor tables', async () =>
  underTest(1e9, 0, true),
);
