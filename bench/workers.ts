/**
 * A master and one, two, three workers, each of one thread: how long a file is staged, and which process has used which processor time; with workers that
 * share this machine with everything else, and with workers that are each limited by a link of their own (Linux, root). And what an idle worker costs.
 */
import { readFileSync } from 'node:fs';
import { Cluster } from '../test/helpers/cluster.ts';
import { NetworkNamespace, whyNoNamespaces } from '../test/helpers/network-namespace.ts';
import { execute } from '../test/helpers/postgres-database.ts';
import { PostgresServer } from '../test/helpers/postgres-server.ts';
import { TempFolder } from '../test/helpers/temp-folder.ts';
import { load } from './lib/machine.ts';
import { benchOptions } from './lib/options.ts';
import { report } from './lib/report.ts';
import { quantile } from './lib/server.ts';

const { runs, records } = benchOptions({ runs: 3, records: 300_000 });
const idleSeconds = 20;
const linkRate = '40mbit';
const loadBefore = load();
const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Seconds of a core that a process has used so far, by Linux's own account. */
function cpuSeconds(process: number): number {
  const [, rest = ''] = readFileSync(`/proc/${process}/stat`, 'utf8').split(') ');
  const fields = rest.split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** @returns tells what those of the processes that still live have used since. */
function processorOf(processes: readonly number[]): () => number {
  const usedBy = (process: number): number => {
    try {
      return cpuSeconds(process);
    } catch {
      // It has ended.
      return 0;
    }
  };
  const before = processes.map(usedBy);
  return () =>
    processes.reduce((sum, process, index) => sum + Math.max(0, usedBy(process) - before[index]!), 0);
}

interface Measured {
  readonly stagingSeconds: number;
  readonly cpu: { readonly workers: number; readonly master: number; readonly server: number };
}

/** A new version of the same size: staged and published by as many workers as there are. */
async function stageOnce(cluster: Cluster, serverUrl: string, version: number): Promise<Measured> {
  const processes = (
    await execute(serverUrl, 'SELECT pid FROM pg_stat_activity WHERE backend_type = $1', 'client backend')
  ).map(({ pid }) => pid as number);
  const workers = cluster.workers.filter(({ hasEnded }) => !hasEnded).map(({ child }) => child.pid!);
  const master = cluster.master.command.child.pid!;
  const usedBy = {
    workers: processorOf(workers),
    master: processorOf([master]),
    server: processorOf(processes),
  };
  cluster.write(cluster.sources[0]!, records, version);
  const state = async (): Promise<unknown> =>
    (await execute(cluster.url, 'SELECT state FROM _longhaul_runs ORDER BY run DESC LIMIT 1'))[0]?.['state'];
  while ((await state()) !== 'staging') await wait(5);
  const beganMs = performance.now();
  while ((await state()) === 'staging') await wait(5);
  const stagingSeconds = (performance.now() - beganMs) / 1000;
  const cpu = { workers: usedBy.workers(), master: usedBy.master(), server: usedBy.server() };
  await cluster.settle();
  return { stagingSeconds, cpu };
}

const measured = new Map<string, Measured[]>();
const notes: string[] = [];

/** The first version is imported before anything is measured. */
async function measure(what: string, workers: number, serverUrl: string, cluster: Cluster): Promise<void> {
  const all: Measured[] = [];
  for (let run = 0; run < runs; run++) all.push(await stageOnce(cluster, serverUrl, 10 * workers + run + 2));
  measured.set(what, all);
  console.log(`${what}: ${all.map(({ stagingSeconds }) => stagingSeconds.toFixed(2)).join(', ')} s`);
  const median = (of: (each: Measured) => number): string => quantile(all.map(of), 0.5).toFixed(2);
  notes.push(
    `${what}: processor seconds of workers ${median(({ cpu }) => cpu.workers)}, of the master ${median(({ cpu }) => cpu.master)}, of the server ${median(({ cpu }) => cpu.server)}`,
  );
}

{
  await using server = await PostgresServer.start();
  await using cluster = await Cluster.start({ url: server.url, records, workers: 1, chunkSize: '1MiB' });
  await cluster.settle();
  const [idle] = cluster.workers;
  const idleFrom = cpuSeconds(idle!.child.pid!);
  await wait(idleSeconds * 1000);
  const share = (cpuSeconds(idle!.child.pid!) - idleFrom) / idleSeconds;
  const [sessions] = await execute(
    server.url,
    "SELECT count(*)::int AS n FROM pg_stat_activity WHERE application_name LIKE 'longhaul worker %'",
  );
  notes.push(
    `an idle worker, ${idleSeconds} s: ${(share * 100).toFixed(2)} % of a core, ${String(sessions?.['n'])} connections`,
  );
  await measure('one worker, this machine', 1, server.url, cluster);
  cluster.startWorker();
  await cluster.untilJoined(2);
  await measure('two workers, this machine', 2, server.url, cluster);
}

const reason = await whyNoNamespaces();
if (reason !== null) notes.push(`without links: ${reason}`);
else {
  using files = new TempFolder();
  const access = files.write(
    'pg_hba.conf',
    'host all all 127.0.0.1/32 trust\nhost all all 10.231.0.0/16 trust\n',
  );
  const settings = ["listen_addresses='*'", `hba_file='${access}'`, 'fsync=off'];
  await using server = await PostgresServer.start(settings, { readable: [files.path] });
  using one = new NetworkNamespace(1);
  using two = new NetworkNamespace(2);
  using three = new NetworkNamespace(3);
  const links = [one, two, three];
  for (const link of links) link.slow(linkRate);
  await using cluster = await Cluster.start({
    ...{ url: server.url, records, workers: 1, chunkSize: '1MiB' },
    args: ['--host', one.gateway],
    env: { LONGHAUL_TOKEN: 'bench-token-of-the-master' },
    place: (worker) => {
      const link = links[worker]!;
      const url = new URL(server.url);
      url.hostname = link.gateway;
      return { within: link.within, url: url.href };
    },
  });
  await cluster.settle();
  for (const workers of [1, 2, 3]) {
    if (workers > 1) {
      cluster.startWorker();
      await cluster.untilJoined(workers);
    }
    await measure(`${workers} of them, each behind ${linkRate}`, workers, server.url, cluster);
  }
}

report({
  ...{ name: 'workers', runs, load: loadBefore, records, bytes: 0, digest: null, notes },
  outcomes: Array.from(measured, ([what, all]) => {
    const seconds = all.map(({ stagingSeconds }) => stagingSeconds);
    const medianSeconds = quantile(seconds, 0.5);
    return {
      ...{ what, seconds, medianSeconds, medianCpuSeconds: null, timesAsFast: null, baseline: null },
      ...{
        megabytesPerSecond: null,
        recordsPerSecond: Math.round(records / medianSeconds),
        peakRssBytes: null,
      },
    };
  }),
});
