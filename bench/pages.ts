/**
 * The pages before a table of five million products, in Chromium: how long from the click on a page until its data is there, how smoothly the
 * list of products scrolls, from its beginning and backwards from its end, how long it takes to get there, and whether anything is asked for twice.
 */
import { chromium, type Page } from 'playwright-core';
import { build, checkStillBuilt, longhaulImport } from './lib/longhaul.ts';
import { load } from './lib/machine.ts';
import { benchOptions } from './lib/options.ts';
import { report } from './lib/report.ts';
import { sampleFile, WorkFolder } from './lib/samples.ts';
import { agent, ask, quantile, Server } from './lib/server.ts';

const { runs, records } = benchOptions({ runs: 5, records: 5_000_000 });
const scrollSeconds = 10;
const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** What a page shows once it has its data: a selector, because this is run in the page, frame by frame. */
const shown = {
  Products: '[role=grid] [role=row]:nth-child(5) a',
  Counts: '[role=grid] [role=row]:nth-child(5) a',
  Runs: '[role=grid] [role=row] a',
  Sources: 'main h1 + div, main p',
  Import: 'main input[type=file]',
  Overview: 'main [aria-label="Totals"] a',
} as const;

/** From the click until what it leads to was painted, in milliseconds. */
function clicked(page: Page, name: keyof typeof shown): Promise<number> {
  return page.evaluate<number>(`new Promise((resolve) => {
    const link = [...document.querySelectorAll('nav[aria-label=Pages] a')].find((a) => a.textContent === '${name}');
    const start = performance.now();
    link.click();
    const look = () => {
      const isHere = document.querySelector('h1')?.textContent === '${name}';
      if (isHere && document.querySelector('${shown[name]}')) requestAnimationFrame(() => resolve(performance.now() - start));
      else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  })`);
}

/** Scrolls by so many pixels a frame; gaps between frames in milliseconds, the rows reached, and frames that showed a placeholder. */
function scrolled(page: Page, pixels: number): Promise<{ gaps: number[]; row: number; empty: number }> {
  return page.evaluate(`new Promise((resolve) => {
    const grid = document.querySelector('[role=grid]');
    const gaps = [];
    let last = performance.now(), empty = 0;
    const end = last + ${scrollSeconds * 1000};
    const step = (now) => {
      gaps.push(now - last);
      last = now;
      const rows = [...grid.querySelectorAll('[role=row][aria-rowindex]')];
      if (rows.slice(1).some((row) => !row.querySelector('a'))) empty++;
      if (now > end) resolve({ gaps, empty, row: Number(rows.at(-1).getAttribute('aria-rowindex')) });
      else { grid.scrollTop += ${pixels}; requestAnimationFrame(step); }
    };
    requestAnimationFrame(step);
  })`);
}

/** From a key that leads to an end of the list until that row was painted, in milliseconds. */
function jumped(page: Page, key: 'Home' | 'End', rowindex: number): Promise<number> {
  return page.evaluate<number>(`new Promise((resolve) => {
    const grid = document.querySelector('[role=grid]');
    const start = performance.now();
    grid.dispatchEvent(new KeyboardEvent('keydown', { key: '${key}', bubbles: true, cancelable: true }));
    const look = () => {
      if (grid.querySelector('[aria-rowindex="${rowindex}"] a')) requestAnimationFrame(() => resolve(performance.now() - start));
      else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  })`);
}

build();
const before = load();
using folder = new WorkFolder();
const sample = await sampleFile({ records });
const database = folder.file('bench.db');
await longhaulImport(database, sample.path);
await using master = await Server.start(['master', '--db', `sqlite:${database}`, '--log-level', 'silent']);
while (!(await ask(`${master.url}/api/datasets/products/counts?limit=1`)).text.includes('"value"'))
  await wait(100);
while (!(await ask(`${master.url}/api/datasets/products/rows?by=name&q=A&limit=1`)).text.includes('"items"'))
  await wait(100);

const browser = await chromium.launch({
  executablePath: process.env['TEST_CHROMIUM'] ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
});
const times = new Map<string, number[]>();
const note = (what: string, ms: number): void =>
  void times.set(what, [...(times.get(what) ?? []), ms / 1000]);
const twice: string[] = [];
for (let run = 0; run < runs; run++) {
  const page = await (await browser.newContext({ viewport: { width: 1280, height: 800 } })).newPage();
  const asked: string[] = [];
  page.on('request', (request) => asked.push(request.url().slice(master.url.length)));
  const start = performance.now();
  await page.goto(master.url);
  await page.waitForSelector(shown.Overview);
  note('Overview, opened anew', performance.now() - start);
  for (const name of ['Products', 'Counts', 'Runs', 'Sources', 'Import', 'Overview'] as const)
    note(`${name}, by a click`, await clicked(page, name));
  // How sources are is asked for now and then where it is shown.
  const data = asked.filter((path) => path !== '/api/status');
  twice.push(...data.filter((path, index) => data.indexOf(path) < index));
  await clicked(page, 'Products');
  const last = Number(await page.locator('[role=grid]').getAttribute('aria-rowcount'));
  note('the end of the products, by a key', await jumped(page, 'End', last));
  note('their beginning again', await jumped(page, 'Home', 2));
  await page.context().close();
}

const page = await (await browser.newContext({ viewport: { width: 1280, height: 800 } })).newPage();
await page.goto(`${master.url}/datasets/products/rows`);
await page.waitForSelector(shown.Products);
const reading = await scrolled(page, 100);
const rushing = await scrolled(page, 4000);
await jumped(page, 'End', Number(await page.locator('[role=grid]').getAttribute('aria-rowcount')));
const backwards = await scrolled(page, -4000);
await browser.close();
checkStillBuilt();
agent.destroy();

const ms = (value: number): string => `${value.toFixed(0)} ms`;
const frames = (what: string, { gaps, row, empty }: typeof reading): string =>
  `${what}: frames ${ms(quantile(gaps, 0.5))} apart, 99 of 100 ${ms(quantile(gaps, 0.99))}, the longest ${ms(Math.max(...gaps))}; row ${row.toLocaleString('en')} after ${scrollSeconds} s, placeholders in ${((empty / gaps.length) * 100).toFixed(1)} % of them`;
report({
  ...{ name: 'pages', runs, load: before, records, bytes: sample.bytes, digest: null },
  notes: [
    frames('scrolling at reading speed', reading),
    frames('scrolling as fast as a thumb', rushing),
    frames('from the end backwards, as fast', backwards),
    `asked for twice: ${twice.length === 0 ? 'nothing' : twice.join(', ')}`,
  ],
  outcomes: Array.from(times, ([what, seconds]) => ({
    ...{ what, seconds: seconds.map((each) => Number(each.toFixed(4))) },
    medianSeconds: Number(quantile(seconds, 0.5).toFixed(4)),
    ...{ medianCpuSeconds: null, baseline: null, timesAsFast: null },
    ...{ megabytesPerSecond: null, recordsPerSecond: null, peakRssBytes: null },
  })),
});
