/** Tables that get successors: what they keep, when they get none, and who sees what meanwhile. */
import pg from 'pg';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { eventually } from '../../../test/helpers/eventually.ts';
import { ManualClock } from '../../../test/helpers/manual-clock.ts';
import { execute, PostgresDatabase } from '../../../test/helpers/postgres-database.ts';
import { StatementCut } from '../../../test/helpers/statement-cut.ts';
import { verifyDataset } from '../../run/verify.ts';
import { products } from '../../schema/dataset.ts';
import { numberedRecords, planOf, testFile } from '../conformance-files.ts';
import { importTestFile, neverStopped, seeTable, stageFile } from '../conformance-steps.ts';
import type { RunRecord } from '../store.ts';
import { PostgresEditor } from './editor.ts';
import { PostgresReader } from './reader.ts';
import { PostgresStore } from './store.ts';
import { postgresTarget } from './target.ts';

let database: PostgresDatabase;
beforeAll(async () => {
  database = await PostgresDatabase.create(inject('postgresUrl'));
});
afterAll(() => database[Symbol.asyncDispose]());

const clock = new ManualClock();
const first = testFile([numberedRecords(0, 100, ['Ann', 'old'])]);
const next = testFile([numberedRecords(0, 80, ['Bob', 'new'])]);

function openStore(url: string): Promise<PostgresStore> {
  return PostgresStore.open({
    ...{ target: postgresTarget(url), clock, stagingMemoryBytes: 1e9, stagingMemoryMs: 5000 },
    // A connection that was ended cannot tidy up.
    warn: () => undefined,
    publishTuning: { mostMsInPlace: 0 },
  });
}

/** A table of 100 rows, and a store that is about to change 80 of them. */
async function filled(): Promise<{ url: string; store: PostgresStore }> {
  const url = database.newSchema();
  const store = await openStore(url);
  await store.lockImports();
  await store.ensureDataset(products);
  await importTestFile(store, first);
  return { url, store };
}

async function oidOf(url: string, table = 'products'): Promise<unknown> {
  return (await execute(url, `SELECT '${table}'::regclass::oid AS oid`))[0]!['oid'];
}

async function expectSound(url: string): Promise<void> {
  await using reader = await PostgresReader.open(postgresTarget(url));
  await seeTable(reader);
  expect(await verifyDataset(reader, products, null)).toMatchObject({ findings: [] });
  const left =
    "SELECT relname FROM pg_class WHERE relname ~ '^_longhaul_(late|was|touched|next)' AND relnamespace = current_schema()::regnamespace";
  expect(await execute(url, left)).toEqual([]);
  expect(await execute(url, "SELECT tgname FROM pg_trigger WHERE tgname ~ '^_longhaul'")).toEqual([]);
}

/** Publishes `next`; `meanwhile` is done between the filling of the successors and their exchange, from which another transaction keeps it. */
async function publishWhile(store: PostgresStore, meanwhile: () => Promise<void>): Promise<RunRecord> {
  const run = await stageFile(store, next);
  const older = new pg.Client({ connectionString: database.url });
  await older.connect();
  await older.query('BEGIN; SELECT 1');
  const publish = store.publish(run, next.totals, neverStopped);
  const isWaiting = `SELECT 1 FROM pg_stat_activity WHERE datname = '${database.name}' AND query LIKE '%pg_sleep%' AND application_name = 'longhaul'`;
  await eventually('the publish waits', async () => (await execute(database.url, isWaiting)).length > 0);
  await meanwhile();
  await older.query('COMMIT');
  await older.end();
  return await publish;
}

