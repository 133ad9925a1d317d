/**
 * Workers that die, freeze and come back, a server that crashes and a master that is killed, while two sources change: the table is exact, and every
 * chunk was committed once. LONGHAUL_TEST_SEED repeats a failure as far as moments can be repeated. `npm run soak -- workers` does the same at length.
 */
import { expect, test } from 'vitest';
import { Cluster } from '../helpers/cluster.ts';
import { disturb } from '../helpers/cluster-faults.ts';
import { ownServer } from '../helpers/own-server.ts';
import { execute } from '../helpers/postgres-database.ts';
import { Random } from '../helpers/random.ts';

const seed = Number(process.env['LONGHAUL_TEST_SEED'] ?? Date.now() % 1_000_000);

const own = ownServer();

test(`whatever dies, the table is exact (seed ${seed})`, { timeout: 300_000 }, async () => {
  const random = new Random(seed);
  const records = 30_000;
  const options = { url: own.database.newSchema(), records, workers: 5, chunkSize: '64KiB' };
  await using cluster = await Cluster.start(options);
  const over = new AbortController();
  const disturbing = disturb(cluster, own.server, random, () => true).finally(() => over.abort());
  for (let version = 2; version < 4 || !over.signal.aborted; version++) {
    await cluster.settle();
    for (const [index, source] of cluster.sources.entries())
      cluster.write(source, records + version, 2 * version + index);
  }
  console.log(`seed ${seed}: ${(await disturbing).join(', ')}`);
  await cluster.settle();
  expect((await cluster.expectExact()).length).toBeGreaterThanOrEqual(4);
});

test('a chunk of a killed worker starts elsewhere within 15 s, and one of a zombie is not committed twice', async () => {
  const records = 100_000;
  const options = { url: own.database.newSchema(), records, workers: 3, chunkSize: '64KiB' };
  await using cluster = await Cluster.start(options);
  const killed = await cluster.freezeOne();
  killed.worker.kill('SIGKILL');
  const afterMs = await cluster.untilRescued(killed);
  console.log(`rescued after ${(afterMs / 1000).toFixed(1)} s`);
  // What it takes at most is 12.9 s: the lease of 10, 1.4 until the master has looked for lost ones, 1 until it is handed out again, 0.5 until somebody
  // asks for it. The rest is for a machine that does other things as well.
  expect(afterMs).toBeLessThan(15_000);
  await cluster.settle();

  cluster.write(cluster.sources[0]!, records, 5);
  const zombie = await cluster.freezeOne();
  await cluster.untilRescued(zombie);
  zombie.worker.kill('SIGCONT');
  // By the fence, or because its session was ended.
  const noticed = /taken away|cannot go on/;
  await zombie.worker.until('it has noticed', () => noticed.test(zombie.worker.stderr));
  await cluster.settle();
  const runs = await cluster.expectExact();
  const counted = await execute(
    cluster.url,
    'SELECT run::int, count(*)::int AS chunks FROM _longhaul_chunks GROUP BY run ORDER BY run',
  );
  expect(counted.map(({ chunks }) => chunks)).toEqual(runs.map(({ chunks }) => chunks));
});
