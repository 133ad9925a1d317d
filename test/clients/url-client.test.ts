/** The address of one CSV, on servers that tell much, little, or what is not so. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { CuttingProxy } from '../helpers/cutting-proxy.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { OddServer } from '../helpers/odd-server.ts';
import { TempFolder } from '../helpers/temp-folder.ts';
import { contentOf, TestClient } from '../helpers/test-client.ts';

const seed = Number(process.env['LONGHAUL_TEST_SEED'] ?? Date.now() % 1_000_000);
const minute = 60_000;

/** What is served; the test changes it. */
interface Served {
  body: string | Uint8Array;
  etag?: string;
  lastModified?: string;
  date?: string;
  type?: string;
  encoding?: string;
  /** Whether HEAD, conditions and ranges are understood. */
  knows?: { head?: boolean; conditions?: boolean; ranges?: boolean };
}

function serve(served: Served): (request: IncomingMessage, response: ServerResponse) => void {
  return ({ method, headers }, response) => {
    const { etag, lastModified, date, type = 'text/csv', encoding } = served;
    const { head = true, conditions = true, ranges = true } = served.knows ?? {};
    const body = Buffer.from(served.body);
    const told = { etag, date, 'last-modified': lastModified, 'content-encoding': encoding };
    for (const [name, value] of Object.entries(told))
      if (value !== undefined) response.setHeader(name, value);
    response.setHeader('content-type', type);
    if (method === 'HEAD' && !head) return void response.writeHead(405).end();
    const isKnown =
      (etag !== undefined && headers['if-none-match'] === etag) ||
      (etag === undefined && lastModified !== undefined && headers['if-modified-since'] === lastModified);
    if (conditions && isKnown) return void response.writeHead(304).end();
    const [, from, last] = /^bytes=(\d+)-(\d*)$/.exec(headers.range ?? '') ?? [];
    if (ranges && from !== undefined && headers['if-range'] === etag) {
      const to = last === '' ? body.length : Number(last) + 1;
      const range = `bytes ${from}-${to - 1}/${body.length}`;
      const part = body.subarray(Number(from), to);
      return void response
        .writeHead(206, { 'content-range': range, 'content-length': part.length })
        .end(part);
    }
    response.writeHead(200, { 'content-length': body.length }).end(body);
  };
}

const csv = 'a,b\n1,2\n';

test.for([
  ['a strong tag', { etag: '"v1"' }, { etag: '"v2"' }],
  ['a weak tag', { etag: 'W/"v1"' }, { etag: 'W/"v2"' }],
  [
    'a time',
    { lastModified: 'Mon, 01 Jan 2024 00:00:00 GMT' },
    { lastModified: 'Mon, 01 Jan 2024 00:00:07 GMT' },
  ],
  ['a tag, to a server without HEAD', { etag: '"v1"', knows: { head: false } }, { etag: '"v2"' }],
  ['a tag, to a server without conditions', { etag: '"v1"', knows: { conditions: false } }, { etag: '"v2"' }],
] as const)('told by %s', async ([, before, after]) => {
  using folder = new TempFolder();
  const served: Served = { body: csv, ...before };
  await using server = await OddServer.http(serve(served));
  await using client = await TestClient.open({ url: `${server.url}/shop/a%20b.csv?key=geheim` }, folder.path);
  const first = await client.until('a b.csv');
  expect(client.client.kind).toBe('url');
  expect(first.fingerprint).not.toBeNull();
  {
    await using read = await client.read(first);
    expect((await contentOf(read)).toString()).toBe(csv);
    expect(await read.file.sense()).toMatchObject({ fingerprint: first.fingerprint, bytes: csv.length });
    await read.forget();
  }
  const listed = folder.list();
  for (let times = 0; times < 3; times++) expect(await client.sense()).toBeNull();
  expect(folder.list()).toEqual(listed);
  Object.assign(served, after, { body: `${csv}3,4\n` });
  const second = await client.until('a b.csv');
  expect(second.fingerprint).not.toBe(first.fingerprint);
  // What was offered is not there any more.
  await expect(client.read(first)).rejects.toMatchObject({ code: 'version_gone' });
  expect((await client.bytes(second)).toString()).toBe(`${csv}3,4\n`);
  expect(folder.list()).toEqual([]);
  expect(server.requests.filter((request) => !request.endsWith('?key=geheim'))).toEqual([]);
});

test('without a tag or a time, all of it is read again now and then, and at once when its length differs', async () => {
  using folder = new TempFolder();
  const clock = new ManualClock();
  const served: Served = { body: csv };
  await using server = await OddServer.http(serve(served));
  const tuning = { rereadMs: 60 * minute };
  await using client = await TestClient.open({ url: `${server.url}/a.csv` }, folder.path, { tuning, clock });
  const first = await client.until('a.csv');
  expect(first.fingerprint).toBeNull();
  expect((await client.bytes(first)).toString()).toBe(csv);
  clock.advance(59 * minute);
  expect(await client.sense()).toBeNull();
  served.body = 'a,b\n1,3\n';
  clock.advance(minute);
  expect((await client.bytes(await client.until('a.csv'))).toString()).toBe('a,b\n1,3\n');
  expect(await client.sense()).toBeNull();
  served.body = `${csv}3,4\n`;
  expect((await client.bytes(await client.until('a.csv'))).toString()).toBe(`${csv}3,4\n`);
});

