/** What somebody clicks on happens, whatever else was about to happen. */
import { expect, test } from 'vitest';
import { TestBrowser } from '../helpers/browser.ts';
import { MasterProcess } from '../helpers/master-process.ts';
import { TempFolder } from '../helpers/temp-folder.ts';

/** How long somebody who types is left alone (`web/parts/use-typed.ts`), in milliseconds. */
const pauseMs = 200;

/**
 * In the page: those timers that are started while `isHeld` are kept, and called by whoever wants the worst moment for them. A busy machine
 * has such moments, as it handles a click before a timer that is due.
 */
const holdTimers = `
  window.held = [];
  window.isHeld = false;
  const start = window.setTimeout;
  window.setTimeout = (call, ms, ...rest) =>
    window.isHeld && ms === ${pauseMs} ? window.held.push(call) : start(call, ms, ...rest);
`;

test('what was typed before a click on a link does not hold it back', async () => {
  using folder = new TempFolder();
  const file = folder.write('products.csv', 'name,sku,description\nAnn,a-1,first\nBob,b-1,second\n');
  await using master = await MasterProcess.start(folder, ['--source', `shop=${file}`]);
  await master.published('shop', 'products.csv');
  await using browser = await TestBrowser.start();
  const open = await browser.open(master.url);
  const { page } = open;
  await page.addInitScript(holdTimers);
  await open.goto('/datasets/products/rows');
  const rows = open.grid('Products: rows');
  await rows.getByRole('link', { name: 'b-1' }).waitFor();
  const typeHeld = async (name: string, text: string): Promise<void> => {
    await page.evaluate('window.isHeld = true');
    await page.getByRole('searchbox', { name }).fill(text);
    await page.evaluate('window.isHeld = false');
    expect(await page.evaluate('window.held.length')).toBeGreaterThan(0);
  };
  /** Before React has shown anything of the click. */
  const clickThenTimers = (text: string): Promise<void> =>
    page.evaluate(`{
      [...document.querySelectorAll('a')].find((link) => link.textContent === '${text}').click();
      for (const call of window.held.splice(0)) call();
    }`);

  // A row of the list: it opens, and the list shows what was typed.
  await typeHeld('Search by sku', 'b');
  await clickThenTimers('b-1');
  await page.getByRole('heading', { level: 2, name: 'b-1' }).waitFor();
  await rows.getByRole('link', { name: 'a-1' }).waitFor({ state: 'detached' });
  expect(new URL(page.url()).search).toBe('?row=b-1&q=b');

  // A page whose script is not there yet.
  await typeHeld('Search by sku', 'b-');
  await clickThenTimers('Counts');
  await open.heading('Counts').waitFor();
  expect(new URL(page.url()).search).toBe('');

  // One that is there at once.
  await typeHeld('Search by name', 'Bo');
  await clickThenTimers('Products');
  await open.heading('Products').waitFor();
  await rows.getByRole('link', { name: 'a-1' }).waitFor();
  expect(new URL(page.url()).search).toBe('');
  browser.expectCalm();
});
