/** An edit by the form: with somebody else in between, of nothing, and taken back; the last by the keyboard alone. */
import { expect, test } from 'vitest';
import { type OpenPage, TestBrowser } from '../helpers/browser.ts';
import { MasterProcess } from '../helpers/master-process.ts';
import { TempFolder } from '../helpers/temp-folder.ts';

async function withMaster(
  work: (master: MasterProcess, browser: TestBrowser) => Promise<void>,
): Promise<void> {
  using folder = new TempFolder();
  const file = folder.write('products.csv', 'name,sku,description\nAnn,a-1,first\nBob,b-1,second\n');
  await using master = await MasterProcess.start(folder, ['--source', `shop=${file}`]);
  await master.published('shop', 'products.csv');
  await using browser = await TestBrowser.start();
  await work(master, browser);
  browser.expectCalm();
}

const field = ({ page }: OpenPage, name: string) => page.getByRole('textbox', { name });

test('somebody else edits the row in between: what has changed is shown, and the person chooses', () =>
  withMaster(async (master, browser) => {
    const mine = await browser.open(master.url);
    const other = await browser.open(master.url);
    for (const open of [mine, other]) await open.goto('/datasets/products/rows?row=a-1');
    await field(mine, 'name').fill('Mine');
    await field(mine, 'description').fill('my text');
    await field(other, 'name').fill('Theirs');
    await other.button('Save 1 change').click();
    await other.sees('Saved.');
    const conflict = mine.page.getByRole('alert').filter({ hasText: 'The row has changed since you began' });
    await conflict.waitFor();
    await mine.screenshot('edit-conflict');
    expect(await mine.button(/^Save/).isDisabled()).toBe(true);
    await conflict.getByRole('radio', { name: /yours: Mine/ }).check();
    await conflict.getByRole('button', { name: 'Go on with this' }).click();
    await mine.button('Save 2 changes').click();
    await mine.sees('Saved.');
    await expect.poll(() => field(other, 'name').inputValue()).toBe('Mine');
    await expect.poll(() => field(other, 'description').inputValue()).toBe('my text');
  }));

test('a sku that there is not is said to be unknown, and leads to those that begin so', () =>
  withMaster(async (master, browser) => {
    const open = await browser.open(master.url);
    await open.visit('Products');
    const search = open.page.getByRole('searchbox', { name: 'Search by sku' });
    await search.fill('zzz-100');
    await search.press('Enter');
    await open.page.getByRole('alert').getByText('There is no row with this sku.').waitFor();
    await open.page.getByRole('link', { name: /Rows that begin with/ }).click();
    await open.sees('Nothing is found.');
    await search.fill('a-');
    await open.grid('Products: rows').getByRole('link', { name: 'a-1' }).waitFor();
  }));

test('by the keyboard alone: a row is found, opened, edited, and the edit taken back', () =>
  withMaster(async (master, browser) => {
    const open = await browser.open(master.url);
    const { page } = open;
    const { keyboard } = page;
    await open.goto('/datasets/products/rows');
    const list = open.grid('Products: rows');
    await list.getByRole('link', { name: 'b-1' }).waitFor();
    await list.focus();
    await keyboard.press('ArrowDown');
    await keyboard.press('ArrowDown');
    await keyboard.press('Enter');
    await page.getByRole('heading', { level: 2, name: 'b-1' }).waitFor();
    await field(open, 'name').waitFor();
    await open.tabTo('name');
    await keyboard.press('End');
    await keyboard.type('by', { delay: 5 });
    await open.tabTo('Save 1 change');
    await keyboard.press('Enter');
    await open.sees('Saved.');
    expect(await field(open, 'name').inputValue()).toBe('Bobby');
    await open.button('Take the edit back').waitFor();
    await page.getByRole('heading', { level: 2, name: 'b-1' }).focus();
    await open.tabTo('Take the edit back');
    await keyboard.press('Enter');
    await page.getByRole('button', { name: 'Yes, take it back' }).and(page.locator(':focus')).waitFor();
    await keyboard.press('Enter');
    await expect.poll(() => field(open, 'name').inputValue()).toBe('Bob');
    await keyboard.press('Escape');
    await page.getByRole('heading', { level: 2, name: 'b-1' }).waitFor({ state: 'detached' });
  }));

test('a master with a token: nothing without it, everything with it', async () => {
  using folder = new TempFolder();
  const file = folder.write('products.csv', 'name,sku,description\nAnn,a-1,first\n');
  const env = { LONGHAUL_TOKEN: 'a-token-that-is-long-enough' };
  await using master = await MasterProcess.start(folder, ['--source', `shop=${file}`], env);
  await using browser = await TestBrowser.start();
  const open = await browser.open(master.url);
  const token = open.page
    .getByRole('textbox', { name: 'Token' })
    .or(open.page.getByLabel('Token', { exact: true }));
  await token.first().waitFor();
  await open.screenshot('login');
  await token.first().fill('wrong');
  await open.button('Log in').click();
  await open.page.getByRole('alert').waitFor();
  await token.first().fill(env.LONGHAUL_TOKEN);
  await open.button('Log in').click();
  await open.heading('Overview').waitFor();
  await open.goto('/datasets/products/rows');
  await open.grid('Products: rows').getByRole('link', { name: 'a-1' }).waitFor();
  browser.expectCalm();
});
