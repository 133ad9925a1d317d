/** What somebody with bad intentions sends to a master: each refused or harmless. */
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { DatabaseSync } from 'node:sqlite';
import { gzipSync, zstdDecompressSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Upload } from '../../src/api/wire/imports.ts';
import { longhaul } from '../helpers/cli.ts';
import { eventually } from '../helpers/eventually.ts';
import { MasterProcess } from '../helpers/master-process.ts';
import { OddServer } from '../helpers/odd-server.ts';
import { ask, askJson } from '../helpers/raw-request.ts';
import { TempFolder } from '../helpers/temp-folder.ts';

const header = 'name,sku,description\n';
const evil = `a' OR '1'='1' --";DROP TABLE products;`;
const injected = 'a\n{"level":60,"msg":"forged"}\r\nSet-Cookie: a=b';

let folder: TempFolder;
let master: MasterProcess;
beforeAll(async () => {
  folder = new TempFolder();
  master = await MasterProcess.start(folder, [
    '--upload-limit',
    '8MiB',
    '--max-rejects',
    '100',
    '--log-level',
    'debug',
  ]);
  const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;
  await upload(
    'a.csv',
    `${header}Ann,plain,x\n${quoted(evil)},${quoted(evil)},x\nBob,${quoted(injected)},y\n`,
  );
});
afterAll(async () => {
  await master[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

async function upload(name: string, body: string | Uint8Array): Promise<Upload> {
  const { id } = await master.api.call('upload', { query: { name }, body: body as never });
  let last: Upload | null = null;
  await eventually('it has ended', async () => {
    last = await master.api.call('uploaded', { params: { id } });
    return last.state !== 'waiting' && last.state !== 'importing';
  });
  return last!;
}

const rows = async (): Promise<number> =>
  (await master.api.call('dataset', { params: { dataset: 'products' } })).rows;

/** The lines of the log; fails if one of them is not what the master has written. */
const logged = (): { level: number; msg: string; status?: number }[] =>
  master.command.stderr
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as { level: number; msg: string });

/** Sends bytes until it is answered or cut off, or has sent so many. @returns what was answered, and how much was sent */
async function flood(head: string, mostBytes: number): Promise<{ answer: string; sent: number }> {
  const socket = connect(Number(new URL(master.url).port), '127.0.0.1');
  const told = { answer: '', sent: 0 };
  socket.on('data', (part) => (told.answer += part.toString('latin1')));
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  socket.on('error', () => undefined).on('close', () => resolve());
  socket.write(head);
  const block = Buffer.alloc(2 ** 20, 'x');
  const more = (): void => {
    while (told.sent < mostBytes && !socket.destroyed && told.answer === '') {
      told.sent += block.length;
      if (!socket.write(block)) break;
    }
    if (told.sent >= mostBytes) socket.end();
  };
  socket.on('drain', more);
  more();
  await closed;
  return told;
}

const gigabyte = 2 ** 30;

test.for([
  [
    'JSON, announced',
    `POST /api/sources HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${gigabyte}\r\n\r\n`,
  ],
  [
    'JSON, not announced',
    'POST /api/sources HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n40000000\r\n',
  ],
  [
    'a file, announced',
    `POST /api/imports?name=a.csv HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${gigabyte}\r\n\r\n`,
  ],
  [
    'a file, not announced',
    'POST /api/imports?name=a.csv HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n40000000\r\n',
  ],
  [
    'a preview',
    `POST /api/imports/preview?name=a.csv HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${gigabyte}\r\n\r\n`,
  ],
])('a body of 1 GB is refused before it is there: %s', async ([, head = '']) => {
  const { answer, sent } = await flood(head, gigabyte);
  expect(answer).toMatch(/^HTTP\/1\.1 413 /);
  expect(sent).toBeLessThan(gigabyte / 4);
  expect((await ask(`${master.url}/healthz`)).status).toBe(200);
});

test.for([
  ['header', `GET /api/datasets HTTP/1.1\r\nHost: localhost\r\nX-Long: `],
  ['address', 'GET /api/datasets?q='],
  ['cookie', 'GET /api/datasets HTTP/1.1\r\nHost: localhost\r\nCookie: '],
])('a %s of 1 MB is refused', async ([, head = '']) => {
  const { answer } = await flood(head, 2 ** 20);
  expect(answer).toMatch(/^HTTP\/1\.1 431 /);
});

/** A Zstandard frame of `blocks` blocks of 128 KiB each, in which one byte is repeated: four bytes a block. */
function zstdBomb(start: string, blocks: number): Buffer {
  const block = (type: number, size: number, isLast: boolean, content: Buffer): Buffer => {
    const head = Buffer.alloc(3);
    head.writeUIntLE((size << 3) | (type << 1) | (isLast ? 1 : 0), 0, 3);
    return Buffer.concat([head, content]);
  };
  const [raw, repeated] = [0, 1];
  const begin = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x58]);
  const first = block(raw, start.length, false, Buffer.from(start));
  const all = Array.from({ length: blocks }, (_, index) =>
    block(repeated, 128 * 1024, index === blocks - 1, Buffer.from('x')),
  );
  return Buffer.concat([begin, first, ...all]);
}