test('a weak tag and a time are looked behind now and then', async () => {
  for (const told of [{ etag: 'W/"1"' }, { lastModified: 'Mon, 01 Jan 2024 00:00:00 GMT' }]) {
    using folder = new TempFolder();
    const clock = new ManualClock();
    const served: Served = { body: csv, ...told };
    await using server = await OddServer.http(serve(served));
    const tuning = { rereadMs: 60 * minute };
    await using client = await TestClient.open({ url: `${server.url}/a.csv` }, folder.path, {
      tuning,
      clock,
    });
    await client.bytes(await client.until('a.csv'));
    served.body = 'a,b\n1,3\n';
    expect(await client.sense()).toBeNull();
    clock.advance(60 * minute);
    const again = await client.until('a.csv');
    expect(again.fingerprint).toBeNull();
    expect((await client.bytes(again)).toString()).toBe('a,b\n1,3\n');
    expect(await client.sense()).toBeNull();
  }
});

test('a clock that is wrong by a day or a century changes nothing', async () => {
  for (const date of ['Sun, 31 Dec 1899 00:00:00 GMT', 'Fri, 01 Jan 2100 00:00:00 GMT', 'yesterday']) {
    using folder = new TempFolder();
    const served: Served = { body: csv, date, lastModified: 'Mon, 01 Jan 2024 00:00:00 GMT' };
    await using server = await OddServer.http(serve(served));
    await using client = await TestClient.open({ url: `${server.url}/a.csv` }, folder.path);
    expect((await client.bytes(await client.until('a.csv'))).toString()).toBe(csv);
    expect(await client.sense()).toBeNull();
  }
});

test('changed within this second, by the clock over there: not before the second is over', async () => {
  using folder = new TempFolder();
  const at = (seconds: number): string => new Date(1e12 + seconds * 1000).toUTCString();
  const served: Served = { body: csv, lastModified: at(0), date: at(1) };
  await using server = await OddServer.http(serve(served));
  await using client = await TestClient.open({ url: `${server.url}/a.csv` }, folder.path);
  expect(await client.sense()).toMatchObject([{ state: 'preparing' }]);
  served.date = at(2);
  expect((await client.bytes(await client.until('a.csv'))).toString()).toBe(csv);
  // What is made anew for each answer was always changed just now.
  for (let second = 10; second < 13; second++) {
    Object.assign(served, {
      lastModified: at(second),
      date: at(second),
      body: `${csv}${'x'.repeat(second)}`,
    });
    expect(await client.sense()).toMatchObject([{ state: 'preparing' }]);
  }
});

test('tags that flip back and forth are followed, and less and less often if it is always the same content', async () => {
  using folder = new TempFolder();
  const clock = new ManualClock();
  const served: Served = { body: csv, etag: '"a"' };
  await using server = await OddServer.http(serve(served));
  await using client = await TestClient.open({ url: `${server.url}/a.csv` }, folder.path, { clock });
  for (const [etag, body] of ['a', 'b', 'a', 'b'].map((name) => [`"${name}"`, `x\n${name}\n`] as const)) {
    Object.assign(served, { etag, body });
    expect((await client.bytes(await client.until('a.csv'))).toString()).toBe(body);
  }
  let reads = 0;
  for (let look = 0; look < 300; look++) {
    clock.advance(2000);
    served.etag = `"${look}"`;
    const offered = await client.sense();
    if (offered === null) continue;
    reads++;
    await client.bytes(offered[0]!);
  }
  expect(reads).toBeGreaterThan(5);
  expect(reads).toBeLessThan(12);
  served.body = csv;
  clock.advance(60 * minute);
  expect((await client.bytes((await client.sense())![0]!)).toString()).toBe(csv);
});

test(`cut off at random places, seed ${seed}: a strong tag goes on, and nothing else is put together`, async () => {
  const body = Buffer.from(Array.from({ length: 400_000 }, (_, line) => `${line},${line * 7}\n`).join(''));
  for (const [etag, resets] of [
    ['"strong"', false],
    ['"strong"', true],
    ['W/"weak"', false],
  ] as const) {
    using folder = new TempFolder();
    const served: Served = { body, etag };
    await using server = await OddServer.http(serve(served));
    const isStrong = etag === '"strong"';
    const cuts = isStrong ? 20 : 2;
    await using proxy = await CuttingProxy.start({
      ...{ target: server.url, seed, cuts, resets },
      mostBytes: body.length / 20,
    });
    await using client = await TestClient.open({ url: `${proxy.url}/a.csv`, kind: 'url' }, folder.path);
    const offered = await client.until('a.csv');
    let bytes: Buffer | null = null;
    // What cannot be gone on with is told, and begun anew by whoever wants it.
    for (let tries = 0; bytes === null; tries++) {
      expect(tries).toBeLessThan(isStrong ? 1 : cuts + 1);
      bytes = await client.bytes(offered).catch((error: unknown) => {
        expect(error).toMatchObject({ code: 'source_broke_off' });
        return null;
      });
    }
    expect(proxy.cutsLeft).toBe(0);
    expect(bytes.equals(body)).toBe(true);
    if (isStrong) expect(proxy.bytes).toBeLessThan(1.3 * body.length);
  }
});

