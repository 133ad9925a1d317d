/** A source server with a large file: how fast it hashes and hands it out, and how long `/sense` takes meanwhile. */
import { createHash } from 'node:crypto';
import { appendFileSync, readFileSync, renameSync, rmSync, writeFileSync, mkdirSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { get } from 'node:http';
import { build, checkStillBuilt } from './lib/longhaul.ts';
import { load } from './lib/machine.ts';
import type { Outcome } from './lib/measure.ts';
import { benchOptions } from './lib/options.ts';
import { report } from './lib/report.ts';
import { sampleFile, WorkFolder } from './lib/samples.ts';
import { agent, ask, percentiles, quantile, Server } from './lib/server.ts';

const copies = 28;
const { runs, records } = benchOptions({ runs: 3, records: 500_000 });
build();
using folder = new WorkFolder();
const hosted = folder.file('hosted');
const file = `${hosted}/large.csv`;
const bytes = await makeLargeFile();

/** The sample again and again, without its header but once. */
async function makeLargeFile(): Promise<number> {
  const sample = readFileSync((await sampleFile({ records })).path);
  mkdirSync(hosted);
  writeFileSync(`${file}.tmp`, sample);
  const body = sample.subarray(sample.indexOf('\n') + 1);
  for (let copy = 1; copy < copies; copy++) appendFileSync(`${file}.tmp`, body);
  renameSync(`${file}.tmp`, file);
  return sample.length + (copies - 1) * body.length;
}

/** What hashing costs whoever does nothing else, with the file in memory as it is for all. */
async function hashOnly(): Promise<{ seconds: number; digest: string }> {
  const start = performance.now();
  const hash = createHash('sha256');
  const block = Buffer.allocUnsafe(2 ** 20);
  await using handle = await open(file);
  for (let read = -1; read !== 0; ) {
    read = (await handle.read(block)).bytesRead;
    hash.update(block.subarray(0, read));
  }
  return { seconds: (performance.now() - start) / 1000, digest: hash.digest('hex') };
}

async function readAll(url: string): Promise<{ seconds: number; digest: string }> {
  const start = performance.now();
  const hash = createHash('sha256');
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  get(url, { agent }, (response) => {
    response.on('data', (part: Buffer) => hash.update(part));
    response.on('end', resolve);
  }).on('error', reject);
  await promise;
  return { seconds: (performance.now() - start) / 1000, digest: hash.digest('hex') };
}

interface Run {
  readonly hashOnly: number;
  readonly ready: number;
  readonly read: number;
  readonly whileHashing: readonly number[];
  readonly whileReading: readonly number[];
  readonly idle: readonly number[];
}

const idleAsked = 2000;
/** As a master would, only far more often. */
const betweenMs = 2;

async function run(): Promise<Run> {
  const plain = await hashOnly();
  const cacheFolder = folder.file('cache');
  rmSync(cacheFolder, { recursive: true, force: true });
  await using server = await Server.start([
    'source',
    hosted,
    '--cache-folder',
    cacheFolder,
    '--log-level',
    'silent',
  ]);
  const { url } = server;
  const start = performance.now();
  const sense = async (into: number[]): Promise<string> => {
    const { seconds, text } = await ask(`${url}/sense`);
    into.push(seconds);
    await new Promise((resolve) => setTimeout(resolve, betweenMs));
    return text;
  };
  const whileHashing: number[] = [];
  while (!(await sense(whileHashing)).includes(plain.digest));
  const ready = (performance.now() - start) / 1000;
  const idle: number[] = [];
  for (let asked = 0; asked < idleAsked; asked++) await sense(idle);
  const reading = new AbortController();
  const whole = readAll(`${url}/read`).finally(() => reading.abort());
  const whileReading: number[] = [];
  while (!reading.signal.aborted) await sense(whileReading);
  const { seconds: read, digest } = await whole;
  if (digest !== plain.digest) throw new Error('what was read is not the file');
  return { hashOnly: plain.seconds, ready, read, whileHashing, whileReading, idle };
}

const before = load();
await hashOnly();
const all: Run[] = [];
for (let each = 0; each < runs; each++) all.push(await run());
checkStillBuilt();
agent.destroy();

function outcome(
  what: string,
  seconds: readonly number[],
  ofAllBytes: boolean,
  baseline?: readonly number[],
): Outcome {
  const medianSeconds = quantile(seconds, 0.5);
  return {
    what,
    // Of thousands of answers the fastest, the usual and the slowest tell enough.
    seconds: seconds.length > 10 ? [0, 0.5, 1].map((part) => quantile(seconds, part)) : seconds,
    medianSeconds,
    medianCpuSeconds: null,
    baseline: baseline === undefined ? null : 'SHA-256 of the file',
    timesAsFast: baseline === undefined ? null : Number((quantile(baseline, 0.5) / medianSeconds).toFixed(3)),
    megabytesPerSecond: ofAllBytes ? Math.round(bytes / 1e6 / medianSeconds) : null,
    recordsPerSecond: null,
    peakRssBytes: null,
  };
}

const answers = (which: 'whileHashing' | 'whileReading' | 'idle'): number[] =>
  all.flatMap((each) => each[which]);
const plain = all.map((each) => each.hashOnly);
report({
  name: 'source',
  runs,
  load: before,
  records: records * copies,
  bytes,
  digest: null,
  notes: [
    percentiles('/sense with nothing else to do', answers('idle')),
    percentiles('/sense while the file is hashed', answers('whileHashing')),
    percentiles('/sense while the file is read, by a client on the same two cores', answers('whileReading')),
  ],
  outcomes: [
    outcome('SHA-256 of the file', plain, true),
    outcome(
      'longhaul source: hashed, cut, ready',
      all.map((each) => each.ready),
      true,
      plain,
    ),
    outcome(
      'longhaul source: /read of all of it, hashed by the reader',
      all.map((each) => each.read),
      true,
      plain,
    ),
    outcome('/sense with nothing else to do', answers('idle'), false),
    outcome('/sense while the file is hashed', answers('whileHashing'), false),
    outcome('/sense while the file is read', answers('whileReading'), false),
  ],
});
