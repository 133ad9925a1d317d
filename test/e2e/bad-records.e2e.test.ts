/** Bad records in good files: kept with their reason, until there are too many. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { value } from '../helpers/dump.ts';
import { header, makeTemplate, removeTemplate, Shop } from '../helpers/shop.ts';

beforeAll(makeTemplate);
afterAll(removeTemplate);

interface Receipt {
  readonly run: number;
  readonly status: string;
  readonly reconciled: boolean;
  readonly records: number;
  readonly rejected: number;
  readonly blankLines: number;
  readonly inserted: number;
  readonly peakRssBytes: number;
  readonly rejectedBy: Readonly<Record<string, number>>;
}
interface Reject {
  readonly run: number;
  readonly line: number;
  readonly byteOffset: number;
  readonly byteLength: number;
  readonly code: string;
  readonly rawBase64: string;
}

/** Imports content and gives back its receipt and its rejects, as `[line, byte, code, raw]`. */
async function imported(shop: Shop, content: string | Uint8Array, ...options: string[]) {
  shop.write('new.csv', content);
  const result = await shop.run(['import', 'new.csv', '--json', ...options]);
  expect(result).toMatchObject({ status: 0, stderr: '' });
  const receipt = (JSON.parse(result.stdout) as { receipts: Receipt[] }).receipts[0]!;
  expect(receipt).toMatchObject({ status: 'done', reconciled: true });
  const shown = await shop.run(['show', 'rejects', String(receipt.run), '--json', '--limit', '1000000']);
  const { rejects } = JSON.parse(shown.stdout) as { rejects: Reject[] };
  const listed = rejects.map(({ line, byteOffset, code, rawBase64 }) => [
    line,
    byteOffset,
    code,
    Buffer.from(rawBase64, 'base64').toString('latin1'),
  ]);
  return { receipt, rejects: listed };
}

test('each kind of bad record is kept with line, byte and raw text; the good ones around it are imported', async () => {
  using shop = new Shop();
  const lines = [
    'Cid,k1,good',
    'few,k2',
    'many,k3,d,e',
    'empty,,d',
    '',
    '"stray"x,k4,d',
    'utf,k5,\xff\xfe',
    'nul,k6,\0',
    'Cid,k7,"good\r\nover two lines"',
    'Cid,k8,last without a line end',
  ];
  const content = Buffer.from(header + lines.join('\n'), 'latin1');
  const at = (text: string): number => content.indexOf(Buffer.from(text, 'latin1'));
  const { receipt, rejects } = await imported(shop, content);
  expect(receipt).toMatchObject({ records: 9, inserted: 3, rejected: 6, blankLines: 1 });
  expect(rejects).toEqual([
    [3, at('few'), 'too_few_fields', 'few,k2'],
    [4, at('many'), 'too_many_fields', 'many,k3,d,e'],
    [5, at('empty'), 'empty_key', 'empty,,d'],
    [7, at('"stray"'), 'stray_quote', '"stray"x,k4,d'],
    [8, at('utf'), 'bad_encoding', 'utf,k5,\xff\xfe'],
    [9, at('nul'), 'nul_byte', 'nul,k6,\0'],
  ]);
  expect(value(shop.database, "SELECT group_concat(sku || _line) FROM products WHERE sku LIKE 'k%'")).toBe(
    'k12,k710,k812',
  );
});

test('the receipt names the rejects in its last line, with the command that shows them', async () => {
  using shop = new Shop();
  shop.write('new.csv', `${header}a,k1\n\nb,k2,d\nc,k3,d,e\nd,k4\n`);
  const { status, stdout } = await shop.run(['import', 'new.csv']);
  expect(status).toBe(0);
  expect(stdout.trimEnd().split('\n').slice(-2)).toEqual([
    '  note: 1 blank line passed over',
    '  rejected: 3 records (too_few_fields 2, too_many_fields 1); longhaul show rejects 2',
  ]);
});

test('only a header: done, with a note', async () => {
  using shop = new Shop();
  shop.write('only.csv', header);
  const { status, stdout, stderr } = await shop.run(['import', 'only.csv']);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toContain('  0 records = 0 inserted');
  expect(stdout.trimEnd().split('\n').at(-1)).toBe('  note: the file has a header but no records');
  expect(value(shop.database, 'SELECT count(*) FROM products')).toBe(3);
});

test('line ends: CR CR LF is a line end and a blank line, CR alone is a line end', async () => {
  using shop = new Shop();
  const crcrlf = await imported(shop, `${header.trim()}\r\r\na,k1,d\r\r\nb,k2,d\r\r\n`);
  expect(crcrlf.receipt).toMatchObject({ records: 2, inserted: 2, rejected: 0, blankLines: 3 });
  const cr = await imported(shop, `${header.trim()}\ra,k3,d\rb,k4,d`);
  expect(cr.receipt).toMatchObject({ records: 2, inserted: 2, rejected: 0, blankLines: 0 });
  expect(value(shop.database, "SELECT group_concat(_line) FROM products WHERE sku LIKE 'k%'")).toBe(
    '3,5,2,3',
  );
});

