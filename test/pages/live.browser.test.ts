/** What happens appears by itself; and what is not known to be so any more is not shown as if it were. */
import { appendFileSync } from 'node:fs';
import type { Locator } from 'playwright-core';
import { expect, test } from 'vitest';
import { type OpenPage, TestBrowser } from '../helpers/browser.ts';
import { longhaul } from '../helpers/cli.ts';
import { MasterProcess } from '../helpers/master-process.ts';
import { TempFolder } from '../helpers/temp-folder.ts';

const header = 'name,sku,description\n';

interface Scene {
  readonly file: string;
  readonly master: MasterProcess;
  readonly browser: TestBrowser;
  readonly open: OpenPage;
  readonly page: OpenPage['page'];
  readonly totals: Locator;
}

/** A master of one row, and its overview, which shows it. */
async function withOneRow(work: (scene: Scene) => Promise<void>): Promise<void> {
  using folder = new TempFolder();
  const file = folder.write('products.csv', `${header}Ann,a-1,first\n`);
  await using master = await MasterProcess.start(folder, ['--source', `shop=${file}`]);
  await master.published('shop', 'products.csv');
  await using browser = await TestBrowser.start();
  const open = await browser.open(master.url);
  const { page } = open;
  const totals = page.getByRole('list', { name: 'Totals' });
  await totals.getByText('1', { exact: true }).first().waitFor();
  await work({ file, master, browser, open, page, totals });
}

test('the master is killed and started again under an open page', () =>
  withOneRow(async (scene) => {
    const { file, master, browser, open, page, totals } = scene;

    await master.kill();
    await page.getByRole('status').getByText('The master is away, reconnecting').waitFor();
    await page.getByText('What you see is from').waitFor();
    expect(await page.getByRole('main').getAttribute('data-stale')).toBe('true');
    await open.screenshot('master-away');
    // A page that was not opened before says nothing, rather than something wrong.
    await open.visit('Runs');
    await page.getByRole('main').and(page.locator('[data-stale]')).waitFor();
    await open.visit('Overview');

    appendFileSync(file, 'Bob,b-1,second\n');
    await master.start();
    await page.getByText('The master is away').waitFor({ state: 'detached' });
    await totals.getByText('2', { exact: true }).first().waitFor();
    await page.getByRole('main').and(page.locator(':not([data-stale])')).waitFor();
    await open.visit('Runs');
    await open.grid('Runs').getByRole('row').nth(2).waitFor();
    browser.expectCalm();
  }));

test('a page whose code was not loaded yet comes by itself when the master is back', () =>
  withOneRow(async (scene) => {
    const { master, open, page, totals } = scene;

    await master.kill();
    const refused = page.waitForEvent('requestfailed', (request) => request.url().includes('/assets/counts'));
    await open.visit('Counts');
    await refused;
    await page.getByText('The master is away').waitFor();
    await totals.waitFor();

    await master.start();
    await open.grid('Counts by name').getByText('Ann').waitFor();
  }));

test('states, totals, counts, lists and open rows move by themselves', async () => {
  using folder = new TempFolder();
  const file = folder.write('products.csv', `${header}Ann,a-1,first\n`);
  // Not from the command line: that could not be paused here.
  for (const args of [['init'], ['sources', 'add', 'shop', file]])
    expect(await longhaul(args, { cwd: folder.path })).toMatchObject({ status: 0 });
  await using master = await MasterProcess.start(folder, []);
  await master.published('shop', 'products.csv');
  await using browser = await TestBrowser.start();
  const list = await browser.open(master.url);
  await list.visit('Products');
  await list.grid('Products: rows').getByRole('link', { name: 'a-1' }).click();
  const field = list.page.getByRole('textbox', { name: 'description' });
  await field.waitFor();
  const counts = await browser.open(master.url);
  await counts.visit('Counts');
  await counts.grid('Counts by name').getByText('Ann').waitFor();

  folder.write('products.csv', `${header}Ann,a-1,changed\nAnn,a-2,new\n`);
  await list.grid('Products: rows').getByRole('link', { name: 'a-2' }).waitFor();
  await expect.poll(() => field.inputValue()).toBe('changed');
  await counts
    .grid('Counts by name')
    .getByRole('row', { name: /Ann\s*2/ })
    .waitFor();

  // A pause that somebody else makes.
  await counts.visit('Sources');
  await list.visit('Sources');
  await list.button('Pause').click();
  await counts.button('Resume').waitFor();
  await counts.page.getByRole('article', { name: 'Source shop' }).getByText('paused').waitFor();
  browser.expectCalm();
});

/** Scripts, styles and pictures that the master is asked for from now on: what the browser still has is not. */
async function sentFiles({ page }: OpenPage): Promise<string[]> {
  const sent: string[] = [];
  const kept = new Set<string>();
  const browser = await page.context().newCDPSession(page);
  browser.on('Network.requestServedFromCache', ({ requestId }) => kept.add(requestId));
  browser.on('Network.responseReceived', ({ requestId, response: { url, fromDiskCache = false } }) => {
    if (url.includes('/assets/') && !fromDiskCache && !kept.has(requestId)) sent.push(url);
  });
  await browser.send('Network.enable');
  return sent;
}

test('nothing is asked for twice', async () => {
  using folder = new TempFolder();
  const file = folder.write('products.csv', `${header}Ann,a-1,first\nBob,b-1,second\n`);
  await using master = await MasterProcess.start(folder, ['--source', `shop=${file}`]);
  await master.published('shop', 'products.csv');
  await using browser = await TestBrowser.start();
  const open = await browser.open(master.url);
  await open.page.getByRole('region', { name: 'Last runs' }).getByText('done').waitFor();
  const sent = await sentFiles(open);
  for (const name of ['Products', 'Counts', 'Runs', 'Sources', 'Import', 'Products', 'Counts', 'Runs']) {
    await open.visit(name);
    await open.page.getByRole('heading', { level: 1 }).waitFor();
    if (name === 'Products' || name === 'Counts' || name === 'Runs')
      await open.page.getByRole('row').nth(1).waitFor();
    // What is not waited for is not loaded to its end.
    if (name === 'Counts') await open.page.getByRole('rowheader').first().waitFor();
  }
  // How sources are is asked for now and then where it is shown.
  const asked = open.asked.filter((each) => each.startsWith('GET /api/') && each !== 'GET /api/status');
  expect(asked.toSorted()).toEqual([...new Set(asked)].toSorted());
  // Chromium looks for the icon at each navigation, and finds it in its cache.
  expect(sent.length).toBeGreaterThan(5);
  expect(sent.toSorted()).toEqual([...new Set(sent)].toSorted());
  browser.expectCalm();
});
