/** Search indexes that are not made to their end, and publishes that find them so. */
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { eventually } from '../../../test/helpers/eventually.ts';
import { ManualClock } from '../../../test/helpers/manual-clock.ts';
import { execute, PostgresDatabase } from '../../../test/helpers/postgres-database.ts';
import { products } from '../../schema/dataset.ts';
import { numberedRecords, testFile } from '../conformance-files.ts';
import { importTestFile, seeTable } from '../conformance-steps.ts';
import { Connection } from './connection.ts';
import { endIndexing, PostgresIndexer } from './indexer.ts';
import { PostgresReader } from './reader.ts';
import { PostgresStore } from './store.ts';
import { postgresTarget } from './target.ts';

let database: PostgresDatabase;
beforeAll(async () => {
  database = await PostgresDatabase.create(inject('postgresUrl'));
});
afterAll(() => database[Symbol.asyncDispose]());

test('one that a publish ends is ignored by it, and made anew', async () => {
  const url = database.newSchema();
  const target = postgresTarget(url);
  await using store = await PostgresStore.open({
    ...{ target, clock: new ManualClock(), stagingMemoryBytes: 1e9, stagingMemoryMs: 5000 },
    warn: () => undefined,
    publishTuning: { mostMsInPlace: 0 },
  });
  await store.lockImports();
  await store.ensureDataset(products);
  await importTestFile(store, testFile([numberedRecords(0, 100, ['Ann', 'first'])]));
  await using indexer = await PostgresIndexer.open(target);
  {
    // An index that is made beside others waits for who has seen the database before.
    await using older = await Connection.open({ target });
    await older.session.run('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1 FROM pg_class LIMIT 1');
    const making = indexer.makeIndexes(products);
    await eventually('the index is being made', async () => {
      const invalid = await execute(url, 'SELECT 1 FROM pg_index WHERE NOT indisvalid');
      const waiting = await execute(
        url,
        "SELECT 1 FROM pg_stat_progress_create_index WHERE phase LIKE 'waiting%'",
      );
      return invalid.length === 1 && waiting.length === 1;
    });
    await using publisher = await Connection.open({ target });
    await endIndexing(publisher.session);
    expect(await making).toBe(false);
  }
  await using reader = await PostgresReader.open(target);
  expect(await reader.indexesReady(products)).toEqual({ rowsBy: ['sku'], countsBy: [] });
  const next = testFile([numberedRecords(0, 100, ['Bob', 'second'])]);
  const tableBefore = await execute(url, "SELECT 'products'::regclass::oid AS oid");
  expect(await importTestFile(store, next)).toMatchObject({ updated: 100 });
  expect(await execute(url, "SELECT 'products'::regclass::oid AS oid")).not.toEqual(tableBefore);
  expect(await indexer.makeIndexes(products)).toBe(true);
  expect(await reader.indexesReady(products)).toEqual({ rowsBy: ['sku', 'name'], countsBy: ['name'] });
  await seeTable(reader);
});

test('one that is stopped is made the next time', async () => {
  const target = postgresTarget(database.newSchema());
  await using store = await PostgresStore.open({
    ...{ target, clock: new ManualClock(), stagingMemoryBytes: 1e9, stagingMemoryMs: 5000 },
    warn: () => undefined,
  });
  await store.lockImports();
  await store.ensureDataset(products);
  await importTestFile(store, testFile([numberedRecords(0, 100, ['Ann', 'first'])]));
  await using indexer = await PostgresIndexer.open(target);
  {
    await using older = await Connection.open({ target });
    await older.session.run('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1 FROM pg_class LIMIT 1');
    let asked = 0;
    expect(await indexer.makeIndexes(products, () => asked++ > 0)).toBe(false);
  }
  expect(await indexer.makeIndexes(products)).toBe(true);
  await using reader = await PostgresReader.open(target);
  expect(await reader.indexesReady(products)).toEqual({ rowsBy: ['sku', 'name'], countsBy: ['name'] });
});