test('a field of 100 MB is rejected unread, the rest is imported, and memory stays small', async () => {
  using shop = new Shop();
  const path = shop.file('big.csv');
  const fd = openSync(path, 'w');
  writeSync(fd, `${header}Cid,k1,d\nDan,k2,"`);
  const block = Buffer.alloc(2 ** 20, 'x,\n');
  for (let count = 0; count < 100; count++) writeSync(fd, block);
  writeSync(fd, '"\nCid,k3,d\n');
  closeSync(fd);
  const { status, stdout } = await shop.run(['import', 'big.csv', '--json']);
  expect(status).toBe(0);
  const receipt = (JSON.parse(stdout) as { receipts: Receipt[] }).receipts[0]!;
  expect(receipt).toMatchObject({
    records: 3,
    inserted: 2,
    rejected: 1,
    reconciled: true,
    rejectedBy: { field_too_large: 1 },
  });
  expect(receipt.peakRssBytes).toBeLessThan(250 * 2 ** 20);
  const shown = await shop.run(['show', 'rejects', '2', '--json']);
  const [reject] = (JSON.parse(shown.stdout) as { rejects: Reject[] }).rejects;
  expect(reject).toMatchObject({
    line: 3,
    byteOffset: header.length + 'Cid,k1,d\n'.length,
    byteLength: 'Dan,k2,""'.length + 100 * 2 ** 20,
  });
  expect(Buffer.from(reject!.rawBase64, 'base64')).toHaveLength(4096);
  // The line break inside the quotes counts.
  const lines = block.toString().split('\n').length - 1;
  expect(value(shop.database, "SELECT _line FROM products WHERE sku = 'k3'")).toBe(4 + 100 * lines);
});

/** A file with so many good and bad records. */
function mixed(good: number, bad: number): string {
  const lines = Array.from({ length: good }, (_, index) => `n,k${index},d\n`);
  return header + lines.join('') + 'x,y\n'.repeat(bad);
}

test('too many rejects fail the run and change nothing', async () => {
  using shop = new Shop();
  const cases = [
    { good: 899, bad: 101, options: [], limit: '10 % and 100 records' },
    { good: 0, bad: 101, options: [], limit: '10 % and 100 records' },
    { good: 999, bad: 1, options: ['--max-rejects', '0'], limit: '0' },
    { good: 10, bad: 6, options: ['--max-rejects', '5'], limit: '5' },
    { good: 94, bad: 6, options: ['--max-rejects', '5%'], limit: '5 %' },
    { good: 94, bad: 6, options: ['--strict', '--max-rejects', '5%'], limit: '5 %' },
  ];
  for (const [index, { good, bad, options, limit }] of cases.entries()) {
    shop.write('bad.csv', mixed(good, bad));
    const result = await shop.run(['import', 'bad.csv', ...options]);
    const run = index + 2;
    expect(result).toEqual({
      status: 1,
      signal: null,
      stdout: '',
      stderr: `longhaul: bad.csv: ${bad} of ${good + bad} records were rejected, more than the limit of ${limit}; nothing was published. Most often: too_few_fields (${bad})\nTry: see whether --delimiter and --quote are those of the file; "longhaul show rejects ${run}" lists them; --max-rejects raises the limit\n`,
    });
    shop.expectUntouched();
    const shown = await shop.run(['show', 'rejects', String(run), '--json', '--limit', '1000']);
    expect((JSON.parse(shown.stdout) as { rejects: Reject[] }).rejects).toHaveLength(bad);
  }
});

test('as many rejects as the limit allows are no failure', async () => {
  using shop = new Shop();
  const cases = [
    { good: 900, bad: 100, options: [] },
    { good: 0, bad: 100, options: [] },
    { good: 10, bad: 5, options: ['--max-rejects', '5'] },
    { good: 95, bad: 5, options: ['--max-rejects', '5%'] },
    { good: 0, bad: 7, options: ['--max-rejects', '100%'] },
  ];
  for (const { good, bad, options } of cases) {
    const { receipt } = await imported(shop, mixed(good, bad), ...options);
    expect(receipt).toMatchObject({ records: good + bad, rejected: bad });
  }
});

test('--strict: published, but status 3; without rejects 0', async () => {
  using shop = new Shop();
  shop.write('bad.csv', mixed(1, 1));
  shop.write('good.csv', mixed(1, 0));
  expect((await shop.run(['import', 'bad.csv', '--strict'])).status).toBe(3);
  expect((await shop.run(['import', 'good.csv', '--strict'])).status).toBe(0);
  expect((await shop.run(['import', 'good.csv', 'bad.csv', 'missing.csv', '--strict'])).status).toBe(1);
  expect(value(shop.database, 'SELECT count(*) FROM products')).toBe(4);
});

test('product text is never markup for a terminal, and CSV for programs keeps it', async () => {
  using shop = new Shop();
  const nasty = '\x1b]0;title\x07\x1b[2J\u202eevil\u0085\x7f';
  await imported(shop, `${header}"${nasty}",k1,"a\r\nb"\n${nasty}\n`);
  for (const args of [['products'], ['products', 'k1'], ['counts'], ['rejects']]) {
    const { stdout, status } = await shop.run(['show', ...args]);
    expect(status).toBe(0);
    expect(stdout).toContain('evil');
    expect(stdout.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u202a-\u202e]/u);
  }
  const csv = await shop.run(['show', 'products', 'k1', '--csv']);
  expect(csv.stdout).toBe(`name,sku,description,_run,_line\n${nasty},k1,"a\r\nb",2,2\n`);
  const json = await shop.run(['show', 'products', 'k1', '--json']);
  expect(JSON.parse(json.stdout)).toMatchObject({
    products: [{ name: nasty, sku: 'k1', description: 'a\r\nb', _run: 2, _line: 2 }],
  });
});
