/** `/api/events` over real connections: resuming, and clients that take nothing. */
import { connect } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { EventHub } from '../../src/api/events/event-hub.ts';
import { eventsHandler } from '../../src/api/events/events-route.ts';
import { eventually } from '../helpers/eventually.ts';
import { ask } from '../helpers/raw-request.ts';
import { TestApi, type TestApiOptions } from '../helpers/test-api.ts';

const hubs: EventHub[] = [];
afterEach(() => {
  for (const hub of hubs.splice(0)) hub.end();
});

interface Scene extends AsyncDisposable {
  readonly api: TestApi;
  readonly hub: EventHub;
  readonly warnings: string[];
}

async function serving(options?: TestApiOptions): Promise<Scene> {
  const warnings: string[] = [];
  const hub = new EventHub({
    ...{ instance: 'one', warn: (message) => warnings.push(message) },
    limits: { gatherMs: 1 },
  });
  hubs.push(hub);
  const api = await TestApi.start({ events: eventsHandler(hub) }, options);
  return { api, hub, warnings, [Symbol.asyncDispose]: () => api[Symbol.asyncDispose]() };
}

/** Listens until it leaves. */
async function listening(url: string, headers: Record<string, string> = {}) {
  const leaving = new AbortController();
  const response = await fetch(`${url}/api/events`, { headers, signal: leaving.signal });
  const listener = {
    response,
    text: '',
    hasEnded: false,
    leave: () => leaving.abort(),
    get names(): string[] {
      return Array.from(listener.text.matchAll(/"name":"(.*?)"/g), ([, name = '']) => name);
    },
    get lastId(): string {
      return Array.from(listener.text.matchAll(/^id: (.*)$/gm)).at(-1)?.[1] ?? '';
    },
  };
  const decoder = new TextDecoder();
  void (async () => {
    for await (const part of response.body! as AsyncIterable<Uint8Array>)
      listener.text += decoder.decode(part, { stream: true });
  })()
    .catch(() => undefined)
    .finally(() => (listener.hasEnded = true));
  return listener;
}

const tell = (hub: EventHub, ...names: readonly string[]): void => {
  for (const name of names) hub.tell('source_removed', { name });
};

test('who comes back goes on where it was, over any number of cuts', async () => {
  await using scene = await serving();
  const { api, hub } = scene;
  const got: string[] = [];
  let lastId = '';
  for (let cut = 0; cut < 5; cut++) {
    const listener = await listening(api.url, lastId === '' ? {} : { 'last-event-id': lastId });
    expect(listener.response.headers.get('content-type')).toBe('text/event-stream');
    expect(listener.response.headers.get('cache-control')).toBe('no-store');
    tell(hub, `${cut} a`, `${cut} b`);
    await eventually('it is told', () => listener.names.includes(`${cut} b`));
    got.push(...listener.names);
    ({ lastId } = listener);
    listener.leave();
    await eventually('it has left', () => hub.listeners === 0);
    tell(hub, `${cut} missed`);
  }
  const all = [0, 1, 2, 3].flatMap((cut) => [`${cut} a`, `${cut} b`, `${cut} missed`]);
  expect(got).toEqual([...all, '4 a', '4 b']);
  const other = await listening(api.url, { 'last-event-id': 'two-3' });
  await eventually('it is told to begin anew', () =>
    other.text.includes('event: reset\ndata: {"instance":"one"}'),
  );
});

test('a client that takes nothing is cut off, with no more than the limit kept for it, and others are not', async () => {
  await using scene = await serving();
  const { api, hub, warnings } = scene;
  const quick = await listening(api.url);
  const slow = connect(Number(new URL(api.url).port), '127.0.0.1');
  slow.on('error', () => undefined);
  slow.write('GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n');
  slow.pause();
  await eventually('both listen', () => hub.listeners === 2);
  const large = 'x'.repeat(100_000);
  let told = 0;
  // What the system takes for a connection that nobody reads comes before what we keep.
  while (hub.listeners === 2 && told < 1000) {
    tell(hub, `${++told} ${large}`);
    await eventually('the other one is told', () => quick.names.length === told);
  }
  expect(hub.listeners).toBe(1);
  const [, unread] = /has left (\d+) bytes unread/.exec(warnings.join()) ?? [];
  expect(Number(unread)).toBeGreaterThan(2 * 2 ** 20);
  expect(Number(unread)).toBeLessThan(2 * 2 ** 20 + 300_000);
  slow.destroy();
  tell(hub, 'afterwards');
  await eventually('the other one goes on', () => quick.names.at(-1) === 'afterwards');
  expect(quick.hasEnded).toBe(false);
  quick.leave();
});

test('events need the token, are not for other sites, and end with the server', async () => {
  await using scene = await serving({ token: 'open-sesame' });
  const { api, hub } = scene;
  const authorization = 'Bearer open-sesame';
  expect((await ask(`${api.url}/api/events`)).status).toBe(401);
  const cross = { authorization, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors' };
  expect((await ask(`${api.url}/api/events`, { headers: cross })).status).toBe(403);
  expect((await ask(`${api.url}/api/events`, { method: 'HEAD', headers: { authorization } })).status).toBe(
    200,
  );
  expect(hub.listeners).toBe(0);
  const listener = await listening(api.url, { authorization });
  hub.end();
  await api.server.drain();
  await eventually('it has ended', () => listener.hasEnded);
  const lines = api.log.map((line) => JSON.parse(line) as { route: string; status: number; msg: string });
  expect(lines.at(-1)).toMatchObject({ route: '/api/events', status: 200, msg: 'answered' });
});