test('a table that changes is exchanged, one that does not stays; indexes, names and grants are the same', async () => {
  const { url, store } = await filled();
  await using _ = store;
  const reader = `reader_${database.name}`;
  await execute(url, `CREATE ROLE ${reader}; GRANT SELECT ON products TO ${reader}, PUBLIC`);
  await execute(url, 'CREATE INDEX by_name ON products (name text_pattern_ops) WHERE _line > 3');
  await execute(url, 'CREATE INDEX by_number ON product_counts (no_of_products DESC)');
  const described = async (): Promise<unknown> => [
    await execute(
      url,
      "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid IN ('products'::regclass, 'product_counts'::regclass) ORDER BY 1",
    ),
    await execute(
      url,
      "SELECT indexdef FROM pg_indexes WHERE tablename IN ('products', 'product_counts') ORDER BY 1",
    ),
    await execute(
      url,
      "SELECT relname, relowner, relkind, relpersistence, reloptions, ARRAY(SELECT a::text FROM unnest(relacl) a ORDER BY 1) FROM pg_class WHERE oid IN ('products'::regclass, 'product_counts'::regclass) ORDER BY 1",
    ),
    await execute(
      url,
      "SELECT attname, atttypid, attnotnull, attcollation, attstorage FROM pg_attribute WHERE attrelid = 'products'::regclass AND attnum > 0 ORDER BY attnum",
    ),
  ];
  const before = await described();
  const [rows, counts] = [await oidOf(url), await oidOf(url, 'product_counts')];
  // Twice: a successor can be succeeded.
  expect(await importTestFile(store, next)).toMatchObject({ updated: 80 });
  expect(await importTestFile(store, testFile([numberedRecords(0, 100, ['Bob', 'newer'])]))).toMatchObject({
    updated: 100,
  });
  expect([await oidOf(url), await oidOf(url, 'product_counts')]).not.toContain(rows);
  expect(await described()).toEqual(before);
  const countsNow = await oidOf(url, 'product_counts');
  expect(countsNow).not.toBe(counts);
  await importTestFile(store, testFile([numberedRecords(0, 100, ['Bob', 'newest'])]));
  expect(await oidOf(url, 'product_counts')).toBe(countsNow);
  await expectSound(url);
  await execute(url, `DROP OWNED BY ${reader}; DROP ROLE ${reader}`);
});

test.each([
  ['a view', 'CREATE VIEW dear AS SELECT * FROM products'],
  ['a foreign key', 'CREATE TABLE stock (sku text COLLATE "C" REFERENCES products)'],
  [
    'a trigger',
    "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; CREATE TRIGGER t BEFORE UPDATE ON products FOR EACH ROW EXECUTE FUNCTION f()",
  ],
  ['a policy', 'ALTER TABLE products ENABLE ROW LEVEL SECURITY'],
  ['a publication', 'CREATE PUBLICATION p_of_products FOR TABLE products'],
  ['a check', "ALTER TABLE products ADD CHECK (name <> 'Zoe')"],
  ['a default', "ALTER TABLE products ALTER description SET DEFAULT ''"],
  ['a comment', "COMMENT ON TABLE products IS 'ours'"],
  ['statistics', 'CREATE STATISTICS s ON name, description FROM products'],
  ['a grant on a column', 'GRANT SELECT (name) ON products TO PUBLIC'],
  ['a function of its rows', "CREATE FUNCTION g(products) RETURNS text LANGUAGE sql AS 'SELECT $1.name'"],
  ['an option', 'ALTER TABLE products SET (fillfactor = 80)'],
  ['a child', 'CREATE TABLE child () INHERITS (products)'],
  ['a view of the counts', 'CREATE VIEW many AS SELECT * FROM product_counts'],
])('a table with %s is written in place', async (_, sql) => {
  const { url, store } = await filled();
  await using __ = store;
  await execute(url, sql);
  const [rows, counts] = [await oidOf(url), await oidOf(url, 'product_counts')];
  expect(await importTestFile(store, next)).toMatchObject({ updated: 80 });
  expect([await oidOf(url), await oidOf(url, 'product_counts')]).toEqual([rows, counts]);
  await expectSound(url);
});

