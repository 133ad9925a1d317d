/** What others see and do while a run is published by partitions. What happens to those that die is in test/faults/partitions.pg.test.ts. */
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { eventually } from '../../../test/helpers/eventually.ts';
import { ManualClock } from '../../../test/helpers/manual-clock.ts';
import { Random } from '../../../test/helpers/random.ts';
import { execute, PostgresDatabase } from '../../../test/helpers/postgres-database.ts';
import { afterPartitions, SqlGate } from '../../../test/helpers/sql-gate.ts';
import { verifyDataset } from '../../run/verify.ts';
import { products } from '../../schema/dataset.ts';
import { numberedRecords, planOf, testFile } from '../conformance-files.ts';
import { importTestFile, neverStopped, seeTable, stageFile } from '../conformance-steps.ts';
import type { PublishControl, PublishedPartitions, Store } from '../store.ts';
import { PostgresEditor } from './editor.ts';
import { PostgresIndexer } from './indexer.ts';
import { PostgresLeadership } from './leadership.ts';
import { PostgresReader } from './reader.ts';
import { PostgresStore } from './store.ts';
import { postgresTarget } from './target.ts';

let database: PostgresDatabase;
beforeAll(async () => {
  database = await PostgresDatabase.create(inject('postgresUrl'));
});
afterAll(() => database[Symbol.asyncDispose]());

const partitions = 5;
const clock = new ManualClock();
/** 100 rows, all of which the next version changes; after each of them it has a new one. */
const first = testFile([numberedRecords(0, 100, ['Ann', 'old'])]);
const all = numberedRecords(0, 100, []).flatMap(([sku = '']) => [sku, `${sku}n`]);
const next = testFile([numberedRecords(50, 50, ['Bob', 'new']), all.map((sku) => [sku, 'Bob', 'new'])]);
const updated = 100;
const inserted = 100;

async function openStore(url: string, term?: number, warned: string[] = []): Promise<PostgresStore> {
  const store = await PostgresStore.open({
    ...{ target: postgresTarget(url), clock, stagingMemoryBytes: 0, stagingMemoryMs: 5000, term },
    // A connection that was ended cannot tidy up, and says so.
    warn: (message) => warned.push(message),
    publishPartitions: partitions,
    lockWaitSeconds: 60,
  });
  await store.ensureDataset(products);
  await store.lockImports('longhaul master');
  return store;
}

/** A table of 100 rows. */
async function filled(): Promise<{ url: string; store: PostgresStore }> {
  const url = database.newSchema();
  const store = await openStore(url);
  await importTestFile(store, first);
  return { url, store };
}

/** A publish that is held once so many ranges are published. */
async function heldPublish(url: string, store: Store, published: number, control = neverStopped) {
  const gate = await SqlGate.close(url, afterPartitions(published));
  const run = await stageFile(store, next);
  const publish = store.publish(run, next.totals, control);
  // Whoever waits for it hears of it.
  publish.catch(() => undefined);
  await gate.reached();
  return { gate, run, publish };
}

async function partitionsOf(url: string, run: number): Promise<unknown> {
  await using reader = await PostgresReader.open(postgresTarget(url));
  const record = await reader.run(run);
  return { state: record?.state, ...record?.partitions };
}

async function expectSound(url: string): Promise<void> {
  await using reader = await PostgresReader.open(postgresTarget(url));
  await seeTable(reader);
  expect(await verifyDataset(reader, products, null)).toMatchObject({ findings: [] });
  const left = `SELECT relname FROM pg_class WHERE relname ~ '^_longhaul_(staged|winners|delta|counts)_' AND relnamespace = current_schema()::regnamespace`;
  expect(await execute(url, left)).toEqual([]);
}

