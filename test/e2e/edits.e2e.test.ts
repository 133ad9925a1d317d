/** A person edits products: the command, what imports do to edits, the story of a row. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { value } from '../helpers/dump.ts';
import { header, makeTemplate, removeTemplate, Shop } from '../helpers/shop.ts';

beforeAll(makeTemplate);
afterAll(removeTemplate);

async function json(shop: Shop, ...args: string[]): Promise<Record<string, unknown>> {
  const { status, stdout, stderr } = await shop.run([...args, '--json']);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return JSON.parse(stdout) as Record<string, unknown>;
}

test('an edit survives imports until the file brings something new', async () => {
  using shop = new Shop();
  expect(await shop.run(['update', 's1', '--name', 'Eve\nII'])).toEqual({
    status: 0,
    signal: null,
    stdout: 's1 edited: name "Eve⏎II", description "one"\n',
    stderr: '',
  });
  expect(value(shop.database, "SELECT name FROM products WHERE sku = 's1'")).toBe('Eve\nII');
  expect(value(shop.database, "SELECT no_of_products FROM product_counts WHERE name = 'Ann'")).toBe(1);
  expect(await shop.run(['verify'])).toMatchObject({ status: 0 });

  shop.write('next.csv', `${header}Ann,s1,one\nBob,s2,new\n`);
  const kept = await shop.run(['import', 'next.csv', '--as', 'stock.csv', '--json']);
  expect(JSON.parse(kept.stdout)).toMatchObject({ receipts: [{ kept: 1, updated: 1, reconciled: true }] });
  const { stdout: text } = await shop.run(['show', 'products', 's1']);
  expect(text).toMatch(/name {9}Eve⏎II/);
  expect(text).toContain('edited by a person; without the edit, by line 2 of');
  expect(text).toContain('1 edit, the newest first:');
  expect(text).toContain('stands');

  shop.write('last.csv', `${header}Ann,s1,other\n`);
  const ended = await json(shop, 'import', 'last.csv', '--as', 'stock.csv');
  expect(ended).toMatchObject({ receipts: [{ kept: 0, updated: 1 }] });
  const told = await json(shop, 'show', 'products', 's1');
  const time: unknown = expect.stringMatching(/^\d{4}-.*Z$/);
  const hexadecimal: unknown = expect.stringMatching(/^[\da-f]+$/);
  const first = { run: 1, publishNumber: 1, source: 'local', version: hexadecimal, published: time };
  expect(told).toMatchObject({
    products: [
      {
        ...{ name: 'Ann', sku: 's1', description: 'other', _run: 3, _line: 2, hash: hexadecimal },
        origin: { run: 3, publishNumber: 3, file: 'stock.csv', line: 2, published: time },
        edits: [
          {
            ...{ edit: 1, state: 'ended', edited: time, ended: time },
            values: { name: 'Eve\nII', sku: 's1', description: 'one' },
            endedBy: { run: 3, publishNumber: 3, file: 'stock.csv' },
            covers: expect.arrayContaining([expect.objectContaining({ ...first, line: 2 })]) as unknown,
            withoutIt: { ...first, line: 2, values: { name: 'Ann', sku: 's1', description: 'one' } },
          },
        ],
      },
    ],
  });
  const { stdout: after } = await shop.run(['show', 'products', 's1']);
  expect(after).toContain('brought by line 2 of stock.csv (run 3, version ');
  expect(after).toContain('ended by a new record, stock.csv (run 3');
  expect(await shop.run(['verify'])).toMatchObject({ status: 0 });
});

test('an edit is taken back', async () => {
  using shop = new Shop();
  const before = await json(shop, 'show', 'products', 's2');
  const edited = await json(shop, 'update', 's2', '--name', '', '--description', 'new');
  expect(edited).toMatchObject({ edit: 'standing', product: { name: '', sku: 's2', description: 'new' } });
  const hash = (edited['product'] as { hash: string }).hash;
  const back = await json(shop, 'update', 's2', '--take-back', '--if-hash', hash);
  const [product] = before['products'] as Record<string, unknown>[];
  const { origin: _origin, edits: _edits, ...row } = product!;
  expect(back).toMatchObject({ edit: 'taken_back', product: row });
  expect((await shop.run(['show', 'products', 's2'])).stdout).toContain('taken back 2');
  expect(await shop.run(['update', 's2', '--take-back'])).toMatchObject({
    status: 1,
    stderr:
      'longhaul: there is no edit of the row "s2" to take back\nTry: "longhaul show products" with its key tells which edits there were and how they ended\n',
  });
});

test.for<[args: string[], status: number, message: string]>([
  [['s1'], 2, 'nothing to change: give --name or --description or --set, or --take-back'],
  [['s1', '--take-back', '--name', 'x'], 2, '--take-back goes without --name or --description'],
  [[], 2, "missing required argument 'key'"],
  [['s1', '--sku', 's9'], 2, "unknown option '--sku'"],
  [['s1', '--name', 'x', '--if-hash', '12'], 2, '--if-hash cannot be "12"'],
  [
    ['s1', '--name', 'x', '--if-hash', '0123456789abcdef'],
    1,
    'the row "s1" has been changed since it was read',
  ],
  [['s1', '--name', 'Ann'], 1, 'the row "s1" has these values already; nothing was changed'],
  [['S1', '--name', 'x'], 1, 'products has no row with the key "S1"'],
])('update %j is refused', async ([args, status, message]) => {
  using shop = new Shop();
  const result = await shop.run(['update', ...args]);
  expect(result).toMatchObject({ status, stdout: '' });
  expect(result.stderr).toContain(message);
  expect(result.stderr).toContain('Try: ');
  shop.expectUntouched();
});

test('an edit makes no database', async () => {
  using shop = new Shop();
  const result = await shop.run(['update', 's1', '--name', 'x'], { database: shop.newDatabase });
  expect(result).toMatchObject({ status: 1, stdout: '' });
  expect(result.stderr).toContain('no such database');
  shop.expectUntouched();
});
