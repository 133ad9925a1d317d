/** Files in other formats than plain UTF-8 with commas, by the real command: each gives the same table. */
import { brotliCompressSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { longhaul, longhaulJson } from '../helpers/cli.ts';
import { value } from '../helpers/dump.ts';
import { TempFolder } from '../helpers/temp-folder.ts';

const text = 'name,sku,description\nGröße,s1,“naïve” €5\nAnn,s2,"two\nlines"\n';
const rows = ['Ann|s2|two\nlines', 'Größe|s1|“naïve” €5'];

function products(database: string): string[] {
  const row = "name || '|' || sku || '|' || description";
  const json = value(database, `SELECT json_group_array(${row} ORDER BY name) FROM products`);
  return JSON.parse(String(json)) as string[];
}

/** The products in the new database that an import of these bytes makes. */
async function imported(
  content: Uint8Array | string,
  args: readonly string[] = [],
  name = 'a.csv',
): Promise<string[]> {
  using folder = new TempFolder();
  const command = ['import', '--db', 'sqlite:new.db', ...args, folder.write(name, content)];
  const result = await longhaul(command, { cwd: folder.path });
  expect(result).toMatchObject({ status: 0, stderr: '' });
  return products(folder.file('new.db'));
}

test('compressed', async () => {
  expect(await imported(zstdCompressSync(text))).toEqual(rows);
  expect(await imported(brotliCompressSync(text), [], 'a.csv.br')).toEqual(rows);
});

test('in other encodings', async () => {
  const utf16 = Buffer.from(`\uFEFF${text}`, 'utf16le');
  expect(await imported(utf16)).toEqual(rows);
  expect(await imported(gzipSync(Buffer.from(utf16).swap16()))).toEqual(rows);
  expect(await imported(utf16.subarray(2), ['--encoding', 'UTF-16LE'])).toEqual(rows);
  const western = Buffer.from(text.replace('“', '\x93').replace('”', '\x94').replace('€', '\x80'), 'latin1');
  expect(await imported(western, ['--encoding', 'latin1'])).toEqual(rows);
});

test('characters that are malformed in their encoding reject their record and no other', async () => {
  using folder = new TempFolder();
  // 82 begins a character of Shift-JIS that the line end does not end.
  const content = Buffer.from('name,sku,description\na,s1,\x83\x41\nb,s2,\x82\nc,s3,d\n', 'latin1');
  const { receipts } = await longhaulJson<{ receipts: { rejected: Record<string, number> }[] }>(
    ['import', '--encoding', 'shift_jis', folder.write('a.csv', content)],
    { cwd: folder.path },
  );
  expect(receipts[0]).toMatchObject({ records: 3, inserted: 2, rejected: 1 });
  const { stdout } = await longhaul(['show', 'rejects', '1'], { cwd: folder.path });
  expect(stdout).toContain('bad_encoding');
  expect(products(folder.file('longhaul.db'))).toEqual(['a|s1|ア', 'c|s3|d']);
});

test('in other dialects', async () => {
  const tabs = text.replaceAll(',', '\t');
  expect(await imported(tabs, ['--delimiter', 'tab'])).toEqual(rows);
  const single = text.replaceAll(',', '^').replaceAll('"', "'");
  expect(await imported(single, ['--delimiter', '^', '--quote', "'"])).toEqual(rows);
  const escaped = 'name,sku,description\n"a \\"b\\" c",s1,"\\\\"\n';
  expect(await imported(escaped, ['--escape', '\\'])).toEqual(['a "b" c|s1|\\']);
});

test('without a header', async () => {
  const records = text.slice(text.indexOf('\n') + 1);
  expect(await imported(records, ['--no-header'])).toEqual(rows);
  expect(
    await imported(`\uFEFF\n\n${records}`, ['--no-header', '--columns', 'name,sku,description']),
  ).toEqual(rows);
  const turned = 's1,x,Größe,“naïve” €5\n\nonly one field\ns2,x,Ann,"two\nlines"';
  const args = ['--no-header', '--columns', 'sku,color,name,description'];
  expect(await imported(turned, args)).toEqual(rows);
  // The first record does not decide how many fields there are, nor whether an empty line is one.
  expect(await imported(`one\n\n${records}`, ['--no-header'])).toEqual(rows);
  expect(
    await imported(`${'x'.repeat(100)}\n\n${records}`, ['--no-header', '--max-record-size', '64B']),
  ).toEqual(rows);
});

test.each([
  [['--columns', 'sku'], '--columns cannot be "sku": it must stand beside --no-header'],
  [
    ['--no-header', '--columns', 'sku,name'],
    '--columns cannot be "sku,name": it must name name, sku, description',
  ],
  [['--no-header', '--columns', 'sku,sku'], 'names "sku" twice'],
  [['--escape', ','], '--escape cannot be ",": it must be another character than --delimiter'],
  [['--quote', 'none', '--escape', '/'], '--escape cannot be "/": it must be none where --quote is none'],
])('%j is refused', async (args, message) => {
  const { status, stderr } = await longhaul(['import', ...args, 'a.csv']);
  expect([status, stderr]).toEqual([2, expect.stringContaining(message)]);
});

test('no header and no records, or another format', async () => {
  using folder = new TempFolder();
  for (const [content, message] of [
    ['', 'is empty'],
    ['\uFEFF\n\n', 'is empty'],
    ['<html>\n', 'HTML'],
    ['\0\0', 'NUL'],
  ] as const) {
    const file = folder.write('a.csv', content);
    const { status, stderr } = await longhaul(['import', '--no-header', file], { cwd: folder.path });
    expect([status, stderr]).toEqual([1, expect.stringContaining(message)]);
  }
});

test('an encoding that is none', async () => {
  const { status, stderr } = await longhaul(['import', '--encoding', 'utf-7', 'a.csv']);
  expect([status, stderr]).toEqual([2, expect.stringContaining('--encoding cannot be "utf-7"')]);
});
