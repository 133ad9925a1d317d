/** A master that publishes by partitions what workers have staged. What others see meanwhile is in src/store/postgres/publish-by-partitions.pg.test.ts. */
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { longhaul } from '../helpers/cli.ts';
import { Cluster } from '../helpers/cluster.ts';
import { PostgresDatabase } from '../helpers/postgres-database.ts';
import { afterPartitions, SqlGate } from '../helpers/sql-gate.ts';
import { TempFolder } from '../helpers/temp-folder.ts';

let database: PostgresDatabase;
beforeAll(async () => {
  database = await PostgresDatabase.create(inject('postgresUrl'));
});
afterAll(() => database[Symbol.asyncDispose]());

test('one sees how far it is, cannot cancel it any more, and the next master finishes it', async () => {
  const records = 10_000;
  const url = database.newSchema();
  const args = ['--publish-partitions', '4'];
  await using cluster = await Cluster.start({ url, records, workers: 2, args });
  const { master } = cluster;
  await cluster.settle();
  const gate = await SqlGate.close(url, afterPartitions(2));
  cluster.write(cluster.sources[0]!, records + 500, 5);
  await gate.reached();
  const { items } = await master.api.call('runs', { query: { limit: 1 } });
  const partitions = { published: 2, of: 4 };
  expect(items[0]).toMatchObject({ status: 'publishing', partitions });
  await master.until('it is told', ({ sources }) =>
    sources.some(({ files }) => {
      const found = files[0]?.import;
      return found?.phase === 'publishing' && found.partitions?.published === 2;
    }),
  );
  await expect(master.api.call('cancelRun', { params: { run: items[0]!.run } })).rejects.toMatchObject({
    problem: { code: 'run_half_published', status: 409 },
  });
  await master.kill();
  await gate.open();
  expect(await longhaul(['verify', '--db', url])).toMatchObject({ status: 0 });
  await master.start();
  await cluster.settle();
  const published = await cluster.expectExact();
  expect(published.map((run) => run.partitions)).toEqual([1, 2, 3].map(() => ({ published: 4, of: 4 })));
});

test('only what can publish so is asked to', async () => {
  using folder = new TempFolder();
  folder.write('a.csv', 'name,sku,description\nAnn,s1,one\n');
  const where = ['--db', 'sqlite:none.db', '--publish-partitions', '2', '--quiet'];
  for (const command of [
    ['import', 'a.csv'],
    ['master', '--port', '0', '--source', 'a=a.csv'],
  ]) {
    const refused = await longhaul([...command, ...where], { cwd: folder.path });
    expect(refused).toMatchObject({ status: 2 });
    expect(refused.stderr).toContain('only PostgreSQL publishes by ranges of keys');
  }
});