test('readers see each range as it was or as it will be, with the counts of what is there', async () => {
  const { url, store } = await filled();
  await using _ = store;
  await using reader = await PostgresReader.open(postgresTarget(url));
  const told: PublishedPartitions[] = [];
  for (let published = 0; published < partitions; published++) {
    const control: PublishControl = { ...neverStopped, partitions: (found) => told.push(found) };
    const { gate, run, publish } = await heldPublish(url, store, published, control);
    // Checks counts, number of rows and checksum against the rows.
    const { rows } = await seeTable(reader);
    const ranges = await execute(
      url,
      'SELECT first_key[1] AS key, published FROM _longhaul_partitions WHERE run = $1 ORDER BY 1',
      run,
    );
    expect(ranges.filter((range) => range['published'])).toHaveLength(published);
    const isNew = (sku: string): boolean =>
      ranges.findLast(({ key }) => (key as string) <= sku)!['published'] as boolean;
    const expected = all.flatMap((sku) => {
      if (isNew(sku)) return [`Bob|${sku}|new`];
      return sku.endsWith('n') ? [] : [`Ann|${sku}|old`];
    });
    expect(rows.map((row) => row.replace(/ #.*/, ''))).toEqual(expected);
    expect(await partitionsOf(url, run)).toEqual({ state: 'publishing', published, of: partitions });
    await gate.open();
    expect(await publish).toMatchObject({ inserted, updated, superseded: 50, state: 'done' });
    await expectSound(url);
    await store.clear(products);
    await importTestFile(store, first);
  }
  const once = Array.from({ length: partitions }, (__, index) => ({ published: index + 1, of: partitions }));
  expect(told).toEqual(Array.from({ length: partitions }, () => once).flat());
});

test('an edit of a published range stands, one of another is met by its record; none is lost', async () => {
  const { url, store } = await filled();
  await using _ = store;
  await using editor = await PostgresEditor.open({ target: postgresTarget(url), clock, lockWaitSeconds: 60 });
  const run = await stageFile(store, next);
  // A table with a trigger is not published so: it gets one once that is decided.
  const decided = await SqlGate.close(url, { table: '_longhaul_partitions', on: 'INSERT', when: 'true' });
  const publish = store.publish(run, next.totals, neverStopped);
  await decided.reached();
  // Two of the ranges are published; the others have their delta, and wait before they take the dataset's row.
  const gate = await SqlGate.close(url, {
    ...{ table: 'products', on: 'INSERT' },
    when: "NEW.name = 'Bob' AND NEW.sku >= '00000040'",
  });
  await decided.open();
  await gate.reached();
  const isHalf = { state: 'publishing', published: 2, of: partitions };
  await eventually('two are published', async () => isDeepStrictEqual(await partitionsOf(url, run), isHalf));
  const zoe = new Map([['name', 'Zoe']]);
  const edited = ['00000003', '00000003n', '00000050', '00000099'];
  for (const key of edited) await editor.editRow(products, [key], zoe, null);
  await gate.open();
  expect(await publish).toMatchObject({ inserted, updated, kept: 0 });
  await using reader = await PostgresReader.open(postgresTarget(url));
  for (const key of edited) {
    const name = key < '00000040' ? 'Zoe' : 'Bob';
    expect((await reader.row(products, [key]))?.values).toEqual([name, key, 'new']);
  }
  await expectSound(url);
  // Those that stand came after the run: the next version ends them.
  const newer = testFile([all.map((sku) => [sku, 'Bob', 'newer'])]);
  expect(await importTestFile(store, newer)).toMatchObject({ updated: 200, kept: 0 });
  await expectSound(url);
});

test('until the first range is published it can be stopped and cancelled; from then on it is finished', async () => {
  const { url, store } = await filled();
  await using _ = store;
  const stopping = new AbortController();
  const held = await heldPublish(url, store, 0, { ...neverStopped, signal: stopping.signal });
  stopping.abort();
  await expect(held.publish).rejects.toMatchObject({ code: 'interrupted' });
  await held.gate.open();
  await store.endRuns(products, planOf().file, 'cancelled');
  expect(await partitionsOf(url, held.run)).toMatchObject({ state: 'cancelled' });
  await using reader = await PostgresReader.open(postgresTarget(url));
  expect((await seeTable(reader)).counts).toEqual([['Ann=100']]);
  await expectSound(url);

  const later = new AbortController();
  const half = await heldPublish(url, store, 2, { ...neverStopped, signal: later.signal });
  later.abort();
  await expect(half.publish).rejects.toMatchObject({ code: 'interrupted' });
  await half.gate.open();
  expect(await partitionsOf(url, half.run)).toEqual({ state: 'publishing', published: 2, of: partitions });
  await store.endRuns(products, planOf().file, 'cancelled');
  expect(await reader.run(half.run)).toMatchObject({ state: 'done', inserted, updated, publishNumber: 2 });
  expect((await seeTable(reader)).counts).toEqual([['Bob=200']]);
  await expectSound(url);
});

test('a master that takes over finishes it; what the former one has under way is not published twice', async () => {
  const url = database.newSchema();
  const target = postgresTarget(url);
  await using former = await PostgresLeadership.open(target);
  await using latter = await PostgresLeadership.open(target);
  expect(await former.tryLead('')).toBe(1);
  await using store = await openStore(url, 1);
  await importTestFile(store, first);
  const { gate, run, publish } = await heldPublish(url, store, 2);
  // The former one does not renew, and has sessions in the middle of a transaction.
  await execute(url, "UPDATE _longhaul_leader SET expires = now() - interval '1 second'");
  expect(await latter.tryLead('')).toBe(2);
  await expect(publish).rejects.toMatchObject({ code: 'connection_lost' });
  await gate.open();
  await using second = await openStore(url, 2);
  await using reader = await PostgresReader.open(target);
  expect(await reader.run(run)).toMatchObject({ state: 'done', inserted, updated, publishNumber: 2 });
  await expectSound(url);
  expect(await importTestFile(second, first)).toMatchObject({ updated: 100, publishNumber: 3 });
  // With its former term nobody writes any more, whatever connection he has.
  await expect(openStore(url, 1)).rejects.toMatchObject({ code: 'leadership_lost' });
});

test('a run that cannot be finished until somebody mends its table keeps no other table waiting', async () => {
  const { url, store } = await filled();
  // Somebody has taken away half of a count: there is enough of it for two of the five ranges.
  await execute(url, "UPDATE product_counts SET no_of_products = 50 WHERE name = 'Ann'");
  const run = await stageFile(store, next);
  const drifted = { code: 'counts_drifted' };
  await expect(store.publish(run, next.totals, neverStopped)).rejects.toMatchObject(drifted);
  expect(await partitionsOf(url, run)).toEqual({ state: 'publishing', published: 2, of: partitions });
  await expect(stageFile(store, next, planOf('b.csv'))).rejects.toMatchObject(drifted);
  await store[Symbol.asyncDispose]();

  const warned: string[] = [];
  await using again = await openStore(url, undefined, warned);
  expect(warned).toEqual([expect.stringMatching(/half published cannot be finished: .*product_counts/)]);
  const other = { ...products, name: 'others', counts: [] };
  await again.ensureDataset(other);
  const dataset = { dataset: other };
  expect(
    await importTestFile(again, testFile([[['a', 'Ann', '1']]], other), planOf('o.csv', dataset)),
  ).toMatchObject({
    inserted: 1,
  });
  await execute(
    url,
    "UPDATE product_counts SET no_of_products = (SELECT count(*) FROM products WHERE name = 'Ann') WHERE name = 'Ann'",
  );
  // The same of what others do not let in.
  await execute(url, "ALTER TABLE products ADD CONSTRAINT odd CHECK (name <> 'Bob') NOT VALID");
  await again[Symbol.asyncDispose]();
  const odd = { code: 'table_refuses' };
  await using last = await openStore(url, undefined, warned);
  expect(warned.slice(1)).toEqual([expect.stringMatching(/half published cannot be finished: .*"odd"/)]);
  await expect(stageFile(last, next, planOf('b.csv'))).rejects.toMatchObject(odd);
  await execute(url, 'ALTER TABLE products DROP CONSTRAINT odd');
  expect(await importTestFile(last, first, planOf('b.csv'))).toMatchObject({
    publishNumber: 3,
    updated: 100,
  });
  await using reader = await PostgresReader.open(postgresTarget(url));
  expect(await reader.run(run)).toMatchObject({ state: 'done', publishNumber: 2, inserted, updated });
  await expectSound(url);
});

/** What the server cannot compress: else its indexes take it however long it is. */
function incompressible(length: number): string {
  const random = new Random(length);
  return Array.from({ length }, () => String.fromCharCode(33 + random.below(90))).join('');
}

const withRow = (row: readonly string[]) => testFile([[...numberedRecords(0, 100, ['Bob', 'new']), row]]);

test.for<[what: string, row: readonly string[], code: string, made?: string]>([
  ['a key', [incompressible(3000), 'Bob', 'new'], 'value_too_long'],
  ['a counted value', ['k', incompressible(3000), 'new'], 'value_too_long'],
  [
    'a key and a value that are searched by',
    [incompressible(1500), incompressible(1600), 'new'],
    'value_too_long',
  ],
  [
    'what somebody has made an index of',
    ['k', 'Bob', incompressible(3000)],
    'value_too_long',
    'CREATE INDEX ON products (description)',
  ],
  [
    'what somebody does not want',
    ['k', 'Bob', 'new'],
    'table_refuses',
    "ALTER TABLE products ADD CHECK (sku <> 'k')",
  ],
])('a run with %s, which the server refuses, is not published at all', async ([, row, code, made]) => {
  const { url, store } = await filled();
  await using _ = store;
  await using indexer = await PostgresIndexer.open(postgresTarget(url));
  await indexer.makeIndexes(products);
  if (made !== undefined) await execute(url, made);
  const refused = withRow(row);
  const run = await stageFile(store, refused);
  await expect(store.publish(run, refused.totals, neverStopped)).rejects.toMatchObject({ code });
  await using reader = await PostgresReader.open(postgresTarget(url));
  expect((await seeTable(reader)).counts).toEqual([['Ann=100']]);
  await store.endRuns(products, planOf().file, 'cancelled');
  await expectSound(url);
});

test('what it may refuse and does not is published in one step, and that is told', async () => {
  const warned: string[] = [];
  const url = database.newSchema();
  await using store = await openStore(url, undefined, warned);
  const reason = async (made: string, row: readonly string[] = ['k', 'Bob', 'new']): Promise<unknown> => {
    await execute(url, made);
    const { run, partitions: parts } = await importTestFile(store, withRow(row));
    const [told, ...others] = warned.splice(0);
    expect(others).toEqual([]);
    expect(parts === null).toBe(told !== undefined);
    return told?.replace(`run ${run} is published in one step, not by partitions: `, '') ?? parts;
  };
  const byPartitions = { published: partitions, of: partitions };
  expect(await reason('SELECT 1')).toEqual(byPartitions);
  expect(await reason('CREATE INDEX ON products (description, _line)')).toEqual(byPartitions);
  expect(await reason('CREATE INDEX ON products USING hash (name)', ['k', 'Bob', 'x'])).toEqual(byPartitions);
  const long = 'an entry of one of its indexes would have 3003 bytes';
  expect(await reason('SELECT 1', ['x'.repeat(3000), 'Bob', 'new'])).toBe(long);
  const index = 'products has indexes that others have made of more than its columns';
  expect(await reason('CREATE INDEX odd ON products (lower(name))')).toBe(index);
  expect(await reason('DROP INDEX odd; CREATE UNIQUE INDEX odd ON products (_line, sku)')).toBe(index);
  const trigger = `CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
    CREATE TRIGGER t BEFORE UPDATE ON product_counts FOR EACH ROW EXECUTE FUNCTION f()`;
  expect(await reason(`DROP INDEX odd; ${trigger}`)).toBe('product_counts has triggers');
});

test('a ledger of the program before this can be read as it is, and the next import brings it up to date', async () => {
  const { url, store } = await filled();
  await store[Symbol.asyncDispose]();
  await execute(
    url,
    `DROP TABLE _longhaul_partitions; UPDATE _longhaul_schema SET version = version - 1; ALTER TABLE _longhaul_runs
       DROP COLUMN partitions, DROP COLUMN partitions_published, DROP COLUMN partition_totals`,
  );
  await using reader = await PostgresReader.open(postgresTarget(url));
  expect(await reader.runs(products, 10)).toMatchObject([{ state: 'done', partitions: null }]);
  await using again = await openStore(url);
  expect(await importTestFile(again, next)).toMatchObject({ updated, partitions: { published: 5, of: 5 } });
  await expectSound(url);
});
