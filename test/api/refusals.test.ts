/** A refusal arrives, whatever is still being sent; and nobody goes on sending for ever. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { answer } from '../../src/api/answer.ts';
import { LonghaulError } from '../../src/runtime/errors.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { TestApi, type TestApiOptions } from '../helpers/test-api.ts';

const block = Buffer.alloc(2 ** 20, 'x');
const handlers = {
  addSource: async () => answer({}),
  upload: async ({ body }: { body: AsyncIterable<Uint8Array> }) => {
    let bytes = 0;
    for await (const part of body) if ((bytes += part.length) > 2 ** 20) break;
    throw LonghaulError.of('upload_too_large', { mostBytes: 2 ** 20, advice: 'send less' });
  },
} as const;

async function opened({ url }: TestApi): Promise<Socket> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  await once(socket, 'connect');
  return socket;
}

const json = 'Content-Type: application/json\r\n';
const announced = `Content-Length: ${2 ** 40}\r\n\r\n`;
const unannounced = 'Transfer-Encoding: chunked\r\n\r\n7fffffff\r\n';

test.for<readonly [string, number, string, TestApiOptions?]>([
  ['JSON that is announced', 413, `POST /api/sources HTTP/1.1\r\nHost: localhost\r\n${json}${announced}`],
  ['JSON that is not', 413, `POST /api/sources HTTP/1.1\r\nHost: localhost\r\n${json}${unannounced}`],
  ['a file', 413, `POST /api/imports?name=a HTTP/1.1\r\nHost: localhost\r\n${announced}`],
  [
    'a file that is not announced',
    413,
    `POST /api/imports?name=a HTTP/1.1\r\nHost: localhost\r\n${unannounced}`,
  ],
  ['a file without a name', 400, `POST /api/imports HTTP/1.1\r\nHost: localhost\r\n${announced}`],
  ['text', 415, `POST /api/sources HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\n${announced}`],
  [
    'without a token',
    401,
    `POST /api/imports?name=a HTTP/1.1\r\nHost: localhost\r\n${announced}`,
    { token: 'secret' },
  ],
  ['as another host', 421, `POST /api/imports?name=a HTTP/1.1\r\nHost: evil.example\r\n${announced}`],
  ['what is not there', 404, `POST /nowhere HTTP/1.1\r\nHost: localhost\r\n${announced}`],
  ['what is no address', 400, `POST /%ff HTTP/1.1\r\nHost: localhost\r\n${announced}`],
  ['a header without end', 431, 'GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Long: '],
  ['what is no HTTP', 400, 'xx\r\n\r\n'],
])('whoever sends 32 MiB before he looks up is told: %s', async ([, status, head, options = {}]) => {
  await using api = await TestApi.start(handlers, { ...options, stallMs: 120_000 });
  const socket = await opened(api);
  socket.pause();
  socket.write(head);
  for (let sent = 0; sent < 32; sent++) if (!socket.write(block)) await once(socket, 'drain');
  let told = '';
  socket.on('data', (part) => (told += part.toString('latin1'))).resume();
  // Ended by the server, in order: not reset. Then this side can end as well, and nobody waits for anything.
  await once(socket, 'end');
  await once(socket, 'close');
  expect(socket.errored).toBeNull();
  expect(told).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  expect(told).toMatch(/\r\nconnection: close\r\n/i);
});

test('whoever goes on sending is not read any more after some time, and cut off', async () => {
  await using api = await TestApi.start(handlers, { stallMs: 1500 });
  const socket = await opened(api);
  socket.write(`POST /api/imports?name=a HTTP/1.1\r\nHost: localhost\r\n${announced}`);
  let sent = 0;
  const more = (): void => {
    do sent += block.length;
    while (socket.write(block));
  };
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  socket.on('error', () => undefined).once('close', () => resolve());
  socket.on('drain', more).resume();
  more();
  // Its own end of the connection stays open.
  socket.allowHalfOpen = true;
  await closed;
  // What is thrown away, and what systems keep between the two.
  expect(sent).toBeLessThan(128 * 2 ** 20);
});

test('a connection is kept for the next request where all of one was there', async () => {
  await using api = await TestApi.start(handlers);
  const socket = await opened(api);
  let told = '';
  socket.on('data', (part) => (told += part.toString('latin1')));
  for (let asked = 1; asked <= 2; asked++) {
    socket.write(`POST /api/sources HTTP/1.1\r\nHost: localhost\r\n${json}Content-Length: 2\r\n\r\n{}`);
    while (told.split('HTTP/1.1 400 ').length <= asked) await once(socket, 'data');
  }
  expect(told).not.toMatch(/connection: close/i);
  socket.destroy();
});

test('a body that comes too slowly is refused', async () => {
  const clock = new ManualClock();
  await using api = await TestApi.start(handlers, { clock });
  const socket = await opened(api);
  const told: string[] = [];
  socket.on('data', (part) => told.push(part.toString('latin1')));
  socket.write('POST /api/imports?name=a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n');
  while (told.length === 0) {
    // Whichever of them the server sees one after the other, it has waited a minute for it.
    socket.write('x');
    clock.advance(60_000);
    await setImmediate();
  }
  expect(told.join('')).toMatch(/^HTTP\/1\.1 408 /);
  expect(told.join('')).toContain('"code":"upload_too_slow"');
  socket.destroy();
});