test('a transaction that has its view of the database sees the old rows, and the run is published all the same', async () => {
  const { url, store } = await filled();
  await using _ = store;
  const older = new pg.Client({ connectionString: database.url });
  await older.connect();
  const schema = new URL(url).searchParams.get('schema');
  await older.query(`SET search_path TO ${schema}; BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1`);
  await older.query('SELECT count(*) FROM _longhaul_runs');
  expect(await importTestFile(store, next)).toMatchObject({ updated: 80 });
  const seen = await older.query(
    "SELECT count(*)::int AS n, count(*) FILTER (WHERE name = 'Ann')::int AS old FROM products",
  );
  expect(seen.rows).toEqual([{ n: 100, old: 100 }]);
  await older.query('COMMIT');
  await older.end();
  await expectSound(url);
});

test('an edit between the filling and the exchange is not lost, and ends as if it had come before the run', async () => {
  const { url, store } = await filled();
  await using _ = store;
  const target = postgresTarget(url);
  await using editor = await PostgresEditor.open({ target, clock });
  const rows = await oidOf(url);
  const named = new Map([['name', 'Zoe']]);
  const published = await publishWhile(store, async () => {
    await editor.editRow(products, ['00000007'], named, null);
    await editor.editRow(products, ['00000095'], named, null);
  });
  expect(published).toMatchObject({ updated: 80, kept: 0, unchanged: 0 });
  expect(await oidOf(url)).not.toBe(rows);
  await using reader = await PostgresReader.open(target);
  expect(await reader.row(products, ['00000007'])).toMatchObject({ values: ['Bob', '00000007', 'new'] });
  expect(await reader.row(products, ['00000095'])).toMatchObject({ values: ['Zoe', '00000095', 'old'] });
  await expectSound(url);
});

test('what another program writes meanwhile stays', async () => {
  const { url, store } = await filled();
  await using _ = store;
  const rows = await oidOf(url);
  const published = await publishWhile(store, async () => {
    await execute(url, "UPDATE products SET description = 'theirs' WHERE sku = '00000095'");
  });
  expect(published).toMatchObject({ updated: 80 });
  expect(await oidOf(url)).toBe(rows);
  expect(await execute(url, "SELECT description FROM products WHERE sku = '00000095'")).toEqual([
    { description: 'theirs' },
  ]);
});

test.for([
  ['before any statement', { of: /^/, isSent: false }],
  // After another one is before the next.
  ['after any commit', { of: /^COMMIT/i, isSent: true }],
] as const)(
  'connections that end %s of a publish leave the old table or the new one',
  { timeout: 180_000 },
  async ([, where]) => {
    const { url, store } = await filled();
    await store[Symbol.asyncDispose]();
    let [rounds, wasCut] = [0, true];
    while (wasCut) {
      const at = ++rounds;
      const version = testFile([numberedRecords(0, 80, ['Bob', `version ${at}`])]);
      {
        await using killed = await openStore(url);
        await killed.lockImports();
        const run = await stageFile(killed, version, planOf('a.csv', { fingerprint: `version ${at}` }));
        using cut = new StatementCut({ ...where, at });
        await killed.publish(run, version.totals, neverStopped).catch((error: unknown) => error);
        ({ wasCut } = cut);
      }
      await using again = await openStore(url);
      await again.lockImports();
      await expectSound(url);
      const { updated, unchanged } = await importTestFile(again, version, planOf('b.csv'));
      expect([updated, unchanged], `statement ${at}`).toContain(80);
      await expectSound(url);
    }
    expect(rounds).toBeGreaterThan(3);
  },
);

test('what a process that died has left of a publish goes with the next import', async () => {
  const { url, store } = await filled();
  await store[Symbol.asyncDispose]();
  await execute(
    url,
    `CREATE TABLE _longhaul_next_7 (x int); CREATE TABLE _longhaul_next_0_7 (x int); CREATE TABLE _longhaul_touched_7 (touched boolean);
     CREATE FUNCTION _longhaul_watch_7() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO _longhaul_touched_7 VALUES (true); RETURN NULL; END';
     CREATE TRIGGER _longhaul_watch_7 AFTER UPDATE ON products FOR EACH STATEMENT EXECUTE FUNCTION _longhaul_watch_7()`,
  );
  await using again = await openStore(url);
  await again.lockImports();
  await expectSound(url);
  expect(await importTestFile(again, next, planOf('b.csv'))).toMatchObject({ updated: 80 });
});
