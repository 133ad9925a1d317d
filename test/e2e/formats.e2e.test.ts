/** Files in other formats than plain UTF-8 with commas, by the real command: each gives the same table. */
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { longhaul, longhaulJson } from '../helpers/cli.ts';
import { value } from '../helpers/dump.ts';
import { TempFolder } from '../helpers/temp-folder.ts';

const text = 'name,sku,description\nGröße,s1,“naïve” €5\nAnn,s2,"two\nlines"\n';
const twoFiles =
  'UEsDBBQAAAAIAAAAIQDJRkjOHgAAABwAAAAFAAAAYS5jc3bLS8xN1SnOLtVJSS1OLsosKMnMz+Ny1Ck21EnkAgBQSwMEFAAAAAgAAAAhAHmgOMYeAAAAHAAAAAUAAABiLmNzdstLzE3VKc4u1UlJLU4uyiwoyczP43LSKTbSSeICAFBLAQIUAxQAAAAIAAAAIQDJRkjOHgAAABwAAAAFAAAAAAAAAAAAAACAAQAAAABhLmNzdlBLAQIUAxQAAAAIAAAAIQB5oDjGHgAAABwAAAAFAAAAAAAAAAAAAACAAUEAAABiLmNzdlBLBQYAAAAAAgACAGYAAACCAAAAAAA=';
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

test('one file of several in a zip archive, each with versions of its own', async () => {
  using folder = new TempFolder();
  // Made by Python's zipfile: a.csv and b.csv.
  folder.write('two.zip', Buffer.from(twoFiles, 'base64'));
  const run = (...args: string[]): ReturnType<typeof longhaul> =>
    longhaul(['import', 'two.zip', ...args], { cwd: folder.path });
  expect((await run()).stderr).toBe(
    'longhaul: two.zip: the zip archive holds 2 files: "a.csv", "b.csv"\nTry: name one of them: --entry "a.csv"\n',
  );
  expect((await run('--entry', 'c.csv')).stderr).toContain('two.zip!c.csv: the zip archive has no "c.csv"');
  for (const entry of ['a.csv', 'b.csv']) {
    expect((await run('--entry', entry)).stdout).toContain('1 inserted');
    expect((await run('--entry', entry)).stdout).toContain('nothing to do');
  }
  expect(products(folder.file('longhaul.db'))).toEqual(['A|s1|a', 'B|s2|b']);
  const piped = await longhaul(['import', '-'], { stdin: Buffer.from(twoFiles, 'base64') });
  expect(piped.stderr).toContain('standard input: is a zip archive, which can be read from a file');
  const entryOfStream = await longhaul(['import', '-', '--entry', 'a.csv']);
  expect(entryOfStream.status).toBe(2);
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
  expect(stderr).not.toMatch(/Try: give \S+ it /);
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

test('--dry-run shows what would be stored, and writes nothing', async () => {
  using folder = new TempFolder();
  folder.write('a.csv', 'name;sku;x;description\nA;s1;;"o\nne"\nB;s2\nC;s3;;3\n');
  const run = (...args: string[]): ReturnType<typeof longhaul> =>
    longhaul(['import', '--dry-run', 'a.csv', ...args], { cwd: folder.path });
  const looks = {
    quote: 'it looks like ": fields begin and end with "',
    delimiter:
      'it looks like ;: semicolons divide 3 of 4 records of the sample into 4 fields, and the first one names name, sku, description',
    header: 'it looks like yes: the first record names name, sku, description',
  };
  expect(await run('--delimiter', ';')).toEqual({
    status: 0,
    signal: null,
    stderr: '',
    stdout: `a.csv: tried only, nothing was written
  delimiter  ; (${looks.delimiter})
  quote      " (${looks.quote})
  header     yes (${looks.header})
  encoding   utf-8 (all that was looked at is valid)
  columns    sku from field 2, name from field 1, description from field 4
  left out   x
  line  sku  name  description
  ────  ───  ────  ───────────
     2  s1   A     o⏎ne
     5  s3   C     3
  line 4 would be rejected: too_few_fields
  3 records = 2 inserted + 0 updated + 0 unchanged + 0 superseded + 0 kept + 1 rejected
  products would have 2 rows
  rejected: 1 record (too_few_fields 1)
`,
  });
  const wrong = await run();
  expect(wrong.status).toBe(1);
  expect(wrong.stdout).toContain("as it looks, it would be: longhaul import --delimiter ';'\n");
  expect(wrong.stderr).toContain('the header has no column');
  const json = await run('--delimiter', ';', '--json');
  expect(JSON.parse(json.stdout)).toMatchObject({
    previews: [
      {
        outcome: { status: 'done', records: 3, inserted: 2, rejected: 1, rows: 2 },
        rows: [{ line: 2, values: ['s1', 'A', 'o\nne'] }, { line: 5 }],
        error: null,
      },
    ],
  });
  expect(folder.list()).toEqual(['a.csv']);
});

test('--dry-run of standard input, of no header, of an empty and of a missing file', async () => {
  using folder = new TempFolder();
  const run = (args: string[], stdin: string | Uint8Array = ''): ReturnType<typeof longhaul> =>
    longhaul(['import', '--dry-run', ...args], { cwd: folder.path, stdin });
  const big = 'n,s,d\n'.repeat(200_000);
  const { status, stdout } = await run(['-', '--no-header'], gzipSync(big));
  expect(status).toBe(0);
  expect(stdout).toContain('200,000 records = 1 inserted + 0 updated + 0 unchanged + 199,999 superseded');
  expect((await run(['-'])).stderr).toContain('is empty');
  expect((await run(['-'], 'name,sku,description\n')).stdout).toContain('products would have 0 rows');
  expect(await run(['missing.csv'])).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('no such file') as string,
  });
  expect(folder.list()).toEqual([]);
});

test('an encoding that is none', async () => {
  const { status, stderr } = await longhaul(['import', '--encoding', 'utf-7', 'a.csv']);
  expect([status, stderr]).toEqual([2, expect.stringContaining('--encoding cannot be "utf-7"')]);
});
