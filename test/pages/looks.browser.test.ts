/** Every page, empty and filled, in either scheme and at three widths: nothing serious to axe, nothing cut off. */
import { AxeBuilder } from '@axe-core/playwright';
import { expect, test } from 'vitest';
import { TestBrowser } from '../helpers/browser.ts';
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
      const { violations } = await new AxeBuilder({ page: open.page }).analyze();
      for (const { id, impact, nodes } of violations)
        if (impact === 'serious' || impact === 'critical')
          found.push(`${where}: ${id}: ${nodes.map(({ html }) => html.slice(0, 200)).join(' | ')}`);
      const over = await open.page.evaluate<number>(
        'document.documentElement.scrollWidth - document.documentElement.clientWidth + ' +
          "document.querySelector('main').scrollWidth - document.querySelector('main').clientWidth",
      );
      if (over > 0) found.push(`${where}: ${over} pixels too wide`);
      await open.screenshot(`${name.replaceAll(' ', '-')}-${view.width}-${view.scheme}`);
    }
    await open.page.context().close();
  }
  expect(found).toEqual([]);
  browser.expectCalm();
}, 300_000);
