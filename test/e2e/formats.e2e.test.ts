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

test('an encoding that is none', async () => {
  const { status, stderr } = await longhaul(['import', '--encoding', 'utf-7', 'a.csv']);
  expect([status, stderr]).toEqual([2, expect.stringContaining('--encoding cannot be "utf-7"')]);
});
