/** Who may ask the master: tokens, cookies, pages of other sites. */
import { expect, test } from 'vitest';
import { answer } from '../../src/api/answer.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { ask, askJson, type RawAnswer } from '../helpers/raw-request.ts';
import { TestApi } from '../helpers/test-api.ts';

const token = 'open-sesame-0123';
const bearer = { authorization: `Bearer ${token}` };

/** Counts what was changed. */
function changing() {
  let changes = 0;
  return {
    handlers: {
      datasets: async () => answer({ items: [], next: null }),
      changeSource: async () => answer({ changes: ++changes }),
      senseSource: async () => answer({ changes: ++changes }, { status: 202 }),
      removeSource: async () => answer({ changes: ++changes }),
    } as const,
    get changes() {
      return changes;
    },
  };
}

const change = (
  url: string,
  headers: Readonly<Record<string, string>> = {},
  body: unknown = { paused: true },
): Promise<RawAnswer> => askJson(`${url}/api/sources/shop`, body, { method: 'PATCH', headers });

test('with a token nobody is let in without it', async () => {
  const scene = changing();
  await using api = await TestApi.start(scene.handlers, { token });
  const wrong: readonly Record<string, string>[] = [
    {},
    { authorization: '' },
    { authorization: 'Bearer' },
    { authorization: `Bearer ${token}x` },
    { authorization: `Bearer ${token.slice(1)}` },
    { authorization: `Basic ${btoa(`:${token}`)}` },
    { authorization: token },
    { cookie: `longhaul_${new URL(api.url).port}=${token}` },
    { cookie: `longhaul_${new URL(api.url).port}=` },
    { cookie: '; ; =; longhaul' },
  ];
  for (const headers of wrong) {
    const answers = [
      await ask(`${api.url}/api/datasets?token=${token}`, { headers }),
      await change(api.url, headers),
    ];
    for (const { status, code, text, headers: said } of answers) {
      expect([status, code, said['www-authenticate']]).toEqual([401, 'token_wrong', 'Bearer']);
      expect(text).not.toContain(token);
    }
  }
  expect(scene.changes).toBe(0);
  expect((await change(api.url, bearer)).status).toBe(200);
  expect((await ask(`${api.url}/metrics`)).status).toBe(401);
  for (const open of ['/healthz', '/readyz', '/api/session'])
    expect((await ask(api.url + open)).status).toBe(200);
});

test('after ten wrong tokens none from there is looked at for some time, and sessions go on', async () => {
  const clock = new ManualClock();
  await using api = await TestApi.start(changing().handlers, { token, clock });
  const login = await askJson(`${api.url}/api/session`, { token });
  const cookie = String(login.headers['set-cookie']).split(';')[0]!;
  const guess = (given: string): Promise<RawAnswer> =>
    ask(`${api.url}/api/datasets`, { headers: { authorization: `Bearer ${given}` } });
  for (let wrong = 1; wrong <= 10; wrong++) expect((await guess(`wrong ${wrong}`)).status).toBe(401);
  for (const given of ['wrong again', token]) {
    const { status, code, headers } = await guess(given);
    expect([status, code, headers['retry-after']]).toEqual([429, 'too_many_attempts', '5']);
  }
  expect((await askJson(`${api.url}/api/session`, { token })).code).toBe('too_many_attempts');
  expect((await ask(`${api.url}/api/datasets`, { headers: { cookie } })).status).toBe(200);
  clock.advance(5000);
  expect((await guess(token)).status).toBe(200);
  expect((await guess('wrong')).status).toBe(401);
  expect((await guess(token)).status).toBe(429);
});

test('a browser gets a cookie for the token, and it is forgotten when it leaves', async () => {
  await using api = await TestApi.start(changing().handlers, { token });
  const session = async (headers = {}): Promise<unknown> =>
    JSON.parse((await ask(`${api.url}/api/session`, { headers })).text);
  expect(await session()).toEqual({ required: true, authenticated: false });
  const refused = await askJson(`${api.url}/api/session`, { token: `${token}x` });
  expect([refused.status, refused.headers['set-cookie']]).toEqual([401, undefined]);
  const { status, headers, text } = await askJson(`${api.url}/api/session`, { token });
  expect([status, text]).toEqual([204, '']);
  const [set = ''] = headers['set-cookie'] as string[];
  expect(set).toMatch(/^longhaul_\d+=[\w-]{43}; HttpOnly; SameSite=Strict; Path=\/$/);
  const cookie = `other=1; ${set.split(';')[0]}`;
  expect(await session({ cookie })).toEqual({ required: true, authenticated: true });
  expect((await change(api.url, { cookie })).status).toBe(200);
  const left = await ask(`${api.url}/api/session`, { method: 'DELETE', headers: { cookie } });
  expect([left.status, String(left.headers['set-cookie'])]).toEqual([
    204,
    expect.stringContaining('Max-Age=0'),
  ]);
  expect((await change(api.url, { cookie })).status).toBe(401);
  const behindProxy = await askJson(
    `${api.url}/api/session`,
    { token },
    { headers: { 'x-forwarded-proto': 'https' } },
  );
  expect(String(behindProxy.headers['set-cookie'])).toMatch(/; Secure$/);
});

