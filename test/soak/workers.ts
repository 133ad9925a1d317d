/** One seed of the soak of workers: see test/soak/run.ts. */
import { parseArgs } from 'node:util';
import { Cluster } from '../helpers/cluster.ts';
import { disturb } from '../helpers/cluster-faults.ts';
import { PostgresServer } from '../helpers/postgres-server.ts';
import { Random } from '../helpers/random.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    records: { type: 'string', default: '2000000' },
    partitions: { type: 'string', default: '1' },
  },
});
const [seed, records] = [Number(values.seed), Number(values.records)];
const startMs = performance.now();
await using server = await PostgresServer.start();
const options = {
  ...{ url: server.url, records: records / 2, workers: 5, chunkSize: '1MiB' },
  args: ['--publish-partitions', values.partitions],
};
await using cluster = await Cluster.start(options);
const settled = new AbortController();
const disturbing = disturb(cluster, server, new Random(seed), () => settled.signal.aborted);
await cluster.settle(900_000);
settled.abort();
const faults = await disturbing;
const seconds = Math.round((performance.now() - startMs) / 1000);
const runs = await cluster.expectExact();
const sums = runs.map(({ records: all, inserted, updated, unchanged, superseded, rejected }) =>
  [all, inserted, updated, unchanged, superseded, rejected].join(' '),
);
console.log(
  `seed ${seed}: exact after ${seconds} s and ${faults.length} faults (${faults.join(', ')}); ${sums.join('; ')}`,
);
