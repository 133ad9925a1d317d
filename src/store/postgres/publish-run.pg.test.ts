/** What only the PostgreSQL store does: it prepares a publish beside people who edit, and looks again at what they have done. */
import pg from 'pg';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
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
import { postgresTarget } from './target.ts';

let database: PostgresDatabase;
beforeAll(async () => {
  database = await PostgresDatabase.create(inject('postgresUrl'));
});
afterAll(() => database[Symbol.asyncDispose]());

const named = (name: string): Map<string, string> => new Map([['name', name]]);

/** Waits until so many sessions wait for others. */
async function untilWaiting(number: number): Promise<void> {
  const waiting = `SELECT 1 FROM pg_stat_activity WHERE datname = '${database.name}' AND wait_event_type = 'Lock'`;
  await eventually(
    `${number} sessions wait`,
    async () => (await execute(database.url, waiting)).length === number,
  );
}

test('edits that are committed between the delta and the lock meet their records', async () => {
  const url = database.newSchema();
  const target = postgresTarget(url);
  const clock = new ManualClock();
  await using store = await PostgresStore.open({ target, clock, warn: (message) => expect.fail(message) });
  await store.lockImports();
  await store.ensureDataset(products);
  const skus = ['equal', 'changed', 'taken back', 'edited again', 'untouched'];
  await importTestFile(store, testFile([skus.map((sku) => [sku, 'Ann', '1'])]));
  const editors = await Promise.all(skus.slice(0, 4).map(() => PostgresEditor.open({ target, clock })));
  const [equal, changed, takenBack, again] = editors as [
    PostgresEditor,
    PostgresEditor,
    PostgresEditor,
    PostgresEditor,
  ];
  await takenBack.editRow(products, ['taken back'], named('Eve'), null);
  await again.editRow(products, ['edited again'], named('Eve'), null);

  const next = testFile([
    skus.map((sku) => [sku, sku === 'changed' ? 'Bob' : 'Ann', '1']),
    [['new', 'Ann', '1']],
  ]);
  const run = await stageFile(store, next);
  const holder = new pg.Client({ connectionString: database.url });
  await holder.connect();
  const schema = new URL(url).searchParams.get('schema');
  await holder.query(`BEGIN; SELECT 1 FROM ${schema}._longhaul_datasets FOR UPDATE`);
  // They get the dataset's row in the order in which they came: first the people, then the publish, whose delta is made by then.
  const edits = [
    () => equal.editRow(products, ['equal'], named('Zoe'), null),
    () => changed.editRow(products, ['changed'], named('Zoe'), null),
    () => takenBack.takeBackEdit(products, ['taken back'], null),
    () => again.editRow(products, ['edited again'], named('Zoe'), null),
  ];
  const pending: Promise<unknown>[] = [];
  for (const edit of edits) {
    pending.push(edit());
    await untilWaiting(pending.length);
  }
  const publish = store.publish(run, next.totals, neverStopped);
  await untilWaiting(edits.length + 1);
  await holder.query('COMMIT');
  await holder.end();
  await Promise.all(pending);
  expect(await publish).toMatchObject({ inserted: 1, updated: 1, unchanged: 2, kept: 2, records: 6 });

  await using reader = await PostgresReader.open(target);
  expect(await seeTable(reader)).toMatchObject({
    rows: [
      'Bob|changed|1 #2:3',
      'Zoe|edited again|1 #1:5',
      'Zoe|equal|1 #1:2',
      'Ann|new|1 #2:7',
      'Ann|taken back|1 #1:4',
      'Ann|untouched|1 #1:6',
    ],
    counts: [['Ann=3', 'Zoe=2', 'Bob=1']],
  });
  expect(await reader.edits(products, ['changed'])).toMatchObject([{ state: 'ended', endedByRun: run }]);
  expect(await verifyDataset(reader, products, null)).toMatchObject({ findings: [] });
  for (const editor of editors) await editor[Symbol.asyncDispose]();
});

test('counts that were changed from outside stop a publish', async () => {
  const url = database.newSchema();
  const target = postgresTarget(url);
  await using store = await PostgresStore.open({
    target,
    clock: new ManualClock(),
    warn: (message) => expect.fail(message),
  });
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