test('another version while one is read: nothing is put together of both', async () => {
  using folder = new TempFolder();
  const before = Buffer.alloc(3_000_000, 'a\n');
  const after = Buffer.alloc(3_000_000, 'b\n');
  let isChanged = false;
  const answer = serve({ body: after, etag: '"b"' });
  await using server = await OddServer.http((request, response) => {
    if (isChanged || request.method === 'HEAD') {
      (isChanged ? answer : serve({ body: before, etag: '"a"' }))(request, response);
      return;
    }
    isChanged = true;
    response.writeHead(200, { etag: '"a"', 'content-length': before.length });
    response.write(before.subarray(0, 2_000_000), () => response.destroy());
  });
  await using client = await TestClient.open({ url: `${server.url}/a.csv`, kind: 'url' }, folder.path);
  const first = await client.until('a.csv');
  await expect(client.read(first)).rejects.toMatchObject({ code: 'version_gone' });
  expect(folder.list()).toEqual([]);
  expect((await client.bytes(await client.until('a.csv'))).equals(after)).toBe(true);
});

test('content that is sent compressed is read as it is', async () => {
  using folder = new TempFolder();
  await using server = await OddServer.http(serve({ body: gzipSync(csv), encoding: 'gzip', etag: '"z"' }));
  await using client = await TestClient.open({ url: `${server.url}/a.csv` }, folder.path);
  expect((await client.bytes(await client.until('a.csv'))).toString()).toBe(csv);
  expect(server.headers.every((headers) => headers['accept-encoding'] === 'identity')).toBe(true);
});

test('redirects are followed, and nobody else is told the token', async () => {
  using folder = new TempFolder();
  await using elsewhere = await OddServer.http(serve({ body: csv, etag: '"1"' }));
  await using server = await OddServer.http(({ url = '' }, response) => {
    const step = Number(/\d+/.exec(url)?.[0] ?? 0);
    const location = step < 5 ? `/step${step + 1}` : `${elsewhere.url}/there.csv`;
    response.writeHead([301, 302, 303, 307, 308][step % 5]!, { location }).end();
  });
  await using client = await TestClient.open({ url: `${server.url}/a.csv`, token: 'geheim' }, folder.path);
  expect((await client.bytes(await client.until('a.csv'))).toString()).toBe(csv);
  expect(new Set(server.headers.map(({ authorization }) => authorization))).toEqual(
    new Set(['Bearer geheim']),
  );
  expect(new Set(elsewhere.headers.map(({ authorization }) => authorization))).toEqual(new Set([undefined]));
});

test('name and password of an address are sent to it, and shown nowhere', async () => {
  using folder = new TempFolder();
  await using server = await OddServer.http(serve({ body: csv, type: 'text/html' }));
  const url = `${server.url.replace('//', '//ann:se%40cret@')}/a.csv?sig=geheim#frag`;
  await using client = await TestClient.open({ url }, folder.path);
  const error = (await client.sense().catch((thrown: unknown) => thrown)) as Error;
  expect(error.message).toBe(
    `shop: ${server.url}/a.csv?… gives no CSV: it says that it is a web page (text/html)`,
  );
  const basic = `Basic ${Buffer.from('ann:se@cret').toString('base64')}`;
  expect(new Set(server.headers.map(({ authorization }) => authorization))).toEqual(new Set([basic]));
});

test('the same tag at another address is another content', async () => {
  using folder = new TempFolder();
  const body = Buffer.alloc(200_000, 'a\n');
  let isCut = true;
  await using first = await OddServer.http(({ method }, response) => {
    response.writeHead(200, { etag: '"1"', 'content-length': body.length });
    if (method === 'HEAD' || !isCut) response.end(body);
    else response.write(body.subarray(0, 150_000), () => response.destroy());
  });
  const other = Buffer.alloc(200_000, 'b\n');
  await using second = await OddServer.http(serve({ body: other, etag: '"1"' }));
  const fingerprints: unknown[] = [];
  for (const { url } of [first, second]) {
    await using client = await TestClient.open({ url: `${url}/a.csv`, kind: 'url' }, folder.path);
    const offered = await client.until('a.csv');
    fingerprints.push(offered.fingerprint);
    if (isCut) await client.read(offered).catch(() => undefined);
    else expect((await client.bytes(offered)).equals(other)).toBe(true);
    isCut = false;
  }
  expect(fingerprints[0]).not.toBe(fingerprints[1]);
});
