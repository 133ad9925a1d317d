/**
 * Two source servers and a master as processes of their own: how long until both files are imported and a change is, whether
 * `/healthz` and `/sense` answer meanwhile, what sensing costs while nothing changes, and what troubled sources do to the others.
 */
import { appendFileSync, copyFileSync, mkdirSync } from 'node:fs';
import { createServer, type Server as HttpServer } from 'node:http';
import { createServer as createTcpServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import type { Run as ImportRun } from '../src/api/wire/runs.ts';
import type { Status } from '../src/api/wire/status.ts';
import { build, checkStillBuilt } from './lib/longhaul.ts';
import { load } from './lib/machine.ts';
import type { Outcome } from './lib/measure.ts';
import { benchOptions } from './lib/options.ts';
import { report } from './lib/report.ts';
import { sampleFile, WorkFolder } from './lib/samples.ts';
import { agent, ask, percentiles, quantile, Server } from './lib/server.ts';

const { runs, records } = benchOptions({ runs: 3, records: 500_000 });
build();
using folder = new WorkFolder();
const names = ['one', 'two'] as const;
const file = 'products.csv';
const bytes = await hostSamples();
/** Far more often than anybody would. */
const betweenMs = 4;
const idleSeconds = 30;
const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function hostSamples(): Promise<number> {
  const samples = await Promise.all([sampleFile({ records }), sampleFile({ records, changed: 0.3 })]);
  for (const [index, { path }] of samples.entries()) {
    mkdirSync(folder.file(names[index]!), { recursive: true });
    copyFileSync(path, folder.file(`${names[index]}/${file}`));
  }
  return samples[0].bytes + samples[1].bytes;
}

const hosting = (name: string): Promise<Server> =>
  Server.start([
    'source',
    folder.file(name),
    '--cache-folder',
    folder.file('cache'),
    '--log-level',
    'silent',
  ]);

const starting = (database: string, sources: readonly string[]): Promise<Server> =>
  Server.start([
    ...['master', '--db', `sqlite:${folder.file(database)}`, '--log-level', 'silent'],
    ...sources.flatMap((source) => ['--source', source]),
  ]);

async function status({ url }: Server): Promise<Status> {
  return JSON.parse((await ask(`${url}/api/status`)).text) as Status;
}

const publishes = async ({ url }: Server): Promise<number> => {
  const { text } = await ask(`${url}/api/runs?status=done&limit=1`);
  return (JSON.parse(text) as { items: ImportRun[] }).items[0]?.publishNumber ?? 0;
};

/** What a server says of itself. Asking for it begins the delays of its event loops anew. */
async function metrics({ url }: Server): Promise<(line: string) => number> {
  const { text } = await ask(`${url}/metrics`);
  return (line) => {
    const found = text.split('\n').find((each) => each.startsWith(`${line} `));
    return Number(found?.slice(line.length + 1) ?? Number.NaN);
  };
}

/** Asks again and again until it is told to stop. */
async function askUntil(url: string, stop: AbortSignal): Promise<number[]> {
  const seconds: number[] = [];
  while (!stop.aborted) {
    seconds.push((await ask(url)).seconds);
    await wait(betweenMs);
  }
  return seconds;
}

interface Run {
  readonly both: number;
  readonly change: number;
  readonly healthz: readonly number[];
  readonly sense: readonly number[];
  /** The longest between two turns of the event loop that answers, and of the one that works; seconds. */
  readonly loopDelay: number;
  readonly workDelay: number;
}

async function run(number: number): Promise<Run> {
  await using one = await hosting('one');
  await using two = await hosting('two');
  // Hashed before anything is timed: a source server has been up for long.
  for (const source of [one, two])
    while (!(await ask(`${source.url}/sense`)).text.includes('"ready"')) await wait(50);
  const start = performance.now();
  await using master = await starting(`${number}.db`, [`one=${one.url}`, `two=${two.url}`]);
  await metrics(master);
  const done = new AbortController();
  const asking = Promise.all([
    askUntil(`${master.url}/healthz`, done.signal),
    askUntil(`${one.url}/sense`, done.signal),
  ]);
  while ((await publishes(master)) < 2) await wait(25);
  const both = (performance.now() - start) / 1000;
  done.abort();
  const [healthz, sense] = await asking;
  const metric = await metrics(master);
  const loopDelay = metric('nodejs_eventloop_lag_max_seconds');
  const workDelay = metric('longhaul_watch_loop_delay_seconds{quantile="1"}');
  appendFileSync(folder.file(`one/${file}`), `Ann,bench-${number},"one more"\n`);
  const changedAt = performance.now();
  while ((await publishes(master)) < 3) await wait(10);
  return { both, change: (performance.now() - changedAt) / 1000, healthz, sense, loopDelay, workDelay };
}

/** What a master and its sources use of a core while nothing changes, and how late its senses are. */
async function idle(): Promise<{ cpu: number; late: number; senses: number }> {
  await using one = await hosting('one');
  await using two = await hosting('two');
  await using master = await starting('1.db', [`one=${one.url}`, `two=${two.url}`]);
  while ((await status(master)).sources.some(({ filesBy }) => JSON.stringify(filesBy) !== '{"published":1}'))
    await wait(100);
  await wait(3000);
  const before = master.cpuSeconds;
  const start = performance.now();
  await wait(idleSeconds * 1000);
  const cpu = (master.cpuSeconds - before) / ((performance.now() - start) / 1000);
  const metric = await metrics(master);
  const senses = metric('longhaul_sense_late_seconds_count{source="one"}');
  return { cpu, senses, late: metric('longhaul_sense_late_seconds_sum{source="one"}') / senses };
}

/** Eight healthy sources beside five that never finish an answer, three that hang, two that talk nonsense and two that are down. */
async function troubled(): Promise<number[]> {
  const sensedAt: number[][] = [];
  const servers: { close(): unknown }[] = [];
  const listen = async (server: HttpServer | ReturnType<typeof createTcpServer>): Promise<number> => {
    servers.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  };
  const ports: number[] = [];
  for (let n = 0; n < 8; n++) {
    const times: number[] = [];
    sensedAt.push(times);
    const server = createServer((request, response) => {
      if (request.url === '/sense') times.push(performance.now());
      response.end(request.url === '/sense' ? '{"status":0}' : 'name,sku,description\nAnn,1,x\n');
    });
    ports.push(await listen(server));
  }
  for (let n = 0; n < 5; n++)
    ports.push(await listen(createServer((_request, response) => void response.writeHead(200))));
  for (let n = 0; n < 3; n++)
    ports.push(await listen(createTcpServer((socket) => void socket.on('error', () => undefined).pause())));
  for (let n = 0; n < 2; n++)
    ports.push(await listen(createServer((_request, response) => response.end('<html>'))));
  const down = await listen(createServer());
  servers.pop()?.close();
  const sources = [...ports, down, down].map((port, index) => `s${index}=http://127.0.0.1:${port}`);
  {
    await using _ = await starting('troubled.db', sources);
    await wait(idleSeconds * 1000);
  }
  for (const server of servers) {
    (server as Partial<HttpServer>).closeAllConnections?.();
    server.close();
  }
  // The first few find out what the source is.
  return sensedAt.flatMap((times) => times.slice(4).map((time, index) => (time - times[index + 3]!) / 1000));
}

const before = load();
const all: Run[] = [];
for (let each = 0; each < runs; each++) all.push(await run(each + 1));
const { cpu, late, senses } = await idle();
const intervals = await troubled();
checkStillBuilt();
agent.destroy();

function outcome(what: string, seconds: readonly number[], ofAll = false): Outcome {
  const medianSeconds = Number(quantile(seconds, 0.5).toFixed(4));
  return {
    what,
    seconds: (seconds.length > 10 ? [0, 0.5, 1].map((part) => quantile(seconds, part)) : seconds).map(
      (each) => Number(each.toFixed(4)),
    ),
    medianSeconds,
    medianCpuSeconds: null,
    baseline: null,
    timesAsFast: null,
    megabytesPerSecond: ofAll ? Math.round(bytes / 1e6 / medianSeconds) : null,
    recordsPerSecond: ofAll ? Math.round((2 * records) / medianSeconds) : null,
    peakRssBytes: null,
  };
}

const healthz = all.flatMap((each) => each.healthz);
const sense = all.flatMap((each) => each.sense);
const longest = (which: 'loopDelay' | 'workDelay'): string =>
  (Math.max(...all.map((each) => each[which])) * 1000).toFixed(1);
report({
  name: 'master',
  runs,
  load: before,
  records,
  bytes,
  digest: null,
  notes: [
    percentiles('/healthz of the master while it imports', healthz),
    percentiles('/sense of a source that is read meanwhile', sense),
    `turns of the event loop that answers were never further apart than ${longest('loopDelay')} ms, of the one that senses and imports than ${longest('workDelay')} ms; 20 ms of it are the timer's`,
    `two unchanged sources, default interval, ${idleSeconds} s: ${(cpu * 100).toFixed(2)} % of a core; ${senses} senses of one, ${(late * 1000).toFixed(1)} ms late on average`,
    percentiles('between two senses of 8 healthy sources beside 12 troubled ones', intervals),
  ],
  outcomes: [
    outcome(
      'two files read and imported, from the start of the master',
      all.map((each) => each.both),
      true,
    ),
    outcome(
      'a record appended to one of them is published (2 s of it the file is left alone)',
      all.map((each) => each.change),
    ),
    outcome('/healthz of the master while it imports', healthz),
    outcome('/sense of a source that is read meanwhile', sense),
  ],
});
