/** The pages before a master with one small file: they are there, and say what the table holds. */
import { expect, test } from 'vitest';
import { TestBrowser } from '../helpers/browser.ts';
import { MasterProcess } from '../helpers/master-process.ts';
import { TempFolder } from '../helpers/temp-folder.ts';

test('rows of a file are found, opened and told of', async () => {
  using folder = new TempFolder();
  folder.write('products.csv', 'name,sku,description\nAnn,a-1,first\nBob,b-1,second\nAnn,a-2,third\n');
  await using master = await MasterProcess.start(folder, ['--source', `shop=${folder.file('products.csv')}`]);
  await master.published('shop', 'products.csv');
  await using browser = await TestBrowser.start();
  const open = await browser.open(master.url);
  await open.heading('Overview').waitFor();
  await open.visit('Products');
  const list = open.grid('Products: rows');
  await list.getByRole('row').nth(3).waitFor();
  expect(await list.getByRole('row').allInnerTexts()).toEqual([
    expect.stringContaining('sku'),
    expect.stringContaining('a-1'),
    expect.stringContaining('a-2'),
    expect.stringContaining('b-1'),
  ]);
  await list.getByRole('link', { name: 'a-2' }).click();
  await open.page.getByRole('heading', { name: 'a-2' }).waitFor();
  expect(await open.page.getByRole('textbox', { name: 'description' }).inputValue()).toBe('third');
  expect(open.page.url()).toBe(`${master.url}/datasets/products/rows?row=a-2`);
  browser.expectCalm();
});
