/**
 * How long the API takes to answer with five million products: lists from their beginning to their end, searches, and single rows,
 * at rest and while files of 500,000 records are published. Asked by another process, over kept connections.
 */
import { copyFileSync } from 'node:fs';
import autocannon from 'autocannon';
import type { Count } from '../src/api/wire/counts.ts';
import type { Row } from '../src/api/wire/rows.ts';
import { build, checkStillBuilt, longhaulImport } from './lib/longhaul.ts';
import { load } from './lib/machine.ts';
import { benchOptions } from './lib/options.ts';
import { report } from './lib/report.ts';
import { sampleFile, WorkFolder } from './lib/samples.ts';
import { ask, Server } from './lib/server.ts';

const { runs, records } = benchOptions({ runs: 1, records: 5_000_000 });
build();
using folder = new WorkFolder();
const before = load();
const sample = await sampleFile({ records });
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

interface Load {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly longest: number;
  readonly perSecond: number;
}

/** One address after the other, by two connections of which each waits for its answer before it asks again. */
async function loaded(urls: readonly string[], seconds: number): Promise<Load> {
  const result = await autocannon({
    ...{ url: master.url, connections: 2, duration: seconds, workers: 1 },
    requests: urls.map((url) => ({ path: url.slice(master.url.length) })),
  });
  if (result.non2xx > 0 || result.errors > 0)
    throw new Error(`${urls[0]}: ${result.non2xx} refused, ${result.errors} failed`);
  const { p50, p97_5, p99, max } = result.latency;
  return { p50, p95: p97_5, p99, longest: max, perSecond: result.requests.average };
}

/** Waits until an import has begun. */
async function inHand(): Promise<{ status: string }> {
  for (;;) {
    const { items } = await json<Page<{ status: string; source: string }>>(
      `${master.url}/api/runs?source=next&limit=1`,
    );
    const [run] = items;
    if (run !== undefined) return run;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
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
const shown = ({ p50, p95, p99, longest, perSecond }: Load): string =>
  `p50 ${p50}, p97.5 ${p95}, p99 ${p99}, longest ${longest} ms at ${perSecond.toFixed(0)} a second`;
for (const [what, urls] of asked) noted(`${what}: ${shown(await loaded(urls, 3))}`);
const all = [...asked.values()].flatMap((urls) => urls.slice(0, 3));
copyFileSync(next.path, folder.file('next.csv'));
const { status: states } = await inHand();
noted(
  `all of these in turn while ${next.records} records are imported into them (${states}): ${shown(await loaded(all, 15))}`,
);
noted(`what is left of that import afterwards: ${(await inHand()).status}`);
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
