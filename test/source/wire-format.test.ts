/** The source's wire format, as a table: request, and what the answer must be. */
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { TempFolder } from '../helpers/temp-folder.ts';
import { TestSource } from '../helpers/test-source.ts';

const csv = 'name,sku,description\nAnn,s1,"one\ntwo"\nBob,s2,three\n';
const zipped = gzipSync(csv);
const sha256 = (bytes: string | Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const version = sha256(csv);
const anyText = expect.any(String) as string;
const tag = `"${version}"`;

let folder: TempFolder;
let source: TestSource;

beforeAll(async () => {
  folder = new TempFolder();
  folder.write('a.csv', csv);
  folder.write('b.csv.gz', zipped);
  folder.write('page.csv', '<html><body>Not found</body></html>');
  folder.write('open.csv', 'a,b\n1,"2\n');
  source = await TestSource.start(folder);
  for (const name of ['a.csv', 'b.csv.gz']) await source.version(name);
  for (const name of ['page.csv', 'open.csv']) await source.until(name, 'refused');
});
afterAll(async () => {
  await source[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

interface Expected {
  readonly status: number;
  readonly body?: string;
  readonly code?: string;
  readonly headers?: Readonly<Record<string, string | null>>;
}
const whole: Expected = {
  status: 200,
  body: csv,
  headers: {
    'content-type': 'text/csv',
    'content-length': String(csv.length),
    'accept-ranges': 'bytes',
    etag: tag,
  },
};
const part = (from: number, to: number): Expected => ({
  status: 206,
  body: csv.slice(from, to),
  headers: {
    'content-range': `bytes ${from}-${to - 1}/${csv.length}`,
    'content-length': String(to - from),
    etag: tag,
  },
});
const head: Expected = { ...whole, body: '' };
const problem = (status: number, code: string, headers = {}): Expected => ({ status, code, headers });

const table: readonly (readonly [
  method: string,
  path: string,
  headers: Readonly<Record<string, string>>,
  Expected,
])[] = [
  ['GET', '/read', {}, whole],
  ['GET', '/read?file=a.csv', {}, whole],
  ['HEAD', '/read?file=a.csv', {}, head],
  ['HEAD', '/read?file=a.csv', { range: 'bytes=0-1' }, head],
  ['GET', '/read?file=a.csv', { range: 'bytes=0-3' }, part(0, 4)],
  ['GET', '/read?file=a.csv', { range: 'bytes=5-' }, part(5, csv.length)],
  ['GET', '/read?file=a.csv', { range: 'bytes=-4' }, part(csv.length - 4, csv.length)],
  ['GET', '/read?file=a.csv', { range: 'bytes=0-0,2-3' }, whole],
  ['GET', '/read?file=a.csv', { range: 'bytes=nonsense' }, whole],
  [
    ...(['GET', '/read?file=a.csv', { range: 'bytes=1000-' }] as const),
    problem(416, 'range_outside', { 'content-range': `bytes */${csv.length}` }),
  ],
  ['GET', '/read?file=a.csv', { range: 'bytes=0-3', 'if-range': tag }, part(0, 4)],
  ['GET', '/read?file=a.csv', { range: 'bytes=0-3', 'if-range': '"other"' }, whole],
  ['GET', '/read?file=a.csv', { range: 'bytes=0-3', 'if-range': new Date().toUTCString() }, whole],
  ['GET', '/read?file=a.csv', { range: 'bytes=0-3', 'if-match': tag }, part(0, 4)],
  ['GET', '/read?file=a.csv', { 'if-match': '*' }, whole],
  ['GET', '/read?file=a.csv', { 'if-match': '"other"' }, problem(412, 'version_gone')],
  ['HEAD', '/read?file=a.csv', { 'if-match': '"other"' }, { status: 412, body: '' }],
  ['GET', '/read?file=a.csv', { 'if-none-match': tag }, { status: 304, body: '', headers: { etag: tag } }],
  ['GET', '/read?file=a.csv', { 'if-none-match': '"other"' }, whole],
  [
    ...(['GET', '/read?file=b.csv.gz', { range: 'bytes=0-1' }] as const),
    { status: 206, headers: { 'content-type': 'application/octet-stream', 'content-encoding': null } },
  ],
  ['GET', '/read?file=page.csv', {}, problem(422, 'looks_like_html')],
  ['GET', '/read?file=open.csv', {}, problem(422, 'unterminated_quote')],
  ['GET', '/manifest?file=open.csv', {}, problem(422, 'unterminated_quote')],
  ['GET', '/read?file=none.csv', {}, problem(404, 'file_not_hosted')],
  ['GET', '/read?file=A.CSV', {}, problem(404, 'file_not_hosted')],
  ['GET', '/read?file=', {}, problem(404, 'file_not_hosted')],
  ['GET', '/read?file=a.csv&file=b.csv', {}, problem(400, 'request_wrong')],
  ['GET', '/read?file=%zz', {}, problem(404, 'file_not_hosted')],
  ['GET', '/%zz', {}, problem(400, 'request_wrong')],
  ['GET', '/nowhere', {}, problem(404, 'address_unknown')],
  ['GET', '/', {}, problem(404, 'address_unknown')],
  ['POST', '/read', {}, problem(405, 'method_unknown', { allow: 'GET, HEAD' })],
  ['DELETE', '/sense', {}, problem(405, 'method_unknown')],
  ['GET', '/manifest?file=a.csv', { 'if-none-match': tag }, { status: 304, body: '' }],
  ['GET', '/healthz', {}, { status: 200, body: '{"status":"alive"}' }],
  ['GET', '/readyz', {}, { status: 200, body: '{"status":"ready"}' }],
  ['HEAD', '/sense', {}, { status: 200, body: '' }],
];

test.each(table)('%s %s %j', async (method, path, headers, expected) => {
  const response = await source.get(path, headers, method);
  const body = await response.text();
  expect(response.status).toBe(expected.status);
  if (expected.body !== undefined) expect(body).toBe(expected.body);
  for (const [name, value] of Object.entries(expected.headers ?? {})) {
    expect(response.headers.get(name), name).toBe(value);
  }
  if (expected.code === undefined) return;
  expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  expect(JSON.parse(body)).toEqual({
    type: `urn:longhaul:problem:${expected.code}`,
    title: anyText,
    status: expected.status,
    code: expected.code,
    detail: anyText,
    hint: anyText,
    retryable: false,
  });
});

test('/sense lists every file with its state', async () => {
  const { files, version: listed } = await source.sense();
  expect(listed).toMatch(/^[0-9a-f]{64}$/);
  const modified = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string;
  const refused = { version: null, modified, state: 'refused' };
  expect(files).toEqual([
    { name: 'a.csv', version, bytes: csv.length, modified, state: 'ready' },
    { name: 'b.csv.gz', version: sha256(zipped), bytes: zipped.length, modified, state: 'ready' },
    { name: 'open.csv', bytes: 9, ...refused, code: 'unterminated_quote', reason: anyText },
    { name: 'page.csv', bytes: 35, ...refused, code: 'looks_like_html', reason: anyText },
  ]);
});

test('/sense?since= and If-None-Match say whether anything differs', async () => {
  const { version: listed } = await source.sense();
  expect(await source.sense(`?since=${listed}`)).toMatchObject({ status: 0, version: listed });
  expect(await source.sense('?since=other')).toMatchObject({ status: 1, version: listed });
  expect(await source.sense('?since=')).toMatchObject({ status: 1, version: listed });
  const same = await source.get('/sense', { 'if-none-match': `"${listed}"` });
  expect([same.status, await same.text()]).toEqual([304, '']);
  expect((await source.get('/sense', { 'if-none-match': '"other"' })).status).toBe(200);
});

test('/manifest: chunks that can be read by Range and checked by their hashes', async () => {
  const response = await source.get('/manifest?file=a.csv');
  const manifest = (await response.json()) as {
    chunks: readonly { offset: number; length: number; sha256: string }[];
  };
  expect(manifest).toMatchObject({
    version,
    bytes: csv.length,
    dialect: { delimiter: ',', quote: '"', escape: null, header: true, encoding: 'utf-8' },
    header: ['name', 'sku', 'description'],
    chunks: [{ offset: 0, length: csv.length, line: 1, records: 2 }],
  });
  for (const { offset, length, sha256: hash } of manifest.chunks) {
    const range = { range: `bytes=${offset}-${offset + length - 1}`, 'if-match': tag };
    const chunk = await (await source.read('a.csv', range)).bytes();
    expect(sha256(chunk)).toBe(hash);
  }
});
