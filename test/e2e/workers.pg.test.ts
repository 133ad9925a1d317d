/** Workers as processes of their own, that stage what a master plans. What happens to those that die is in test/faults/workers.pg.test.ts. */
import { writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { sampleBlocks } from '../../src/sample/blocks.ts';
import type { Receipt } from '../../src/run/receipt.ts';
import { CliProcess, longhaul, longhaulJson } from '../helpers/cli.ts';
import { Cluster } from '../helpers/cluster.ts';
import { hasPgBouncer, PgBouncer } from '../helpers/pgbouncer.ts';
import { execute, PostgresDatabase } from '../helpers/postgres-database.ts';

const records = 20_000;

let database: PostgresDatabase;
beforeAll(async () => {
  database = await PostgresDatabase.create(inject('postgresUrl'));
});
afterAll(() => database[Symbol.asyncDispose]());

test('three workers stage the files of two sources: the table is exact, and one sees who did what', async () => {
  await using cluster = await Cluster.start({ url: database.newSchema(), records, workers: 3 });
  await cluster.settle();
  const published = await cluster.expectExact();
  expect(published).toHaveLength(2);
  const { workers } = await cluster.status();
  expect(workers.map(({ state }) => state)).toEqual(['working', 'working', 'working']);
  const sum = (of: 'chunks' | 'rows'): number => workers.reduce((all, worker) => all + worker[of], 0);
  const chunks = published.reduce((all, receipt) => all + receipt.chunks, 0);
  expect(sum('chunks')).toBe(chunks);
  const [staged] = await execute(cluster.url, 'SELECT sum(rows)::int AS rows FROM _longhaul_chunks');
  expect(sum('rows')).toBe(staged?.['rows']);
  const text = await longhaul(['show', 'workers', '--db', cluster.url]);
  expect(text.stdout).toMatch(/^worker +host +process +state +in hand +chunks +rows +MB +last seen\n/);
  const metrics = await (await fetch(`${cluster.master.url}/metrics`)).text();
  expect(metrics).toContain('longhaul_workers{state="working"} 3');

  // Told to end, a worker finishes what it has or hands it back, and says goodbye.
  const [first] = cluster.workers;
  first!.kill('SIGTERM');
  expect(await first!.ended).toMatchObject({ status: 0 });
  cluster.write(cluster.sources[0]!, records + 1000, 5);
  await cluster.settle();
  const states = (await cluster.status()).workers.map(({ state }) => state);
  expect(states.toSorted()).toEqual(['ended', 'working', 'working']);
});

test('what only the master can read comes from the master, and the queue may be in another database', async () => {
  const url = database.newSchema();
  await using elsewhere = await PostgresDatabase.create(inject('postgresUrl'));
  const options = { url, records, workers: 0, args: ['--queue-db', elsewhere.url] };
  await using cluster = await Cluster.start(options);
  await cluster.settle();
  cluster.startWorker('--queue-db', elsewhere.url);
  cluster.startWorker('--queue-db', elsewhere.url);
  await cluster.untilJoined(2);
  const gzipped = gzipSync(Buffer.concat([...sampleBlocks({ records: records * 3, seed: 7 })]));
  const plain = Buffer.concat([...sampleBlocks({ records: records * 2, seed: 8 })]);
  writeFileSync(cluster.folder.file('seven.csv.gz'), gzipped);
  writeFileSync(cluster.folder.file('eight.csv'), plain);
  for (const [name, file] of [
    ['seven', 'seven.csv.gz'],
    ['eight', 'eight.csv'],
  ] as const) {
    await longhaul(['sources', 'add', name, cluster.folder.file(file), '--db', url]);
    await cluster.master.published(name, file);
  }
  const { workers } = await cluster.status();
  const chunks = workers.reduce((all, worker) => all + worker.chunks, 0);
  const { runs } = await longhaulJson<{ runs: Receipt[] }>(['show', 'runs', '--db', url]);
  const ofFiles = runs.filter(({ source }) => source === 'seven' || source === 'eight');
  expect(ofFiles).toMatchObject([{ reconciled: true }, { reconciled: true }]);
  expect(chunks).toBe(ofFiles.reduce((all, receipt) => all + receipt.chunks, 0));
  expect(await longhaul(['verify', '--db', url])).toMatchObject({ status: 0 });
  // Nothing of the queue is in the database of the rows.
  const schema = `longhaul_queue_${new URL(url).searchParams.get('schema')}`;
  const schemas = await execute(url, 'SELECT 1 FROM pg_namespace WHERE nspname = $1', schema);
  expect(schemas).toEqual([]);
});

test('a worker waits for a master, and says what is wrong with its call', async () => {
  const url = database.newSchema();
  await using worker = new CliProcess(['worker', '--db', url]);
  await worker.until('it waits', () => /^worker [0-9a-f]{8}: waits for a master\n$/.test(worker.stdout));
  worker.kill('SIGTERM');
  expect(await worker.ended).toMatchObject({ status: 0 });
  const refused = await longhaul(['worker', '--db', 'sqlite:some.db']);
  expect(refused).toMatchObject({ status: 2 });
  expect(refused.stderr).toContain('workers need a database that several machines can reach');
});

test.skipIf(!hasPgBouncer())('workers behind a pooler that gives out transactions', async () => {
  // In `public`: the tables of a pooler's sessions are found by settings that each transaction makes.
  await using own = await PostgresDatabase.create(inject('postgresUrl'));
  await using pooler = await PgBouncer.start(own.url, 3);
  const place = () => ({ within: [], url: pooler.url });
  await using cluster = await Cluster.start({ url: own.url, records, workers: 3, place });
  await cluster.settle();
  expect(await cluster.expectExact()).toHaveLength(2);
  const { workers } = await cluster.status();
  expect(workers.reduce((all, worker) => all + worker.chunks, 0)).toBeGreaterThan(0);
});
