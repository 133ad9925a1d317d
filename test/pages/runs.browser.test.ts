/** Runs: how long they take yet, cancelled, tried again, and what they have refused taken home. All by the keyboard. */
import { mkdirSync, renameSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { TestBrowser } from '../helpers/browser.ts';
import { longhaul } from '../helpers/cli.ts';
import { MasterProcess } from '../helpers/master-process.ts';
import { TempFolder } from '../helpers/temp-folder.ts';

test('a run that goes on says for how long yet; it is cancelled, and tried once more', async () => {
  using folder = new TempFolder();
  const records = 1_000_000;
  await longhaul(['generate', 'large.csv', '--records', String(records), '--quiet'], { cwd: folder.path });
  mkdirSync(folder.file('shop'));
  await using master = await MasterProcess.start(folder, [
    ...['--source', `shop=${folder.file('shop')}`, '--sense-interval', '0.1'],
    ...['--threads', '1', '--chunk-size', '64KiB'],
  ]);
  await using browser = await TestBrowser.start();
  const open = await browser.open(master.url);
  const { page } = open;
  const running = await browser.open(master.url);
  await running.goto('/runs');
  await running.sees('Nothing was imported yet.');
  await open.heading('Overview').waitFor();
  renameSync(folder.file('large.csv'), folder.file('shop/large.csv'));
  const list = running.grid('Runs');
  await list.getByText('staging').waitFor();
  await list.focus();
  await running.page.keyboard.press('ArrowDown');
  await running.page.keyboard.press('Enter');
  await running.heading('Run 1').waitFor();
  await running.tabTo('Cancel the run');
  await running.page.keyboard.press('Enter');
  await running.button('Try once more').waitFor();
  const last = page.getByRole('region', { name: 'Last runs' });
  await last.getByText('cancelled').waitFor();
  expect((await master.api.call('run', { params: { run: 1 } })).publishNumber).toBeNull();

  const imports = page.getByRole('list', { name: 'Imports that are running' });
  const told = imports.getByText(/records\/s, .* left/).waitFor();
  await running.tabTo('Try once more');
  await running.page.keyboard.press('Enter');
  await told;
  await open.screenshot('import-running');
  await last.getByText('done').waitFor();
  const { rows } = await master.api.call('dataset', { params: { dataset: 'products' } });
  // Followed by the totals of the page that nobody has touched.
  await page.getByRole('list', { name: 'Totals' }).getByText(rows.toLocaleString('en')).waitFor();
  browser.expectCalm();
});

test('rejects are downloaded as they are, and safe for spreadsheets', async () => {
  using folder = new TempFolder();
  const file = folder.write('bad.csv', 'name,sku,description\nAnn,a-1,first\n=cmd|calc\n');
  await using master = await MasterProcess.start(folder, ['--source', `shop=${file}`]);
  await master.published('shop', 'bad.csv');
  await using browser = await TestBrowser.start();
  const open = await browser.open(master.url);
  const { page } = open;
  await open.goto('/runs/1/rejects');
  await open.grid('Rejects').getByText('=cmd|calc').waitFor();
  const download = async (name: string): Promise<string> => {
    await open.tabTo(name);
    const [started] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('Enter')]);
    expect(started.suggestedFilename()).toMatch(/\.csv$/);
    return text(await started.createReadStream());
  };
  expect(await download('Download, safe for spreadsheets')).toContain("'=cmd|calc");
  const raw = await download('Download as they are');
  expect(raw).toContain('=cmd|calc');
  expect(raw).not.toContain("'=cmd");
  browser.expectCalm();
});
