/**
 * How long the API takes to answer with five million products: lists from their beginning to their end, searches, and single rows,
 * at rest and while files of 500,000 records are published. Asked by another process, over kept connections.
 */
import { copyFileSync, renameSync } from 'node:fs';
import autocannon from 'autocannon';
import type { Count } from '../src/api/wire/counts.ts';
import type { Row } from '../src/api/wire/rows.ts';
import { build, checkStillBuilt, longhaulImport } from './lib/longhaul.ts';
import { load } from './lib/machine.ts';
import { benchOptions } from './lib/options.ts';
import { report } from './lib/report.ts';
import { type SampleFile, sampleFile, WorkFolder } from './lib/samples.ts';
import { ask, quantile, Server } from './lib/server.ts';

const { runs, records } = benchOptions({ runs: 1, records: 5_000_000 });
build();
using folder = new WorkFolder();
const before = load();
const sample = await sampleFile({ records });
const small = await sampleFile({ records: records / 500, changed: 0.3 });
const next = await sampleFile({ records: records / 10, changed: 0.3 });
const database = folder.file('api.db');
const { receipt } = await longhaulImport(database, sample.path);
await using master = await Server.start([
  ...['master', '--db', `sqlite:${database}`, '--log-level', 'silent', '--sense-interval', '0.5'],
  ...['--source', `next=${folder.file('next.csv')}`],
]);

const base = `${master.url}/api/datasets/products`;
async function json<Answer>(address: string): Promise<Answer> {
  const { text } = await ask(address);
  const answer = JSON.parse(text) as Answer & { code?: string };
  if (answer.code !== undefined) throw new Error(`${address}: ${text}`);
  return answer;
}

/** Until the master has made the indexes that searches need. */
async function untilIndexed(): Promise<number> {
  const began = performance.now();
  for (;;) {
    const { text } = await ask(`${base}/rows?by=name&limit=1`);
    const counts = await ask(`${base}/counts?limit=1`);
    if (!text.includes('index_not_ready') && !counts.text.includes('index_not_ready')) break;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  return (performance.now() - began) / 1000;
}

interface Page<Item> {
  readonly items: Item[];
  readonly next: string | null;
}

const cursor = (place: unknown): string => Buffer.from(JSON.stringify(place)).toString('base64url');

/** What is asked for, by what it is called. */
async function addresses(): Promise<ReadonlyMap<string, readonly string[]>> {
  const { items: first } = await json<Page<Row>>(`${base}/rows?limit=1000`);
  const some = first.filter((_, index) => index % 50 === 0);
  const last = '\u{10fffd}';
  const { items: frequent } = await json<Page<Count>>(`${base}/counts?limit=20`);
  const { items: rare } = await json<Page<Count>>(`${base}/counts?limit=20&sort=number`);
  const name = (row: Row): string => encodeURIComponent(String(row.values['name']));
  return new Map([
    ['one product', some.map(({ id }) => `${base}/rows/${encodeURIComponent(id)}`)],
    ['its story', some.map(({ id }) => `${base}/rows/${encodeURIComponent(id)}/story`)],
    ['products: the first page of 100', [`${base}/rows`]],
    [
      'products: the last page',
      ['t', 'w', 'z'].map((begin) => `${base}/rows?after=${cursor({ value: null, key: [begin + last] })}`),
    ],
    [
      'products by the beginning of the sku',
      some.map(({ id }) => `${base}/rows?q=${encodeURIComponent(id.slice(0, 4))}&limit=50`),
    ],
    ['products by name', some.map((row) => `${base}/rows?by=name&match=exact&q=${name(row)}&limit=50`)],
    [
      'products by the beginning of the name',
      some.map((row) => `${base}/rows?by=name&q=${name(row).slice(0, 3)}&limit=50`),
    ],
    ['counts: the most frequent names', [`${base}/counts`]],
    [
      'counts: the last page',
      rare.map((count) => `${base}/counts?after=${cursor({ value: count.value, number: 1 })}`),
    ],
    [
      'counts by the beginning of the name',
      frequent.map(({ value }) => `${base}/counts?q=${encodeURIComponent(String(value).slice(0, 3))}`),
    ],
    ['runs', [`${master.url}/api/runs`]],
    ['status', [`${master.url}/api/status`]],
  ]);
}

/** Milliseconds. */
interface Load {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly longest: number;
  readonly perSecond: number;
}

function loadOf(ms: readonly number[], seconds: number): Load {
  const [p50 = 0, p95 = 0, p99 = 0, longest = 0] = [0.5, 0.95, 0.99, 1].map((part) => quantile(ms, part));
  return { p50, p95, p99, longest, perSecond: ms.length / seconds };
}

/** Of the load that does not wait for answers: what the pages of some hundred people ask for. */
const evenRate = 200;
/** As many as a page of a browser and its neighbours have open. */
const connections = 10;

/** One address after the other, by connections of which each waits for its answer before it asks again: as fast as it goes. */
async function closedLoop(urls: readonly string[], seconds: number): Promise<Load> {
  const ms: number[] = [];
  const { promise, resolve, reject } = Promise.withResolvers<autocannon.Result>();
  const asked: autocannon.Options = {
    ...{ url: master.url, connections, duration: seconds },
    requests: urls.map((url) => ({ path: url.slice(master.url.length) })),
  };
  const asking = autocannon(asked, (error: Error | null, result) => {
    if (error === null) resolve(result);
    else reject(error);
  });
  asking.on('response', (_client, _status, _bytes, tookMs) => ms.push(tookMs));
  const { non2xx, errors } = await promise;
  if (non2xx > 0 || errors > 0) throw new Error(`${urls[0]}: ${non2xx} refused, ${errors} failed`);
  return loadOf(ms, seconds);
}

/**
 * One address after the other at even intervals, whether those before were answered or not, each timed from when it was due. Who
 * waits for answers before asking again asks least while it takes longest, and so leaves out what he looks for.
 */
async function openLoop(urls: readonly string[], perSecond: number, isOver: () => boolean): Promise<Load> {
  const answers: Promise<number>[] = [];
  const begin = performance.now();
  while (!isOver()) {
    const dueMs = begin + (answers.length * 1000) / perSecond;
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, dueMs - performance.now())));
    const url = urls[answers.length % urls.length]!;
    answers.push(
      ask(url).then(({ status }) => {
        if (status !== 200) throw new Error(`${url}: ${status}`);
        return performance.now() - dueMs;
      }),
    );
  }
  return loadOf(await Promise.all(answers), (performance.now() - begin) / 1000);
}

