/** One seed of the soak of links: see test/soak/run.ts. A worker's link is cut in the middle of a COPY, and comes back. */
import assert from 'node:assert/strict';
import { parseArgs } from 'node:util';
import { Cluster } from '../helpers/cluster.ts';
import { eventually } from '../helpers/eventually.ts';
import { NetworkNamespace, whyNoNamespaces } from '../helpers/network-namespace.ts';
import { execute } from '../helpers/postgres-database.ts';
import { PostgresServer } from '../helpers/postgres-server.ts';
import { TempFolder } from '../helpers/temp-folder.ts';

const { values } = parseArgs({
  options: { seed: { type: 'string', default: '1' }, records: { type: 'string', default: '200000' } },
});
const records = Math.min(Number(values.records), 200_000);
const reason = await whyNoNamespaces();
if (reason === null) await cutInTheMiddle();
else console.log(`skipped: ${reason}`);

async function cutInTheMiddle(): Promise<void> {
  using files = new TempFolder();
  const access = files.write(
    'pg_hba.conf',
    'host all all 127.0.0.1/32 trust\nhost all all 10.231.0.0/16 trust\n',
  );
  const settings = ["listen_addresses='*'", `hba_file='${access}'`, 'fsync=off', 'max_connections=60'];
  await using server = await PostgresServer.start(settings, { readable: [files.path] });
  using one = new NetworkNamespace(1);
  using two = new NetworkNamespace(2);
  using three = new NetworkNamespace(3);
  const links = [one, two, three];
  const throughLink = (link: NetworkNamespace): string => {
    const url = new URL(server.url);
    url.hostname = link.gateway;
    return url.href;
  };
  const place = (worker: number) => {
    const link = links[worker]!;
    return { within: link.within, url: throughLink(link) };
  };
  const token = 'soak-token-of-the-master';
  await using cluster = await Cluster.start({
    ...{ url: server.url, records, workers: links.length, chunkSize: '1MiB', place },
    args: ['--host', one.gateway],
    env: { LONGHAUL_TOKEN: token },
  });
  await cluster.settle(300_000);

  // Slow enough for a COPY to be seen at work.
  one.slow('4mbit');
  cluster.write(cluster.sources[0]!, records, 7);
  const [{ id: worker } = { id: '' }] = (await execute(
    server.url,
    'SELECT worker AS id FROM _longhaul_workers WHERE process = $1',
    cluster.workers[0]!.child.pid,
  )) as { id: string }[];
  const copying = async () =>
    (await execute(
      server.url,
      `SELECT application_name AS name, bytes_processed::int AS bytes FROM pg_stat_progress_copy JOIN pg_stat_activity USING (pid)
       WHERE application_name LIKE 'longhaul worker ${worker} %' AND bytes_processed > 0`,
    )) as { name: string; bytes: number }[];
  let name = '';
  await eventually('its COPY is under way', async () => {
    const [found] = await copying();
    name = found?.name ?? '';
    return found !== undefined;
  });
  one.cut();
  const cutMs = performance.now();
  const [, run = '', chunk = ''] = /(\d+)\/(\d+)\/\d+$/.exec(name) ?? [];
  let longestWaitSeconds = 0;
  await eventually(
    'its chunk is done by another worker',
    async () => {
      const waits = await execute(
        server.url,
        `SELECT coalesce(extract(epoch FROM max(clock_timestamp() - waitstart)), 0)::float AS seconds FROM pg_locks WHERE NOT granted`,
      );
      longestWaitSeconds = Math.max(longestWaitSeconds, waits[0]?.['seconds'] as number);
      const done = await execute(
        server.url,
        'SELECT 1 FROM _longhaul_chunks WHERE run = $1 AND chunk = $2',
        ...[Number(run), Number(chunk)],
      );
      return done.length === 1;
    },
    60_000,
  );
  const seconds = (performance.now() - cutMs) / 1000;
  assert.ok(seconds < 30, `its chunk was done by another after ${seconds} s`);
  assert.deepEqual(await copying(), [], 'the session of the dead one is still there');
  await cluster.settle(120_000);
  const published = (performance.now() - cutMs) / 1000;
  assert.ok(longestWaitSeconds < 2, `somebody waited ${longestWaitSeconds} s for a lock`);

  // The link is there again, and so is the worker.
  one.up();
  await eventually(
    'the worker is back',
    async () => {
      const sql = `SELECT 1 FROM _longhaul_workers WHERE worker = $1 AND seen > clock_timestamp() - interval '5 seconds'`;
      return (await execute(server.url, sql, worker)).length === 1;
    },
    120_000,
  );
  cluster.write(cluster.sources[1]!, records, 8);
  await cluster.settle(120_000);
  await cluster.expectExact();
  console.log(
    `seed ${values.seed}: link cut in the COPY of ${name}; its chunk done by another after ${seconds.toFixed(1)} s, the run published after ` +
      `${published.toFixed(1)} s, the longest wait for a lock ${longestWaitSeconds.toFixed(2)} s; table exact`,
  );
}