test('65 KB that inflate to two gigabytes are not inflated', async () => {
  // It is what it seems to be.
  expect(zstdDecompressSync(zstdBomb(header, 3))).toHaveLength(header.length + 3 * 128 * 1024);
  const bomb = zstdBomb(`${header}Ann,bomb,`, 16_000);
  expect(bomb.length).toBeLessThan(65_536);
  const start = performance.now();
  const failed = await upload('bomb.csv.zst', bomb);
  expect(failed).toMatchObject({ state: 'failed', problem: { code: 'inflated_too_large' } });
  const preview = await master.api.call('preview', { query: { name: 'bomb.csv.zst' }, body: bomb as never });
  expect(preview.rows).toEqual([]);
  // Not a matter of speed: all of it would be minutes.
  expect(performance.now() - start).toBeLessThan(30_000);
  const zeros = gzipSync(Buffer.alloc(64 * 2 ** 20));
  expect(zeros.length).toBeLessThan(70_000);
  expect(await upload('zeros.csv.gz', zeros)).toMatchObject({ state: 'failed' });
});

test('__proto__ is just a name, or refused', async () => {
  const post = async (body: string): Promise<unknown[]> => {
    const { status, code } = await ask(`${master.url}/api/sources`, {
      ...{ method: 'POST', headers: { 'content-type': 'application/json' }, body },
    });
    return [status, code];
  };
  for (const body of [
    '{"name":"a","url":"http://1.1.1.1/","__proto__":{"kind":"file"}}',
    '{"__proto__":{"name":"a","url":"http://1.1.1.1/"}}',
    '{"name":"a","url":"http://1.1.1.1/","constructor":{"prototype":{"kind":"file"}}}',
    '{"name":"a","url":"http://1.1.1.1/","\\u005f_proto__":{"kind":"file"}}',
    '{"name":"__proto__","url":"http://1.1.1.1/"}',
    '[]',
    'null',
    '"__proto__"',
  ])
    expect(await post(body), body).toEqual([
      expect.toBeOneOf([400, 422]),
      expect.toBeOneOf(['request_wrong', 'source_refused']),
    ]);
  for (const query of ['__proto__=1', '__proto__[limit]=1', 'constructor=1', 'limit=1&limit=2', 'toString=1'])
    expect((await ask(`${master.url}/api/datasets/products/rows?${query}`)).status, query).toBe(400);
  for (const name of ['__proto__', 'constructor', 'hasOwnProperty', 'toString']) {
    expect((await ask(`${master.url}/api/datasets`, { headers: { [name]: 'x' } })).status).toBe(200);
    expect((await ask(`${master.url}/api/datasets/${name}/rows`)).code).toBe('not_found');
    expect((await ask(`${master.url}/api/datasets/products/rows/${name}`)).code).toBe('row_not_found');
    expect((await ask(`${master.url}/api/imports/${name}`)).code).toBe('not_found');
    expect((await ask(`${master.url}/api/sources/${name}`)).code).toBe('source_unknown');
    expect((await ask(`${master.url}/${name}`)).code).toBe('address_unknown');
  }
  const edit = await ask(`${master.url}/api/datasets/products/rows/plain`, {
    ...{ method: 'PATCH', headers: { 'content-type': 'application/json' } },
    body: '{"values":{"__proto__":"x"}}',
  });
  expect(edit.status).toBe(400);
});