/** The state of the newest run of the source, and whether it has ended. */
async function newestRun(): Promise<{ readonly status: string; readonly endedMs: number | null }> {
  const { items } = await json<Page<{ status: string; endedMs: number | null }>>(
    `${master.url}/api/runs?source=next&limit=1`,
  );
  return items[0] ?? { status: 'not begun', endedMs: null };
}

/** Hands the master another version and asks until it is published, or for so many seconds. */
async function whileImporting(
  version: SampleFile,
  urls: readonly string[],
  mostSeconds: number,
): Promise<void> {
  const run = async (): Promise<string> => JSON.stringify(await newestRun());
  const former = await run();
  const begin = performance.now();
  copyFileSync(version.path, folder.file('coming.csv'));
  renameSync(folder.file('coming.csv'), folder.file('next.csv'));
  const isOver = (): boolean => performance.now() - begin > mostSeconds * 1000;
  let hasEnded = false;
  const looking = (async () => {
    while (!hasEnded && !isOver()) {
      hasEnded = (await newestRun()).endedMs !== null && (await run()) !== former;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  })();
  const answered = await openLoop(urls, evenRate, () => hasEnded || isOver());
  await looking;
  const seconds = ((performance.now() - begin) / 1000).toFixed(1);
  const { status } = await newestRun();
  noted(
    `the same in the ${seconds} s after another version of ${version.records} of the products has come, 30 % of them changed (the run is then ${status}): ${shown(answered)}`,
  );
}

const indexed = await untilIndexed();
const asked = await addresses();
const notes: string[] = [];
/** At once: what is measured last takes minutes. */
function noted(note: string): void {
  notes.push(note);
  process.stdout.write(`${note}\n`);
}
noted(
  `search indexes of ${records} products: ${indexed.toFixed(1)} s, made by the master itself while it answers`,
);
const shown = ({ p50, p95, p99, longest, perSecond }: Load): string => {
  const [a, b, c, d] = [p50, p95, p99, longest].map((ms) => ms.toFixed(1));
  return `p50 ${a}, p95 ${b}, p99 ${c}, longest ${d} ms at ${perSecond.toFixed(0)} a second`;
};
noted(`at rest, by ${connections} connections, each of which waits for its answer before it asks again:`);
for (const [what, urls] of asked) noted(`${what}: ${shown(await closedLoop(urls, 3))}`);
const all = [...asked.values()].flatMap((urls) => urls.slice(0, 3));
const restEnd = performance.now() + 5000;
noted(
  `all of these in turn, one each ${1000 / evenRate} ms whatever was answered, at rest: ${shown(await openLoop(all, evenRate, () => performance.now() > restEnd))}`,
);
await whileImporting(small, all, 60);
await whileImporting(next, all, 45);
checkStillBuilt();
report({
  name: 'api',
  runs,
  load: before,
  records,
  bytes: sample.bytes,
  digest: receipt.checksum,
  notes,
  outcomes: [],
});
