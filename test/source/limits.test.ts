/** Who may ask, how many at once, and how slowly. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { eventually } from '../helpers/eventually.ts';
import { ask } from '../helpers/raw-request.ts';
import { TempFolder } from '../helpers/temp-folder.ts';
import { TestSource } from '../helpers/test-source.ts';

const csv = 'a,b\n1,2\n';
/** More than the system keeps of a connection that nobody reads. */
const large = `a,b\n${'1,2\n'.repeat(8_000_000)}`;

test('with a token nobody reads without it', async () => {
  using folder = new TempFolder();
  folder.write('a.csv', csv);
  const token = 'open-sesame-0123';
  await using source = await TestSource.start(folder, { token });
  const bearer = { authorization: `Bearer ${token}` };
  await eventually('a.csv is ready', async () => (await source.get('/read', bearer)).status === 200);
  const wrong: readonly Record<string, string>[] = [
    {},
    { authorization: '' },
    { authorization: 'Bearer' },
    { authorization: 'Bearer ' },
    { authorization: `Bearer ${token}x` },
    { authorization: `Bearer ${token.slice(1)}` },
    { authorization: `Bearer ${token.toUpperCase()}` },
    { authorization: `Basic ${btoa(`:${token}`)}` },
    { authorization: token },
  ];
  for (const headers of wrong) {
    for (const path of [
      '/read',
      '/sense',
      '/manifest?file=a.csv',
      '/metrics',
      '/nowhere',
      `/read?token=${token}`,
    ]) {
      const response = await source.get(path, headers);
      expect([response.status, response.headers.get('www-authenticate')], path).toEqual([401, 'Bearer']);
      const problem = (await response.json()) as { code: string };
      expect(problem.code).toBe('token_wrong');
      expect(JSON.stringify(problem)).not.toContain(token);
    }
  }
  for (const path of ['/healthz', '/readyz']) expect((await source.get(path)).status).toBe(200);
  for (const authorization of [`Bearer ${token}`, `bearer ${token}`]) {
    expect((await source.get('/sense', { authorization })).status).toBe(200);
  }
});

test('without a token it is asked by names of this machine only', async () => {
  using folder = new TempFolder();
  folder.write('a.csv', csv);
  await using source = await TestSource.start(folder, { allowedHosts: ['longhaul.example'] });
  await source.version('a.csv');
  const { port } = new URL(source.server.url);
  const asked = async (host: string, path: string): Promise<readonly [number, string | null]> => {
    const { status, code } = await ask(source.server.url + path, { headers: { host } });
    return [status, code];
  };
  const strange = [
    `evil.example:${port}`,
    `127.0.0.1.evil.example:${port}`,
    '10.0.0.1',
    'localhost@evil.example',
    '@',
  ];
  for (const host of strange) {
    for (const path of ['/read', '/sense', '/manifest?file=a.csv', '/metrics'])
      expect(await asked(host, path), `${host} ${path}`).toEqual([421, 'host_unknown']);
    // Whoever watches over processes knows no name.
    expect(await asked(host, '/healthz')).toEqual([200, null]);
  }
  for (const host of [`localhost:${port}`, `127.0.0.1:${port}`, '[::1]', 'LOCALHOST', 'longhaul.example:80'])
    expect(await asked(host, '/read'), host).toEqual([200, null]);
});

test('more reads than are allowed are told to come again, and leave nothing open', async () => {
  using folder = new TempFolder();
  folder.write('a.csv', large);
  await using source = await TestSource.start(folder, { reads: 2 });
  await source.version('a.csv');
  const cut = new AbortController();
  const held = [1, 2].map(() => fetch(`${source.server.url}/read`, { signal: cut.signal }));
  await Promise.all(held);
  const third = await source.get('/read');
  expect([third.status, third.headers.get('retry-after'), third.headers.get('etag')]).toEqual([
    503,
    '2',
    null,
  ]);
  expect(await third.json()).toMatchObject({ code: 'server_busy' });
  expect((await source.read('a.csv', {}, 'HEAD')).status).toBe(200);
  cut.abort();
  await eventually('both are over', async () => (await source.metric('longhaul_source_reads')) === 0);
  expect((await (await source.get('/read')).bytes()).length).toBe(large.length);
});

test('a reader that takes nothing is cut off, a slow one is not', async () => {
  using folder = new TempFolder();
  folder.write('a.csv', large);
  await using source = await TestSource.start(folder, { stallMs: 300 });
  await source.version('a.csv');
  const { port } = new URL(source.server.url);
  const stalled = connect(Number(port), '127.0.0.1');
  stalled.write('GET /read HTTP/1.1\r\nHost: localhost\r\n\r\n');
  stalled.pause();
  await eventually('it reads', async () => (await source.metric('longhaul_source_reads')) === 1);
  await eventually('it is cut off', async () => (await source.metric('longhaul_source_reads')) === 0);
  stalled.resume();
  await once(stalled, 'close');
  expect(stalled.bytesRead).toBeLessThan(large.length);

  const response = await source.get('/read');
  let bytes = 0;
  for await (const block of response.body! as AsyncIterable<Uint8Array>) {
    bytes += block.length;
    // Ten pauses, together longer than one may take.
    if (bytes % 3_000_000 < block.length) await new Promise((resolve) => setTimeout(resolve, 60));
  }
  expect(bytes).toBe(large.length);
});

const end = 'Host: localhost\r\nConnection: close\r\n\r\n';

test.for([
  ['no HTTP', 'nonsense\r\n\r\n', /^HTTP\/1\.1 400 /],
  ['no Host', 'GET /sense HTTP/1.1\r\n\r\n', /^HTTP\/1\.1 400 /],
  ['too long a header', `GET /sense HTTP/1.1\r\nX: ${'x'.repeat(20_000)}\r\n${end}`, /^HTTP\/1\.1 4\d\d /],
  ['a whole address', `GET http://elsewhere/sense HTTP/1.1\r\n${end}`, /^HTTP\/1\.1 (200|404) /],
  ['NUL', `GET /read?file=%00 HTTP/1.1\r\n${end}`, /^HTTP\/1\.1 404 /],
  ['a path that leads out', `GET /../../etc/passwd HTTP/1.1\r\n${end}`, /^HTTP\/1\.1 404 /],
] as const)('what no library would send: %s', async ([, request, expected]) => {
  using folder = new TempFolder();
  folder.write('a.csv', csv);
  await using source = await TestSource.start(folder);
  const socket = connect(Number(new URL(source.server.url).port), '127.0.0.1');
  socket.end(request);
  expect(await text(socket)).toMatch(expected);
  expect((await source.get('/healthz')).status).toBe(200);
});

test('stopped before it is started, while it is, and twice in the middle of a read', async () => {
  using folder = new TempFolder();
  folder.write('a.csv', large);
  {
    await using source = await TestSource.prepare(folder);
    await source.server.stop();
  }
  {
    await using source = await TestSource.prepare(folder);
    const starting = source.server.start();
    await source.server.stop();
    await starting;
    expect(() => source.server.url).toThrow('null');
  }
  await using source = await TestSource.start(folder);
  await source.version('a.csv');
  const { url } = source.server;
  const response = await source.get('/read');
  await Promise.all([source.server.stop(), source.server.stop()]);
  await expect(response.bytes()).rejects.toThrow('terminated');
  await expect(fetch(`${url}/healthz`)).rejects.toThrow('fetch failed');
});
