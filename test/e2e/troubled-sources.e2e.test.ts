/** Many sources of which some are slow, hang, talk nonsense or are down: what that does to the others, and how it ends. */
import { createServer, type RequestListener, type Server } from 'node:http';
import {
  createServer as createTcpServer,
  type AddressInfo,
  type Server as TcpServer,
  type Socket,
} from 'node:net';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { MasterProcess } from '../helpers/master-process.ts';
import { TempFolder } from '../helpers/temp-folder.ts';

const intervalMs = 200;
const answers = {
  /** As a source that knows the least does it. */
  plain: (name: string): RequestListener => {
    let status = 1;
    return (request, response) => {
      if (request.url === '/sense')
        response.setHeader('content-type', 'application/json').end(`{"status":${status}}`);
      else {
        status = 0;
        response.setHeader('content-type', 'text/csv').end(`name,sku,description\nAnn,${name},x\n`);
      }
    };
  },
  html: (): RequestListener => (_request, response) => {
    response.setHeader('content-type', 'text/html').end('<html>Please log in</html>');
  },
  nonsense: (): RequestListener => (_request, response) => {
    response.setHeader('content-type', 'application/json').end('{"status":');
  },
  slow: (): RequestListener => (_request, response) => {
    setTimeout(() => response.end('{"status":0}'), 60_000).unref();
  },
} as const;

class FakeSource implements AsyncDisposable {
  readonly #server: Server;
  #answer: RequestListener;
  port = 0;
  readonly sensedAt: number[] = [];

  constructor(answer: RequestListener) {
    this.#answer = answer;
    this.#server = createServer((request, response) => {
      if (request.url === '/sense') this.sensedAt.push(performance.now());
      this.#answer(request, response);
    });
  }
  async listen(): Promise<void> {
    this.#server.listen(this.port, '127.0.0.1');
    await once(this.#server, 'listening');
    this.port = (this.#server.address() as AddressInfo).port;
  }
  async close(): Promise<void> {
    if (!this.#server.listening) return;
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }
  becomes(answer: RequestListener): void {
    this.#answer = answer;
    // What was asked before gets no answer any more.
    this.#server.closeAllConnections();
  }
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/**
 * Takes connections and says nothing; what is sent to it is never read. Once it is well it answers on new connections only: those
 * that hang stay as they are, as those to a machine that has lost its power do.
 */
class HalfOpen implements AsyncDisposable {
  readonly #healed: Server;
  readonly #server: TcpServer = createTcpServer((socket) => {
    socket.on('error', () => undefined);
    this.#sockets.push(socket);
    if (this.isWell) this.#healed.emit('connection', socket);
    else socket.pause();
  });
  readonly #sockets: Socket[] = [];
  isWell = false;
  port = 0;

  constructor(answer: RequestListener) {
    this.#healed = createServer(answer);
  }

  async listen(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    this.port = (this.#server.address() as AddressInfo).port;
  }
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#server.listening) return;
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await once(this.#server, 'close');
  }
}

test('20 sources, 12 of them troubled: the healthy ones are sensed as ever, the others come back by themselves', async () => {
  using folder = new TempFolder();
  await using stack = new AsyncDisposableStack();
  const fakes = new Map<string, FakeSource | HalfOpen>();
  const add = async (name: string, source: FakeSource | HalfOpen): Promise<void> => {
    stack.use(source);
    await source.listen();
    fakes.set(name, source);
  };
  for (let n = 0; n < 8; n++) await add(`healthy-${n}`, new FakeSource(answers.plain(`healthy-${n}`)));
  for (let n = 0; n < 5; n++) await add(`slow-${n}`, new FakeSource(answers.slow()));
  for (let n = 0; n < 3; n++) await add(`hanging-${n}`, new HalfOpen(answers.plain(`hanging-${n}`)));
  await add('garbage-0', new FakeSource(answers.html()));
  await add('garbage-1', new FakeSource(answers.nonsense()));
  for (let n = 0; n < 2; n++) await add(`down-${n}`, new FakeSource(answers.plain(`down-${n}`)));
  const fake = (name: string): FakeSource => fakes.get(name) as FakeSource;
  for (const name of ['down-0', 'down-1']) await fake(name).close();

  const sources = [...fakes].flatMap(([name, { port }]) => ['--source', `${name}=http://127.0.0.1:${port}`]);
  const args = [
    '--db',
    'sqlite:test.db',
    '--sense-interval',
    String(intervalMs / 1000),
    '--log-level',
    'error',
  ];
  await using master = await MasterProcess.start(folder, [...args, ...sources]);
  const states = (kind: string, state: string) => (status: Awaited<ReturnType<typeof master.status>>) =>
    status.sources.filter(({ name }) => name.startsWith(kind)).every((source) => source.state === state);
  for (let n = 0; n < 8; n++) await master.published(`healthy-${n}`, 'read');
  await master.until('garbage is told', states('garbage', 'garbage'));
  await master.until('what is down is told', states('down', 'unreachable'));
  await master.until('what is slow is told', states('slow', 'slow'));
  await master.until('what hangs is told', states('hanging', 'slow'));
  const { sources: troubled } = await master.status();
  for (const { name, state, trouble, failures } of troubled) {
    if (name.startsWith('healthy'))
      expect({ name, state, trouble, failures }).toEqual({ name, state: 'ok', trouble: null, failures: 0 });
    else expect(trouble?.reason, name).not.toBe('');
  }

  // Loosely, because the machine may be busy; bench/master.ts has the figures.
  const before = Array.from({ length: 8 }, (_, n) => fake(`healthy-${n}`).sensedAt.length);
  await sleep(20 * intervalMs);
  for (const [n, count] of before.entries())
    expect(fake(`healthy-${n}`).sensedAt.length - count, `healthy-${n}`).toBeGreaterThan(8);

  for (const [name, source] of fakes) {
    if (source instanceof HalfOpen) source.isWell = true;
    else if (!name.startsWith('healthy')) {
      source.becomes(answers.plain(name));
      await source.listen().catch(() => undefined);
    }
  }
  for (const name of fakes.keys()) await master.published(name, 'read', undefined, 90_000);
  expect(await fetch(`${master.url}/readyz`).then(({ status }) => status)).toBe(200);
});
