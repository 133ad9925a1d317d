/** What only the PostgreSQL store does: it prepares a publish beside people who edit, and looks again at what they have done. */
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { eventually } from '../../../test/helpers/eventually.ts';
import { ManualClock } from '../../../test/helpers/manual-clock.ts';
import { execute, PostgresDatabase } from '../../../test/helpers/postgres-database.ts';
import { verifyDataset } from '../../run/verify.ts';
import { products } from '../../schema/dataset.ts';
import { planOf, testFile } from '../conformance-files.ts';
import { importTestFile, neverStopped, seeTable, stageFile } from '../conformance-steps.ts';
import { PostgresEditor } from './editor.ts';
import { PostgresReader } from './reader.ts';
import { PostgresStore } from './store.ts';
import { type PostgresTarget, postgresTarget } from './target.ts';

let database: PostgresDatabase;
beforeAll(async () => {
  database = await PostgresDatabase.create(inject('postgresUrl'));
});
afterAll(() => database[Symbol.asyncDispose]());

function openStore(
  target: PostgresTarget,
  clock: ManualClock,
  stagingMemoryBytes = 1e9,
): Promise<PostgresStore> {
  const warn = (message: string): void => expect.fail(message);
  return PostgresStore.open({ target, clock, stagingMemoryBytes, stagingMemoryMs: 5000, warn });
}

const named = (name: string): Map<string, string> => new Map([['name', name]]);

/** Waits until so many sessions wait for others. */
async function untilWaiting(number: number): Promise<void> {
  const waiting = `SELECT 1 FROM pg_stat_activity WHERE datname = '${database.name}' AND wait_event_type = 'Lock'`;
  await eventually(
    `${number} sessions wait`,
    async () => (await execute(database.url, waiting)).length === number,
  );
}

/** What a person does to a row, whether the row is edited before, and what becomes of the record that meets it. */
const meetings: readonly (readonly [
  what: string,
  sku: string,
  editedBefore: boolean,
  edit: (editor: PostgresEditor, sku: string) => Promise<unknown>,
  sums: { readonly updated: number; readonly unchanged: number; readonly kept: number },
  row: string,
])[] = [
  [
    'edited, its record equal to the row: kept',
    'equal',
    false,
    (editor, sku) => editor.editRow(products, [sku], named('Zoe'), null),
    { updated: 1, unchanged: 1, kept: 1 },
    'Zoe|equal|1 #1:2',
  ],
  [
    'edited, its record new: ended',
    'changed',
    false,
    (editor, sku) => editor.editRow(products, [sku], named('Zoe'), null),
    { updated: 1, unchanged: 2, kept: 0 },
    'Bob|changed|1 #2:3',
  ],
  [
    'edited again: kept',
    'equal',
    true,
    (editor, sku) => editor.editRow(products, [sku], named('Zoe'), null),
    { updated: 1, unchanged: 1, kept: 1 },
    'Zoe|equal|1 #1:2',
  ],
  [
    'its edit taken back: an ordinary row, equal to its record',
    'equal',
    true,
    (editor, sku) => editor.takeBackEdit(products, [sku], null),
    { updated: 1, unchanged: 2, kept: 0 },
    'Ann|equal|1 #1:2',
  ],
];

describe.each([
  ['in memory', 1e9],
  ['on the server', 0],
])('staging %s:', (_where, stagingMemoryBytes) => {
  test.each(meetings)(
    'a row that is %s, when that is committed between the delta and the lock',
    async (_, sku, editedBefore, edit, sums, row) => {
      const url = database.newSchema();
      const target = postgresTarget(url);
      const clock = new ManualClock();
      await using store = await openStore(target, clock, stagingMemoryBytes);
      await store.lockImports();
      await store.ensureDataset(products);
      const skus = ['equal', 'changed', 'other'];
      await importTestFile(store, testFile([skus.map((each) => [each, 'Ann', '1'])]));
      await using editor = await PostgresEditor.open({ target, clock });
      if (editedBefore) await editor.editRow(products, [sku], named('Eve'), null);
      const next = testFile([
        skus.map((each) => [each, each === 'changed' ? 'Bob' : 'Ann', '1']),
        [['new', 'Ann', '1']],
      ]);
      const run = await stageFile(store, next);
      const holder = new pg.Client({ connectionString: database.url });
      await holder.connect();
      const schema = new URL(url).searchParams.get('schema');
      await holder.query(`BEGIN; SELECT 1 FROM ${schema}._longhaul_datasets FOR UPDATE`);
      // They get the dataset's row in the order in which they came: first the person, then the publish, whose delta is made by then.
      const pending = edit(editor, sku);
      await untilWaiting(1);
      const publish = store.publish(run, next.totals, neverStopped);
      await untilWaiting(2);
      await holder.query('COMMIT');
      await holder.end();
      await pending;
      expect(await publish).toMatchObject({ inserted: 1, ...sums, records: 4 });
      await using reader = await PostgresReader.open(target);
      const seen = await seeTable(reader);
      expect(seen.rows).toContain(row);
      expect(seen.rows).toContain('Bob|changed|1 #2:3');
      expect(await verifyDataset(reader, products, null)).toMatchObject({ findings: [] });
    },
  );
});

test('counts that were changed from outside stop a publish', async () => {
  const url = database.newSchema();
  const target = postgresTarget(url);
  await using store = await openStore(target, new ManualClock());
  await store.lockImports();
  await store.ensureDataset(products);
  await importTestFile(store, testFile([[['a', 'Ann', '1']]]));
  await execute(url, "DELETE FROM product_counts WHERE name = 'Ann'");
  const change = importTestFile(
    store,
    testFile([
      [
        ['a', 'Dan', '1'],
        ['d', 'Dan', '1'],
      ],
    ]),
    planOf('b.csv'),
  );
  await expect(change).rejects.toMatchObject({
    code: 'counts_drifted',
    facts: { table: 'product_counts', value: 'Ann' },
  });
  await using reader = await PostgresReader.open(target);
  expect(await reader.row(products, ['a'])).toMatchObject({ values: ['Ann', 'a', '1'] });
  expect(await reader.row(products, ['d'])).toBeNull();
});
