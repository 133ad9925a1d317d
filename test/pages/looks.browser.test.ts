/** Every page, empty and filled, in either scheme and at three widths: nothing serious to axe, nothing cut off. */
import { AxeBuilder } from '@axe-core/playwright';
import { expect, test } from 'vitest';
import { type OpenPage, TestBrowser } from '../helpers/browser.ts';
import { longhaul } from '../helpers/cli.ts';
import { eventually } from '../helpers/eventually.ts';
import { MasterProcess } from '../helpers/master-process.ts';
import { TempFolder } from '../helpers/temp-folder.ts';

const pages = {
  overview: '/',
  products: '/datasets/products/rows',
  product: '/datasets/products/rows?row=sku-5',
  'unknown product': '/datasets/products/rows?row=not-there',
  'nothing found': '/datasets/products/rows?q=zzz',
  'no table': '/datasets/nothing/rows',
  counts: '/datasets/products/counts',
  runs: '/runs',
  run: '/runs/1',
  chunks: '/runs/1/chunks',
  rejects: '/runs/1/rejects?at=25',
  sources: '/sources',
  source: '/sources/shop',
  import: '/import',
  'no page': '/nowhere',
} as const;

function shopOf(folder: TempFolder): string {
  const good = Array.from({ length: 120 }, (_, index) => `Name ${index % 40},sku-${index},"text, ${index}"`);
  return folder.write(
    'products.csv',
    ['name,sku,description', 'only one', ...good, 'No Key,,x', ''].join('\n'),
  );
}

const views = [
  { width: 360, scheme: 'light' },
  { width: 1280, scheme: 'dark' },
  { width: 1920, scheme: 'light' },
  { width: 360, scheme: 'dark' },
] as const;

/** What axe finds serious, and what is cut off. */
async function faults({ page }: OpenPage, where: string): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const found = violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${where}: ${id}: ${nodes.map(({ html }) => html.slice(0, 200)).join(' | ')}`);
  const over = await page.evaluate<number>(
    'document.documentElement.scrollWidth - document.documentElement.clientWidth + ' +
      "document.querySelector('main').scrollWidth - document.querySelector('main').clientWidth",
  );
  return over > 0 ? [...found, `${where}: ${over} pixels too wide`] : found;
}

test('all pages in all views', async () => {
  using folder = new TempFolder();
  await using master = await MasterProcess.start(folder, [
    ...['--source', `shop=${shopOf(folder)}`, '--source', 'gone=http://127.0.0.1:9/'],
  ]);
  await master.published('shop', 'products.csv');
  await using browser = await TestBrowser.start();
  const found: string[] = [];
  for (const view of views) {
    const open = await browser.open(master.url, view);
    for (const [name, path] of Object.entries(pages)) {
      await open.goto(path);
      await open.page.getByRole('heading', { level: 1 }).waitFor();
      await eventually(
        `${name} is loaded`,
        async () => (await open.page.getByLabel('Loading').count()) === 0,
      );
      const where = `${name}, ${view.scheme}, ${view.width}`;
      found.push(...(await faults(open, where)));
      await open.screenshot(`${name.replaceAll(' ', '-')}-${view.width}-${view.scheme}`);
    }
    await open.page.context().close();
  }
  expect(found).toEqual([]);
  browser.expectCalm();
}, 300_000);

test('open dialogs, the preview of a file, and an upload', async () => {
  using folder = new TempFolder();
  expect(await longhaul(['init'], { cwd: folder.path })).toMatchObject({ status: 0 });
  const added = await longhaul(['sources', 'add', 'shop', shopOf(folder)], { cwd: folder.path });
  expect(added).toMatchObject({ status: 0 });
  const file = folder.write('more.csv', 'name,sku,description\nEve,e-1,new\nonly one\n');
  await using master = await MasterProcess.start(folder, []);
  await master.published('shop', 'products.csv');
  await using browser = await TestBrowser.start();
  const found: string[] = [];
  for (const view of views) {
    const open = await browser.open(master.url, view);
    const { page } = open;
    const look = async (name: string): Promise<void> => {
      found.push(...(await faults(open, `${name}, ${view.scheme}, ${view.width}`)));
      await open.screenshot(`${name.replaceAll(' ', '-')}-${view.width}-${view.scheme}`);
    };
    for (const [button, dialog] of [
      ['Add a source', 'Add a source'],
      ['Remove …', 'Remove shop?'],
    ] as const) {
      await open.goto('/sources');
      await open.button(button).click();
      await page.getByRole('dialog', { name: dialog }).locator(':focus').waitFor();
      await look(`dialog ${button === 'Remove …' ? 'remove' : 'add'}`);
    }
    await open.goto('/import');
    await page.getByLabel('File to import').setInputFiles(file);
    await page.getByRole('region', { name: 'Preview' }).waitFor();
    await look('preview');
    await open.button('Import it').click();
    await open.heading('more.csv').waitFor();
    await page
      .getByRole('link', { name: 'To the rows' })
      .or(page.getByText('Nothing to do'))
      .first()
      .waitFor();
    await look('upload');
    await page.context().close();
  }
  expect(found).toEqual([]);
  browser.expectCalm();
});
