/** What people do by the keyboard alone. Rows are found and edited so in editing.browser.test.ts, lists walked through in long-list.browser.test.ts. */
import { expect, test } from 'vitest';
import { type OpenPage, TestBrowser } from '../helpers/browser.ts';
import { MasterProcess } from '../helpers/master-process.ts';
import { TempFolder } from '../helpers/temp-folder.ts';

const content = 'name,sku,description\nAnn,a-1,first\nBob,b-1,second\nAnn,a-2,third\n';

async function withMaster(work: (open: OpenPage, folder: TempFolder) => Promise<void>): Promise<void> {
  using folder = new TempFolder();
  const file = folder.write('products.csv', content);
  await using master = await MasterProcess.start(folder, [
    ...['--source', `shop=${file}`, '--allow-private-sources', '--sense-interval', '0.2'],
  ]);
  await master.published('shop', 'products.csv');
  await using browser = await TestBrowser.start();
  await work(await browser.open(master.url), folder);
  browser.expectCalm();
}

/** By the link of the navigation, from wherever the focus is. */
async function goTo(open: OpenPage, name: string): Promise<void> {
  await open.tabTo(name, open.page.getByRole('navigation', { name: 'Pages' }));
  await open.page.keyboard.press('Enter');
  // Whoever comes by a link reads on at the title.
  await open.heading(name).and(open.page.locator(':focus')).waitFor();
}

/** The focus goes round in a dialog. */
async function staysIn({ page }: OpenPage, dialog: ReturnType<OpenPage['button']>): Promise<void> {
  for (const key of ['Tab', 'Shift+Tab'])
    for (let pressed = 0; pressed < 10; pressed++) {
      await page.keyboard.press(key);
      expect(await dialog.locator(':focus').count()).toBe(1);
    }
}

test('a source is added, sensed, paused, resumed and removed; dialogs keep the focus and give it back', () =>
  withMaster(async (open, folder) => {
    const { page } = open;
    const { keyboard } = page;
    const file = folder.write('more.csv', 'name,sku,description\nEve,e-1,new\n');
    await open.heading('Overview').waitFor();
    await goTo(open, 'Sources');
    const focused = (name: string): Promise<void> => open.button(name).and(page.locator(':focus')).waitFor();
    await open.tabTo('Add a source');
    await keyboard.press('Enter');
    const adding = page.getByRole('dialog', { name: 'Add a source' });
    await adding.getByRole('textbox', { name: 'Name' }).and(page.locator(':focus')).waitFor();
    await staysIn(open, adding);
    await keyboard.press('Escape');
    await adding.waitFor({ state: 'detached' });
    await focused('Add a source');

    await keyboard.press('Enter');
    await adding.getByRole('textbox', { name: 'Name' }).and(page.locator(':focus')).waitFor();
    await keyboard.type('more');
    await keyboard.press('Tab');
    await keyboard.type(file);
    await keyboard.press('Enter');
    const more = page.getByRole('article', { name: 'Source more' });
    await more.waitFor();
    await adding.waitFor({ state: 'detached' });
    await focused('Add a source');
    await more.getByText('1 published').waitFor();

    await open.tabTo('Sense now', more);
    await keyboard.press('Enter');
    await open.tabTo('Pause', more);
    await keyboard.press('Enter');
    await more.getByText('paused').waitFor();
    const resume = more.getByRole('button', { name: 'Resume' });
    await resume.and(page.locator(':focus')).waitFor();
    await keyboard.press('Enter');
    await more.getByRole('button', { name: 'Pause' }).and(page.locator(':focus')).waitFor();

    await open.tabTo('Remove …', more);
    await keyboard.press('Enter');
    const removing = page.getByRole('dialog', { name: 'Remove more?' });
    await removing.locator(':focus').waitFor();
    await staysIn(open, removing);
    await keyboard.press('Escape');
    await removing.waitFor({ state: 'detached' });
    await more.getByRole('button', { name: 'Remove …' }).and(page.locator(':focus')).waitFor();
    await keyboard.press('Enter');
    await removing.locator(':focus').waitFor();
    await open.tabTo('Remove it', removing);
    await keyboard.press('Enter');
    await more.waitFor({ state: 'detached' });
    // What had the focus has gone: it is at the page.
    await page.getByRole('main').and(page.locator(':focus')).waitFor();
  }));

test('a count leads to its rows', () =>
  withMaster(async (open) => {
    const { page } = open;
    await open.heading('Overview').waitFor();
    await goTo(open, 'Counts');
    const list = open.grid('Counts by name');
    await list.getByText('Ann', { exact: true }).waitFor();
    await open.tabTo('Counts by name');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    const rows = open.grid('Products: rows');
    await rows.getByRole('link', { name: 'a-2' }).waitFor();
    expect(await rows.getByRole('row').count()).toBe(3);
  }));

test('a file is chosen, read otherwise, and imported', () =>
  withMaster(async (open, folder) => {
    const { page } = open;
    const { keyboard } = page;
    const file = folder.write('odd.csv', "name,sku,description\nEve,e-1,'one, two'\n");
    // Long before: the browser has to be told that the dialog is to be ours, and nobody says when it knows.
    const chooser = page.waitForEvent('filechooser');
    await open.heading('Overview').waitFor();
    await goTo(open, 'Import');
    await open.tabTo('Drop a file, or choose one');
    await keyboard.press('Enter');
    await (await chooser).setFiles(file);
    const preview = page.getByRole('region', { name: 'Preview' });
    await page.getByText('would be refused').waitFor();
    await open.tabTo('Quote');
    await keyboard.press('ArrowDown');
    await preview.getByText('one, two', { exact: true }).waitFor();
    // What is said last counts, also what was typed just before.
    await page.getByRole('textbox', { name: 'Name of the file' }).focus();
    await keyboard.press('Control+A');
    await keyboard.type('renamed.csv');
    await open.tabTo('Import it');
    await keyboard.press('Enter');
    await open.heading('renamed.csv').waitFor();
    await page.getByRole('status').getByText('1 record in').waitFor();
    await open.tabTo('To the rows');
    await keyboard.press('Enter');
    await open.grid('Products: rows').getByRole('link', { name: 'e-1' }).waitFor();
  }));
