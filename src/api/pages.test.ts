/** The pages' files and addresses, as browsers and programs ask for them. */
import { mkdirSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { TempFolder } from '../../test/helpers/temp-folder.ts';
import { HttpServer } from '../http/http-server.ts';
import { systemClock } from '../runtime/clock.ts';
import { openLog } from '../runtime/log.ts';
import { servePages } from './pages.ts';

const browser = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };

async function serve(folder: string): Promise<HttpServer & AsyncDisposable> {
  const log = openLog('test', 'silent', process.stderr);
  const server = new HttpServer({
    ...{ host: '127.0.0.1', port: 0, token: null, allowedHosts: [], clock: systemClock, log },
    ...{ stallMs: 10_000, frequent: [] },
  });
  servePages(server, folder);
  await server.start();
  return Object.assign(server, { [Symbol.asyncDispose]: () => server.stop() });
}

function built(): TempFolder {
  const folder = new TempFolder();
  mkdirSync(folder.file('assets'));
  folder.write('index.html', '<title>Longhaul</title>');
  folder.write('secret.txt', 'not for anybody');
  folder.write('assets/main-1234.js', 'plain');
  folder.write('assets/main-1234.js.br', 'brotli');
  folder.write('assets/main-1234.js.gz', 'gzip');
  return folder;
}

/** As it comes: `fetch` would inflate what is no real brotli, and asks for no cached answers where there is a tag. */
async function get(url: string, headers: Readonly<Record<string, string>>) {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  request(url, { headers }, resolve).on('error', reject).end();
  const answer = await promise;
  return { status: answer.statusCode, headers: answer.headers, body: await text(answer) };
}

test('every address that a browser opens is the one document, asked about each time', async () => {
  using folder = built();
  await using server = await serve(folder.path);
  for (const path of [
    '/',
    '/runs/5/rejects?code=empty_key',
    '/datasets/a%2Fb/rows',
    '/secret.txt',
    '/..%2f..',
  ]) {
    const { status, headers, body } = await get(server.url + path, browser);
    expect([path, status, body]).toEqual([path, 200, '<title>Longhaul</title>']);
    expect([headers['cache-control'], headers['content-type']]).toEqual([
      'no-cache',
      'text/html; charset=utf-8',
    ]);
    const again = await get(server.url + path, { ...browser, 'if-none-match': headers.etag! });
    expect([path, again.status]).toEqual([path, 304]);
  }
});

test.for([
  ['br', 'brotli'],
  ['gzip', 'gzip'],
  ['identity', 'plain'],
] as const)('hashed files are kept for a year, compressed as %s', async ([encoding, content]) => {
  using folder = built();
  await using server = await serve(folder.path);
  const { headers, body } = await get(`${server.url}/assets/main-1234.js`, { 'accept-encoding': encoding });
  expect(body).toBe(content);
  expect(headers).toMatchObject({
    'cache-control': 'public, max-age=31536000, immutable',
    'content-type': 'application/javascript; charset=utf-8',
    vary: 'accept-encoding',
  });
});

test('programs are told in JSON that there is nothing, and so is who asks for a file of another build', async () => {
  using folder = built();
  await using server = await serve(folder.path);
  for (const [path, headers] of [
    ['/nothing', {}],
    ['/secret.txt', {}],
    ['/api/nothing', browser],
    ['/assets/main-0000.js', browser],
    ['/assets/..%2fsecret.txt', {}],
  ] as const) {
    const answer = await fetch(server.url + path, { headers });
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(answer.status).toBeGreaterThanOrEqual(400);
  }
});

test('pages that are not built are a problem that says how to build them', async () => {
  using folder = new TempFolder();
  await using server = await serve(folder.path);
  const answer = await fetch(server.url, { headers: browser });
  expect(answer.status).toBe(404);
  expect(await answer.text()).toMatch(/"code":"pages_not_built".*npm run build/);
});
