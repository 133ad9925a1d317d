/** A server of a test's own making on loopback, as wrong as the test wants it. */
import {
  createServer as createHttpServer,
  type IncomingMessage,
  type Server as HttpServer,
  type ServerResponse,
} from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

type Answer = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

export class OddServer implements AsyncDisposable {
  /** `GET /path?query`, in the order in which they came. */
  readonly requests: string[] = [];
  readonly headers: IncomingMessage['headers'][] = [];
  readonly #server: Server | HttpServer;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server | HttpServer) {
    this.#server = server;
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => this.#sockets.delete(socket));
    });
  }

  /** Answers requests. */
  static async http(answer: Answer): Promise<OddServer> {
    const http = createHttpServer();
    const server = new OddServer(http);
    http.on('request', (request: IncomingMessage, response: ServerResponse) => {
      server.requests.push(`${request.method} ${request.url}`);
      server.headers.push(request.headers);
      void answer(request, response);
    });
    return server.#listen();
  }

  /** Says these bytes to whoever asks, with `\n` as line ends of the headers; then ends, or stays silent. */
  static async raw(said: string | null, then: 'end' | 'reset' | 'silence'): Promise<OddServer> {
    const server = new OddServer(
      createServer((socket) => {
        socket.once('data', (request: Buffer) => {
          server.requests.push(request.toString('latin1').split(' HTTP')[0] ?? '');
          if (said !== null) socket.write(said);
          if (then === 'end') socket.end();
          if (then === 'reset') socket.write('', () => socket.resetAndDestroy());
        });
      }),
    );
    return server.#listen();
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get connections(): number {
    return this.#sockets.size;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    await promise;
  }

  async #listen(): Promise<this> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.listen(0, '127.0.0.1', resolve);
    await promise;
    return this;
  }
}
