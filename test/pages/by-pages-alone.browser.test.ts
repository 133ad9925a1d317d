/** What a new user does first, by the pages alone: no command, no API. */
import { appendFileSync } from 'node:fs';
import { describe, expect, inject, test } from 'vitest';
import { type OpenPage, TestBrowser } from '../helpers/browser.ts';
import { CliProcess } from '../helpers/cli.ts';
import { eventually } from '../helpers/eventually.ts';
import { PostgresDatabase } from '../helpers/postgres-database.ts';
import { TempFolder } from '../helpers/temp-folder.ts';

const records = Number(process.env['LONGHAUL_TEST_RECORDS'] ?? 60_000);

/** `npm start`: two sources and a master in one process. */
async function start(folder: TempFolder, database: string): Promise<CliProcess & { url: string }> {
  const args = ['start', '--port', '0', '--records', String(records), '--json', '--db', database];
  const command = new CliProcess(args, { cwd: folder.path });
  await command.until('the master listens', () => command.stdout.includes('"master"'));
  const [, url = ''] = /"master":"([^"]+)"/.exec(command.stdout) ?? [];
  return Object.assign(command, { url });
}

async function open(page: OpenPage, sku: string): Promise<void> {
  await page.visit('Products');
  await page.page.getByRole('searchbox', { name: 'Search by sku' }).fill(sku.slice(0, 9));
  await page.grid('Products: rows').getByRole('link', { name: sku, exact: true }).click();
  await page.page.getByRole('heading', { level: 2, name: sku }).waitFor();
}

/** How many products a name has, as the page of counts says. */
async function countOf(page: OpenPage, name: string): Promise<number> {
  await page.visit('Counts');
  await page.page.getByRole('searchbox', { name: 'Search by name' }).fill(name);
  const list = page.grid('Counts by name');
  let number = 0;
  await eventually(`the count of ${name} is shown`, async () => {
    await list.getByRole('row').first().waitFor();
    const rows = await list.getByRole('row').filter({ hasText: name }).allInnerTexts();
    const row = rows.map((text) => text.split('\n')).find(([value]) => value === name);
    number = Number(row?.[1]?.replaceAll(',', '') ?? 0);
    return row !== undefined;
  });
  return number;
}

/** @param database its URL, by the folder of the test */
async function acceptance(database: (folder: TempFolder) => string): Promise<void> {
  using folder = new TempFolder();
  await using master = await start(folder, database(folder));
  await using browser = await TestBrowser.start();
  const page = await browser.open(master.url);
  const { page: tab } = page;

  // Both sources, and their import as it goes on.
  await page.visit('Sources');
  await tab.getByRole('article', { name: 'Source source-1' }).waitFor();
  await tab.getByRole('article', { name: 'Source source-2' }).waitFor();
  await page.visit('Overview');
  await tab.getByRole('region', { name: 'Last runs' }).getByText('done').nth(1).waitFor({ timeout: 60_000 });
  await page.screenshot('acceptance-1-imported');

  // A product by the start of its sku.
  await page.visit('Products');
  const list = page.grid('Products: rows');
  const sku = await list.getByRole('row').nth(5).getByRole('link').innerText();
  await open(page, sku);
  const nameField = tab.getByRole('textbox', { name: 'name' });
  const former = await nameField.inputValue();
  const before = await countOf(page, former);

  // Its name changes, and both counts with it.
  const renamed = 'Zaphod Test Quux';
  await open(page, sku);
  await nameField.fill(renamed);
  await page.button('Save 1 change').click();
  await page.sees('Saved.');
  expect(await countOf(page, renamed)).toBe(1);
  if (before > 1) expect(await countOf(page, former)).toBe(before - 1);

  // The edit survives the next import.
  appendFileSync(folder.file('data/source-1/products.csv'), 'Ann,a-sku-of-mine,"text"\n');
  await open(page, sku);
  await page.visit('Overview');
  await tab.getByRole('region', { name: 'Last runs' }).getByText('done').nth(2).waitFor({ timeout: 60_000 });
  await open(page, sku);
  expect(await nameField.inputValue()).toBe(renamed);
  await tab.getByRole('region', { name: 'Story of the row' }).getByText('standing').waitFor();
  await page.screenshot('acceptance-2-edited');

  // A file with ten bad rows: each is found with its reason.
  const good = Array.from({ length: 50 }, (_, index) => `Name ${index},up-${index},"good, ${index}"`);
  const bad = Array.from({ length: 10 }, (_, index) =>
    index % 2 === 0 ? `only one field ${index}` : `No key ${index},,x`,
  );
  folder.write('ten-bad.csv', `name,sku,description\n${[...good, ...bad].join('\n')}\n`);
  await page.visit('Import');
  await tab.getByLabel('File to import').setInputFiles(folder.file('ten-bad.csv'));
  await tab.getByRole('region', { name: 'Preview' }).getByText('up-0', { exact: true }).waitFor();
  await page.screenshot('acceptance-3-preview');
  await page.button('Import it').click();
  await tab.getByRole('link', { name: '10 records rejected' }).click({ timeout: 60_000 });
  const rejects = page.grid('Rejects');
  await rejects.getByRole('row').nth(10).waitFor();
  expect(await rejects.getByRole('row').count()).toBe(11);
  await eventually('the rows of the list have their texts', async () => {
    const shown = await rejects.getByRole('row').allInnerTexts();
    return shown.length > 10 && shown.every((text) => text.trim() !== '');
  });
  const texts = await rejects.getByRole('row').allInnerTexts();
  for (const [index, text] of texts.slice(1).entries()) {
    expect(text).toContain(index % 2 === 0 ? 'too few fields' : 'empty key');
    expect(text).toContain(String(52 + index));
  }
  await rejects.getByRole('link').first().click();
  await tab
    .getByRole('complementary', { name: 'The reject that is open' })
    .getByText('only one field 0')
    .waitFor();
  await page.screenshot('acceptance-4-rejects');
  browser.expectCalm();
}

describe('sources, import, search, edit, counts, the next import, a file with ten bad rows', () => {
  test('SQLite', () => acceptance((folder) => `sqlite:${folder.file('longhaul.db')}`));

  test('PostgreSQL', async () => {
    await using database = await PostgresDatabase.create(inject('postgresUrl'));
    await acceptance(() => database.newSchema());
  });
});