test('SQL in names, keys and searches is text', async () => {
  const before = await rows();
  const enc = encodeURIComponent;
  const get = (path: string): ReturnType<typeof ask> => ask(`${master.url}/api/datasets/${path}`);
  const found = await get(`products/rows/${enc(evil)}`);
  expect(JSON.parse(found.text)).toMatchObject({ id: evil, values: { name: evil } });
  expect((await get(`products/rows/${enc("nothing' OR '1'='1")}`)).code).toBe('row_not_found');
  expect((await get(`${enc('products" WHERE 1=1; --')}/rows`)).code).toBe('not_found');
  expect((await get(`products/rows?by=${enc('sku" = "" OR "1')}&q=1`)).code).toBe('not_searchable');
  expect((await get(`products/counts?by=${enc(`name"; DROP TABLE products; --`)}`)).code).toBe('not_counted');
  for (const q of ["' OR 1=1 --", '%', '_', '*', evil.slice(0, 5)]) {
    const { items } = JSON.parse((await get(`products/rows?q=${enc(q)}`)).text) as {
      items: { id: string }[];
    };
    expect(items.map(({ id }) => id)).toEqual(evil.startsWith(q) ? [evil] : []);
  }
  const edited = await askJson(
    `${master.url}/api/datasets/products/rows/${enc(evil)}`,
    { values: { description: evil } },
    { method: 'PATCH' },
  );
  expect(edited.status).toBe(200);
  const added = await askJson(`${master.url}/api/sources`, {
    name: evil.slice(0, 20),
    url: 'http://1.1.1.1/',
  });
  expect([added.status, added.code]).toEqual([422, 'source_refused']);
  expect(await upload(evil, `${header}Ann,sql,x\n`)).toMatchObject({ state: 'done', run: { file: evil } });
  expect(await rows()).toBe(before + 1);
  const { stdout, status } = await longhaul(['verify'], { cwd: folder.path });
  expect([status, stdout]).toEqual([0, expect.stringContaining('products')]);
});

test('a key with line breaks makes no line of the log, and no header', async () => {
  const path = `${master.url}/api/datasets/products/rows/${encodeURIComponent(injected)}`;
  const { status, headers } = await askJson(path, { values: { description: injected } }, { method: 'PATCH' });
  expect([status, headers['set-cookie']]).toEqual([200, undefined]);
  expect((await ask(`${path}?x=${encodeURIComponent(injected)}`)).status).toBe(400);
  expect((await ask(`${master.url}/${encodeURIComponent(injected)}`)).status).toBe(404);
  const split = await ask(`${master.url}/api/imports?name=${encodeURIComponent(injected)}`, {
    method: 'POST',
    body: header,
  });
  expect([split.status, split.code]).toEqual([400, 'request_wrong']);
  await eventually('it is logged', () => logged().length > 5);
  expect(logged().filter(({ level }) => level >= 60)).toEqual([]);
  expect(master.command.stderr).not.toContain('Set-Cookie');
});

test('file names lead nowhere, and end no header', async () => {
  const name = `../../../tmp/"; filename="evil.html`;
  const { run } = await upload(name, `${header}=cmd|' /C calc'!A0,+1,@x\n=1+1\n"-2",\t=3,"=4\n5"\n`);
  expect(run).toMatchObject({ file: name, rejected: 1 });
  expect(existsSync('/tmp/"; filename="evil.html')).toBe(false);
  const answer = await ask(`${master.url}/api/runs/${run!.run}/rejects.csv`);
  expect(answer.headers['content-disposition']).toBe(`attachment; filename="rejects-of-run-${run!.run}.csv"`);
  expect(answer.headers['content-type']).toBe('text/csv; charset=utf-8');
  expect(answer.headers['x-content-type-options']).toBe('nosniff');
  // Opened by a spreadsheet it is text; asked for so, it is what was in the file.
  expect(answer.text).toMatch(/,"?'=1\+1"?\r\n/);
  const raw = await ask(`${master.url}/api/runs/${run!.run}/rejects.csv?form=raw`);
  expect(raw.text).toMatch(/,"?=1\+1"?\r\n/);
});

test.for([
  'http://127.0.0.1:1/',
  'http://localhost/',
  'http://2130706433/',
  'http://0x7f.1/',
  'http://0177.0.0.1/',
  'http://[::1]/',
  'http://[::ffff:10.0.0.1]/',
  'http://10.1.2.3/',
  'http://169.254.169.254/latest/meta-data/',
  'http://[fd00:ec2::254]/',
  '/etc',
  'longhaul.db',
  '.',
])('a source at %s is refused', async (url) => {
  const { status, code } = await askJson(`${master.url}/api/sources`, { name: 'inside', url });
  expect([status, code]).toEqual([403, 'address_not_allowed']);
});

test('a source that was given through the API is guarded after a restart as well, and is sent no token', async () => {
  using own = new TempFolder();
  const csv = `${header}Ann,secret,x\n`;
  await using inside = await OddServer.http(
    (_request, response) => void response.setHeader('content-type', 'text/csv').end(csv),
  );
  const env = { LONGHAUL_TOKEN_GIVEN: 'a-token-of-another' };
  const args = ['--sense-interval', '0.1', '--log-level', 'silent'];
  await using guarded = await MasterProcess.start(own, args, env);
  // An address that nobody answers at.
  await guarded.api.call('addSource', {
    body: { name: 'given', url: 'http://1.1.1.1:9/a.csv', kind: 'url' },
  });
  await guarded.kill();
  // What a name can do: it leads somewhere else now.
  using database = new DatabaseSync(own.file('longhaul.db'));
  database.prepare('UPDATE _longhaul_sources SET url = ?').run(`${inside.url}/a.csv`);
  await guarded.start();
  await guarded.until('it is refused', ({ sources }) =>
    sources.some(({ name, trouble }) => name === 'given' && trouble?.code === 'address_not_allowed'),
  );
  expect(inside.requests).toEqual([]);
  await guarded.kill();
  await using allowed = await MasterProcess.start(own, [...args, '--allow-private-sources'], env);
  await allowed.published('given', 'a.csv');
  expect(inside.requests.length).toBeGreaterThan(0);
  for (const headers of inside.headers) expect(headers.authorization).toBeUndefined();
});
