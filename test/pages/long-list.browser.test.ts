/** A list of any length: to its end and back, by the keys and by the scroll bar, with nothing loaded twice. */
import { expect, test } from 'vitest';
import { type OpenPage, TestBrowser } from '../helpers/browser.ts';
import { MasterProcess } from '../helpers/master-process.ts';
import { TempFolder } from '../helpers/temp-folder.ts';

const sku = (index: number): string => `sku-${String(index).padStart(7, '0')}`;

async function withRows(rows: number, work: (open: OpenPage) => Promise<void>): Promise<void> {
  using folder = new TempFolder();
  const lines = Array.from({ length: rows }, (_, index) => `Name ${index},${sku(index)},text\n`);
  const file = folder.write('products.csv', `name,sku,description\n${lines.join('')}`);
  await using master = await MasterProcess.start(folder, ['--source', `shop=${file}`]);
  await master.published('shop', 'products.csv');
  await using browser = await TestBrowser.start();
  await work(await browser.open(master.url));
  browser.expectCalm();
}

/** @param to pixels, as an expression of the scrolled element `list` */
function scroll({ page }: OpenPage, to: string): Promise<void> {
  return page.evaluate(`{
    const list = document.querySelector('[role=grid]');
    list.scrollTop = ${to};
  }`);
}

/** Until nothing is asked for: who leaves an end takes back what is asked for ahead there, and asks for it anew when he comes back. */
function isAtRest({ page }: OpenPage): Promise<void> {
  return page.locator('[role=grid][aria-busy=false]').waitFor();
}

/** Requests for pages of a list, each of which may be made once. */
function expectOnce(open: OpenPage, list: string): string[] {
  const asked = open.asked.filter((each) => each.startsWith('GET /api/') && each.includes(list));
  expect(asked.toSorted()).toEqual([...new Set(asked)].toSorted());
  return asked;
}

test('rows: End, backwards by the keys, Home; the scroll bar to its end', async () => {
  // More than lie in one element.
  const rows = 320_000;
  await withRows(rows, async (open) => {
    const { page } = open;
    await open.goto('/datasets/products/rows');
    const list = open.grid('Products: rows');
    const sees = (index: number): Promise<void> =>
      list.getByRole('link', { name: sku(index), exact: true }).waitFor();
    await sees(0);
    await isAtRest(open);
    await list.press('End');
    await sees(rows - 1);
    expect(
      await list
        .getByRole('row')
        .filter({ hasText: sku(rows - 1) })
        .getAttribute('aria-rowindex'),
    ).toBe(String(rows + 1));
    /** From 0. */
    const active = async (): Promise<number> => {
      const id = await list.getAttribute('aria-activedescendant');
      return id === null ? Number.NaN : Number(id.slice(id.lastIndexOf('-') + 1));
    };
    for (let seen = rows - 1; seen > rows - 1200; seen = await active()) {
      await list.press('PageUp');
      await expect.poll(active).toBeLessThan(seen);
      await sees(await active());
    }
    await isAtRest(open);
    await list.press('Home');
    await sees(0);
    await isAtRest(open);
    await scroll(open, 'list.scrollHeight');
    await sees(rows - 1);
    await isAtRest(open);
    await scroll(open, '0');
    await sees(0);
    await isAtRest(open);
    // As many rows as were seen, and what is loaded ahead: no way to the end leads through what is between.
    const asked = expectOnce(open, '/rows?');
    expect(asked.length).toBeLessThan(12);

    await scroll(open, 'list.scrollHeight / 2');
    await page.getByRole('status').getByText('is found by searching').waitFor();
    expect(expectOnce(open, '/rows?').length).toBe(asked.length);
    await list.press('End');
    await sees(rows - 1);

    await open.visit('Counts');
    const counts = open.grid('Counts by name');
    await counts.getByText('Name 0', { exact: true }).waitFor();
    await isAtRest(open);
    await counts.press('End');
    await counts.getByText('Name 99999', { exact: true }).waitFor();
    expectOnce(open, '/counts?');
  });
});

test('a list in which both ends meet has each row once', async () => {
  const rows = 3000;
  await withRows(rows, async (open) => {
    await open.goto('/datasets/products/rows');
    const list = open.grid('Products: rows');
    await list.getByRole('link', { name: sku(0), exact: true }).waitFor();
    await isAtRest(open);
    await list.press('End');
    await list.getByRole('link', { name: sku(rows - 1), exact: true }).waitFor();
    await isAtRest(open);
    await list.press('Home');
    for (let index = 0; index < rows; index += 15) {
      await scroll(open, String(index * 36));
      for (const each of [index, Math.min(rows - 1, index + 14)]) {
        const row = list.locator(`[aria-rowindex="${each + 2}"]`);
        await row.getByRole('link', { name: sku(each), exact: true }).waitFor();
      }
    }
    const limits = expectOnce(open, '/rows?').map((each) => Number(/limit=(\d+)/.exec(each)?.[1]));
    expect(limits.reduce((sum, limit) => sum + limit, 0)).toBe(rows);
  });
});
