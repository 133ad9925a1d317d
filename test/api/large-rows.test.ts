import { expect, test } from 'vitest';
import { rows } from '../../src/api/reading/rows.ts';
import type { Row } from '../../src/api/wire/rows.ts';
import { SqliteReader } from '../../src/store/sqlite/reader.ts';
import { longhaul } from '../helpers/cli.ts';
import { header } from '../helpers/shop.ts';
import { TempFolder } from '../helpers/temp-folder.ts';

/** Some small, most large, one larger than a page is to be. */
const sizes = Array.from({ length: 120 }, (_, index) =>
  index < 20 ? 10 : index === 40 ? 5_000_000 : 300_000,
);

test('a page ends where it is large enough, and the next one goes on there', async () => {
  using folder = new TempFolder();
  const lines = sizes.map((size, index) => `n,sku-${String(index).padStart(3, '0')},${'x'.repeat(size)}\n`);
  folder.write('a.csv', header + lines.join(''));
  const imported = await longhaul(['import', 'a.csv', '--db', 'sqlite:a.db'], { cwd: folder.path });
  expect(imported).toMatchObject({ status: 0 });
  await using reader = new SqliteReader(folder.file('a.db'));
  const found: string[] = [];
  const pageBytes: number[] = [];
  for (let after: string | undefined; ; ) {
    const query = { match: 'prefix', order: 'asc', limit: 1000, after } as const;
    const asked = { params: { dataset: 'products' }, query, headers: undefined, body: undefined };
    const { body } = await rows(reader, asked);
    const page = JSON.parse(String(body)) as { items: Row[]; next: string | null };
    pageBytes.push(Buffer.byteLength(String(body)));
    expect(page.items.length).toBeGreaterThan(0);
    found.push(...page.items.map(({ id }) => id));
    if (page.next === null) break;
    after = page.next;
  }
  expect(found).toEqual(sizes.map((_, index) => `sku-${String(index).padStart(3, '0')}`));
  expect(pageBytes.length).toBeGreaterThan(3);
  expect(Math.max(...pageBytes)).toBeLessThan(20_000_000);
});