test('a session ends a day after it was last used, and a week after it was opened', async () => {
  const clock = new ManualClock();
  await using api = await TestApi.start(changing().handlers, { token, clock });
  const open = async (): Promise<string> => {
    const { headers } = await askJson(`${api.url}/api/session`, { token });
    return String(headers['set-cookie']).split(';')[0]!;
  };
  const hourMs = 3_600_000;
  const status = async (cookie: string): Promise<number> =>
    (await ask(`${api.url}/api/datasets`, { headers: { cookie } })).status;
  const idle = await open();
  clock.advance(23 * hourMs);
  expect(await status(idle)).toBe(200);
  clock.advance(25 * hourMs);
  expect(await status(idle)).toBe(401);
  const used = await open();
  for (let day = 1; day <= 8; day++) {
    clock.advance(23 * hourMs);
    expect(await status(used), `day ${day}`).toBe(day * 23 <= 7 * 24 ? 200 : 401);
  }
});

const otherSites: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
  ['another origin', { origin: 'https://evil.example' }],
  ['another port', { origin: 'http://127.0.0.1:1' }],
  ['an origin that is none', { origin: 'null' }],
  ['a file', { origin: 'file://' }],
  ['an origin that begins as ours', { origin: 'http://127.0.0.1:PORT.evil.example' }],
  ['a cross-site request', { 'sec-fetch-site': 'cross-site' }],
  ['a request of a neighbour', { 'sec-fetch-site': 'same-site', origin: 'http://127.0.0.1:PORT' }],
  ['two answers', { 'sec-fetch-site': 'same-origin, cross-site' }],
  [
    'a link that changes',
    { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' },
  ],
];

test.for([undefined, token])('pages of other sites change nothing (token: %s)', async (given) => {
  const scene = changing();
  await using api = await TestApi.start(scene.handlers, given === undefined ? {} : { token: given });
  const { port } = new URL(api.url);
  for (const [what, said] of otherSites) {
    const headers = {
      ...bearer,
      ...Object.fromEntries(Object.entries(said).map(([name, value]) => [name, value.replace('PORT', port)])),
    };
    const refused = [
      await change(api.url, headers),
      await ask(`${api.url}/api/sources/shop/sense`, { method: 'POST', headers }),
      await ask(`${api.url}/api/sources/shop`, { method: 'DELETE', headers }),
      await askJson(`${api.url}/api/session`, { token }, { headers }),
    ];
    for (const { status, code } of refused) expect([status, code], what).toEqual([403, 'cross_site']);
  }
  expect(scene.changes).toBe(0);
  for (const headers of [
    { origin: api.url, 'sec-fetch-site': 'same-origin' },
    { origin: api.url },
    { 'sec-fetch-site': 'none' },
    {},
  ])
    expect((await change(api.url, { ...bearer, ...headers })).status).toBe(200);
});

test('pages of other sites can lead here, and read nothing', async () => {
  await using api = await TestApi.start(changing().handlers);
  const get = async (headers: Record<string, string>): Promise<number> =>
    (await ask(`${api.url}/api/datasets`, { headers })).status;
  const cross = { 'sec-fetch-site': 'cross-site' };
  expect(await get(cross)).toBe(403);
  expect(await get({ ...cross, 'sec-fetch-mode': 'cors' })).toBe(403);
  expect(await get({ origin: 'https://evil.example' })).toBe(403);
  const navigate = { ...cross, 'sec-fetch-mode': 'navigate' };
  expect(await get({ ...navigate, 'sec-fetch-dest': 'iframe' })).toBe(403);
  expect(await get({ ...navigate, 'sec-fetch-dest': 'document' })).toBe(200);
});

test('without a token this machine is asked by names of its own only', async () => {
  const scene = changing();
  await using api = await TestApi.start(scene.handlers, { allowedHosts: ['longhaul.example'] });
  const { port } = new URL(api.url);
  for (const host of [
    `evil.example:${port}`,
    'evil.example',
    `localhost.evil.example:${port}`,
    `127.0.0.1.evil.example:${port}`,
    `10.0.0.1:${port}`,
    '@',
    'localhost@evil.example',
    'evil.example@localhost',
    'evil.example#localhost',
  ]) {
    // As a page of that name would: its origin is its host.
    const { status, code } = await change(api.url, { host, origin: `http://${host}` });
    expect([status, code], host).toEqual([421, 'host_unknown']);
  }
  expect(scene.changes).toBe(0);
  for (const host of [
    `localhost:${port}`,
    'LOCALHOST:8080',
    `127.0.0.1:${port}`,
    `127.1:${port}`,
    '[::1]',
    'longhaul.example',
  ])
    expect((await change(api.url, { host })).status, host).toBe(200);
  const proxied = {
    host: '127.0.0.1:5000',
    origin: 'https://longhaul.example',
    'sec-fetch-site': 'same-origin',
  };
  expect((await change(api.url, proxied)).status).toBe(200);
  expect((await ask(`${api.url}/healthz`, { headers: { host: '10.0.0.7:5000' } })).status).toBe(200);
});

test('every answer tells browsers to do no more with it than it is there for', async () => {
  await using api = await TestApi.start(changing().handlers, { token });
  const answers = [
    await ask(`${api.url}/healthz`),
    await ask(`${api.url}/api/datasets`, { headers: bearer }),
    await ask(`${api.url}/api/datasets`),
    await ask(`${api.url}/nowhere`, { headers: bearer }),
    await ask(`${api.url}/%ff`, { headers: bearer }),
    await ask(`${api.url}/api/datasets`, { headers: { 'sec-fetch-site': 'cross-site' } }),
  ];
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 401, 404, 400, 403]);
  for (const { headers } of answers) {
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
    });
    const policy = String(headers['content-security-policy']);
    expect(policy).toContain("script-src 'self';");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe-eval|script-src[^;]*unsafe|\*/);
    expect(headers['access-control-allow-origin']).toBeUndefined();
  }
});
