/** Names and descriptions of anybody's making are text, wherever they are shown, and stay in their place. */
import { expect, test } from 'vitest';
import { TestBrowser } from '../helpers/browser.ts';
import { MasterProcess } from '../helpers/master-process.ts';
import { TempFolder } from '../helpers/temp-folder.ts';

const hostile = [
  '<script>window.hacked = 1</script>',
  '<img src=x onerror="window.hacked = 1">',
  'javascript:window.hacked=1//\'"><svg onload=window.hacked=1>',
  '{{constructor.constructor("window.hacked = 1")()}} ${window.hacked = 1}',
  '\u202Egnp.exe\u202C \u2067مرحبا بالعالم\u2069 שלום',
  '👩‍👩‍👧‍👦🏳️‍🌈 emoji 🇺🇳',
  'Z\u0351\u036B\u0343a\u0327\u0489l\u0332g\u0328o\u0301'.repeat(40),
  'x'.repeat(10_000),
  'many words '.repeat(900),
  '../../etc/passwd?q=1#%2F%00&amp;',
];

const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;

test('markup, scripts, directions, emoji and long texts', async () => {
  using folder = new TempFolder();
  const rows = hostile.map(
    (text, index) => `${quoted(text)},${quoted(`${index} ${text.slice(0, 300)}`)},${quoted(text)}`,
  );
  const file = folder.write(
    '<b>bad & name.csv',
    `name,sku,description\n${rows.join('\n')}\n<script>window.hacked = 1</script>\n`,
  );
  await using master = await MasterProcess.start(folder, ['--source', `shop=${file}`]);
  await master.published('shop', '<b>bad & name.csv');
  await using browser = await TestBrowser.start();
  for (const width of [360, 1280]) {
    const open = await browser.open(master.url, { width });
    const { page } = open;
    const isSound = async (where: string): Promise<void> => {
      expect([where, await page.evaluate('window.hacked')]).toEqual([where, undefined]);
      const over = await page.evaluate<number>(
        "document.querySelector('main').scrollWidth - document.querySelector('main').clientWidth",
      );
      expect([where, over]).toEqual([where, 0]);
      await open.screenshot(`hostile-${where}-${width}`);
    };
    await open.heading('Overview').waitFor();
    await open.sees('<b>bad & name.csv');
    await isSound('overview');
    await open.visit('Products');
    const list = open.grid('Products: rows');
    await list.getByText('<script>window.hacked = 1</script>').first().waitFor();
    const shown = (await list.getByRole('row').all()).slice(1);
    const boxes = await Promise.all(shown.map((row) => row.boundingBox()));
    expect(new Set(boxes.map((box) => box?.height)).size).toBe(1);
    await isSound('list');
    for (const [index, text] of hostile.entries()) {
      await open.goto(`/datasets/products/rows?row=${encodeURIComponent(`${index} ${text.slice(0, 300)}`)}`);
      const field = page.getByRole('textbox', { name: 'description' });
      await field.waitFor();
      expect(await field.inputValue()).toBe(text);
      await page.getByRole('region', { name: 'Story of the row' }).getByText('Brought by').waitFor();
      await isSound(`row-${index}`);
    }
    await open.visit('Counts');
    await open.grid('Counts by name').getByRole('row').nth(5).waitFor();
    await isSound('counts');
    await open.goto('/runs/1/rejects');
    await open.grid('Rejects').getByText('<script>window.hacked = 1</script>').first().waitFor();
    await isSound('rejects');
  }
  browser.expectCalm();
}, 200_000);

test('an inline script would not run even if one came through', async () => {
  using folder = new TempFolder();
  folder.write('products.csv', 'name,sku,description\nAnn,a-1,first\n');
  await using master = await MasterProcess.start(folder, ['--source', `shop=${folder.file('products.csv')}`]);
  await using browser = await TestBrowser.start();
  const open = await browser.open(master.url);
  await open.heading('Overview').waitFor();
  await open.page.evaluate(
    "document.body.insertAdjacentHTML('beforeend', '<img src=nothing onerror=\"window.hacked = 1\">');" +
      "const script = document.createElement('script'); script.textContent = 'window.hacked = 1'; document.body.append(script)",
  );
  // A script of ours runs after both would have.
  await open.visit('Runs');
  await open.heading('Runs').waitFor();
  const policy = (await fetch(master.url, { headers: { accept: 'text/html' } })).headers.get(
    'content-security-policy',
  );
  expect(policy).toMatch(/script-src 'self'(;|$)/);
  expect(await open.page.evaluate('window.hacked')).toBeUndefined();
});
