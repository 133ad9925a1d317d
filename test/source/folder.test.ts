/** What is hosted of a folder, and what happens to it as a whole. */
import { createHash } from 'node:crypto';
import { mkdirSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { eventually } from '../helpers/eventually.ts';
import { memoryDisk, TempFolder } from '../helpers/temp-folder.ts';
import { TestSource } from '../helpers/test-source.ts';

const csv = 'a,b\n1,2\n';
const version = createHash('sha256').update(csv).digest('hex');

test('sub-folders, and what is left out or refused', async () => {
  using outside = new TempFolder();
  outside.write('secret.csv', csv);
  using folder = new TempFolder();
  mkdirSync(folder.file('sub/deep'), { recursive: true });
  mkdirSync(folder.file('.git'));
  for (const name of [
    'a.csv',
    'sub/b.csv',
    'sub/deep/c.csv',
    '.hidden.csv',
    '.git/d.csv',
    'a.csv~',
    'b.csv.tmp',
  ]) {
    folder.write(name, csv);
  }
  symlinkSync(outside.file('secret.csv'), folder.file('out.csv'));
  symlinkSync(outside.path, folder.file('outside'));
  symlinkSync('../../../../../../../../etc/passwd', folder.file('sub/passwd.csv'));
  symlinkSync('deep', folder.file('sub/link'));
  symlinkSync('nowhere.csv', folder.file('broken.csv'));
  symlinkSync('sub/b.csv', folder.file('inside.csv'));
  expect(spawnSync('mkfifo', [folder.file('pipe.csv')]).status).toBe(0);
  await using source = await TestSource.start(folder);
  for (const name of ['a.csv', 'inside.csv', 'sub/b.csv', 'sub/deep/c.csv']) {
    expect(await source.version(name)).toBe(version);
    expect(await (await source.read(name)).text()).toBe(csv);
  }
  const states = (await source.sense()).files.map(({ name, state, code }) => [name, code ?? state]);
  expect(states).toEqual([
    ['a.csv', 'ready'],
    ['broken.csv', 'link_refused'],
    ['inside.csv', 'ready'],
    ['out.csv', 'link_refused'],
    ['outside', 'link_refused'],
    ['pipe.csv', 'file_not_regular'],
    ['sub/b.csv', 'ready'],
    ['sub/deep/c.csv', 'ready'],
    ['sub/link', 'link_refused'],
    ['sub/passwd.csv', 'link_refused'],
  ]);
  const refused = await source.read('out.csv');
  expect([refused.status, ((await refused.json()) as { code: string }).code]).toEqual([403, 'link_refused']);
  // A change of what a link leads to is one of the link's file too.
  folder.write('sub/b.csv', `${csv}3,4\n`);
  await source.version('inside.csv', version);
});

test.for([
  ...['../secret.csv', '..%2fsecret.csv', 'sub/../a.csv', 'sub%2F..%2Fa.csv', './a.csv', '/a.csv', '//a.csv'],
  ...[
    'a.csv%00',
    '%00',
    'a.csv/',
    '..\\secret.csv',
    '%2e%2e/secret.csv',
    '%252e%252e%252fsecret.csv',
    'a.csv?x',
  ],
  ...['..', '.', '/', '', '.hidden.csv', 'a.csv~', '/etc/passwd', 'file:///etc/passwd', 'a%C0%AFcsv'],
])('/read?file=%s is not there', async (file) => {
  using folder = new TempFolder();
  mkdirSync(folder.file('hosted/sub'), { recursive: true });
  for (const name of ['secret.csv', 'hosted/a.csv', 'hosted/.hidden.csv', 'hosted/a.csv~'])
    folder.write(name, csv);
  await using source = await hosted(folder);
  await source.version('a.csv');
  const response = await source.get(`/read?file=${file}`);
  expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([
    404,
    'file_not_hosted',
  ]);
});

test.for([
  ...[
    '/read/../../secret.csv',
    '/../secret.csv',
    '/%2e%2e/secret.csv',
    '/..%2fsecret.csv',
    '//secret.csv',
    '/a.csv',
  ],
  ...[
    '/read%2f..%2fsecret.csv',
    '/read;file=a.csv',
    '/read/a.csv',
    '/./read',
    '/read/../read',
    '/manifest/../read',
  ],
])('%s is no address', async (path) => {
  using folder = new TempFolder();
  mkdirSync(folder.file('hosted'));
  for (const name of ['secret.csv', 'hosted/a.csv']) folder.write(name, csv);
  await using source = await hosted(folder);
  await source.version('a.csv');
  // As it is said: a client of ours would make it shorter before it asks.
  const socket = connect(Number(new URL(source.server.url).port), '127.0.0.1');
  socket.end(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
  expect(await text(socket)).toMatch(/^HTTP\/1\.1 404 [^]*"code":"address_unknown"/);
});

test('links that lead out by another way: over links, to a neighbour of the same beginning, in a circle', async () => {
  using folder = new TempFolder();
  mkdirSync(folder.file('hosted/sub'), { recursive: true });
  mkdirSync(folder.file('hosted-too'));
  for (const name of ['secret.csv', 'hosted-too/secret.csv', 'hosted/sub/a.csv']) folder.write(name, csv);
  const links = {
    'neighbour.csv': '../hosted-too/secret.csv',
    'absolute.csv': folder.file('hosted-too/secret.csv'),
    'first.csv': 'sub/second.csv',
    'sub/second.csv': '../third.csv',
    'third.csv': '../secret.csv',
    'circle.csv': 'circle.csv',
    'itself.csv': '.',
    'back.csv': '../hosted/sub/../../secret.csv',
    'proc.csv': `/proc/self/root${folder.file('secret.csv')}`,
    'fd.csv': '/dev/stdin',
    'good.csv': '../hosted/sub/a.csv',
  };
  for (const [name, target] of Object.entries(links)) symlinkSync(target, folder.file(`hosted/${name}`));
  await using source = await hosted(folder);
  expect(await source.version('good.csv')).toBe(version);
  const { files } = await source.sense();
  const read = Object.fromEntries(files.map(({ name, code = 'ready' }) => [name, code]));
  const refused = Object.keys(links).filter((name) => name !== 'good.csv');
  expect(read).toEqual({
    ...Object.fromEntries(refused.map((name) => [name, 'link_refused'])),
    ...{ 'good.csv': 'ready', 'sub/a.csv': 'ready' },
  });
  for (const name of refused) expect((await source.read(name)).status).toBe(403);
});

test.for(['the file', 'its folder'])(
  'a link that takes the place of %s after it was listed is not followed',
  async (what) => {
    using folder = new TempFolder();
    mkdirSync(folder.file('hosted/sub'), { recursive: true });
    mkdirSync(folder.file('away'));
    folder.write('hosted/sub/a.csv', csv);
    // As long as the other one, and as old.
    const secret = csv.replace('1', '9');
    folder.write('away/a.csv', secret);
    const at = new Date(1_700_000_000_000);
    for (const name of ['hosted/sub/a.csv', 'away/a.csv']) utimesSync(folder.file(name), at, at);
    await using source = await hosted(folder);
    await source.version('sub/a.csv');
    const [from, to] = what === 'the file' ? ['hosted/sub/a.csv', 'away/a.csv'] : ['hosted/sub', 'away'];
    renameSync(folder.file(from), folder.file('old'));
    symlinkSync(folder.file(to), folder.file(from));
    // At once, and until it is known that the file has gone.
    for (let status = 0; status !== 403 && status !== 404; ) {
      const response = await source.read('sub/a.csv');
      status = response.status;
      expect(await response.text()).not.toContain('9,2');
      expect(status).not.toBe(200);
    }
  },
);

/** A folder below a temporary one. */
function hosted(folder: TempFolder): Promise<TestSource> {
  const below = Object.assign(Object.create(folder) as TempFolder, { path: folder.file('hosted') });
  return TestSource.start(below);
}

test('names of any bytes', async () => {
  using folder = new TempFolder();
  const names = [
    'ä ö.csv',
    'quote".csv',
    "it's.csv",
    'back\\slash.csv',
    'new\nline.csv',
    'tab\t.csv',
    '<b>.csv',
    '100%.csv',
  ];
  names.push(
    'a+b&c=d#e?.csv',
    '\u{1F600}.csv',
    '\u202Eexe.csv',
    '__proto__',
    'constructor',
    `${'x'.repeat(251)}.csv`,
  );
  for (const name of names) folder.write(name, csv);
  writeFileSync(
    Buffer.concat([Buffer.from(`${folder.path}/caf`), Buffer.from([0xe9, 0xff]), Buffer.from('.csv')]),
    csv,
  );
  await using source = await TestSource.start(folder);
  for (const name of [...names, 'caf//E9//FF.csv']) {
    expect(await source.version(name), name).toBe(version);
    expect(await (await source.read(name)).text(), name).toBe(csv);
  }
  expect((await source.sense()).files.length).toBe(names.length + 1);
});

test('a touch is no change, a removed file is one', async () => {
  using folder = new TempFolder();
  const path = folder.write('a.csv', csv);
  folder.write('b.csv', `${csv}3,4\n`);
  await using source = await TestSource.start(folder);
  await source.version('a.csv');
  await source.version('b.csv');
  const before = (await source.sense()).version;
  utimesSync(path, new Date(), new Date());
  await source.until('a.csv', 'preparing');
  expect((await source.sense()).version).toBe(before);
  await source.version('a.csv');
  expect((await source.sense()).version).toBe(before);
  rmSync(path);
  await eventually('a.csv is gone', async () => (await source.file('a.csv')) === undefined);
  expect((await source.sense()).version).not.toBe(before);
  folder.write('a.csv', csv);
  await source.version('a.csv');
  expect((await source.sense()).version).toBe(before);
});

test('times that cannot be: tomorrow, before 1970, beyond what a date holds', async () => {
  using folder = new TempFolder(memoryDisk);
  const times = {
    'tomorrow.csv': Date.now() / 1000 + 86_400,
    'before.csv': -86_400 * 365,
    'never.csv': 9e12,
  };
  for (const [name, seconds] of Object.entries(times)) utimesSync(folder.write(name, csv), seconds, seconds);
  await using source = await TestSource.start(folder);
  for (const name of Object.keys(times)) expect(await source.version(name)).toBe(version);
});

test('the folder is removed while it is hosted, and comes back', async () => {
  using folder = new TempFolder();
  mkdirSync(folder.file('hosted'));
  folder.write('hosted/a.csv', csv);
  await using source = await hosted(folder);
  await source.version('a.csv');
  const before = await source.sense();
  renameSync(folder.file('hosted'), folder.file('away'));
  await eventually('it is away', async () => (await source.get('/sense')).status === 503);
  for (const path of ['/sense', '/read', '/manifest?file=a.csv', '/readyz']) {
    const response = await source.get(path);
    expect(response.headers.get('retry-after')).toBe('2');
    expect(await response.json()).toMatchObject({ status: 503, code: 'hosted_folder_gone', retryable: true });
  }
  expect((await source.get('/healthz')).status).toBe(200);
  renameSync(folder.file('away'), folder.file('hosted'));
  await eventually('it is back', async () => (await source.get('/sense')).status === 200);
  expect(await source.sense()).toEqual(before);
  rmSync(folder.file('hosted'), { recursive: true });
  await eventually('it is away', async () => (await source.get('/sense')).status === 503);
  mkdirSync(folder.file('hosted'));
  folder.write('hosted/b.csv', csv);
  await eventually('it is back', async () => (await source.get('/sense')).status === 200);
  await source.version('b.csv');
  expect(await source.file('a.csv')).toBeUndefined();
});

test('nothing hosted', async () => {
  using folder = new TempFolder();
  await using source = await TestSource.start(folder);
  expect(await source.sense()).toMatchObject({ status: 0, files: [] });
  expect(await (await source.get('/read')).json()).toMatchObject({ status: 404, code: 'nothing_hosted' });
});

test('ten thousand files', async () => {
  using folder = new TempFolder(memoryDisk);
  for (let number = 0; number < 10_000; number++) {
    if (number % 1000 === 0) mkdirSync(folder.file(`${number / 1000}`));
    folder.write(join(String(Math.floor(number / 1000)), `${number}.csv`), `a,b\n${number},2\n`);
  }
  await using source = await TestSource.start(folder);
  await eventually(
    'all are ready',
    async () => (await source.metric('longhaul_source_files{state="ready"}')) === 10_000,
    // Counting ten thousand files every two milliseconds would take the time that hashing them needs.
    ...[100_000, 100],
  );
  const { files } = await source.sense();
  expect(files.length).toBe(10_000);
  expect(new Set(files.map(({ version: each }) => each)).size).toBe(10_000);
  const before = files.find(({ name }) => name === '7/7777.csv')!.version;
  folder.write('7/7777.csv', csv);
  expect(await source.version('7/7777.csv', before)).toBe(version);
}, 110_000);
