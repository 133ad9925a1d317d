/** A proxy on loopback that cuts connections off in the middle of what a server sends, and counts what it lets through. */
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { Random } from './random.ts';

export interface CuttingOptions {
  readonly target: string;
  readonly seed: number;
  /** Cuts in all; after them everything goes through. */
  readonly cuts: number;
  /** A connection is cut after 1 to so many bytes. */
  readonly mostBytes: number;
  /** Half of the cuts are resets, after which the system throws away what it has not handed over yet. */
  readonly resets?: boolean;
}

export class CuttingProxy implements AsyncDisposable {
  /** Bytes that servers have sent and clients could have got, with headers. */
  bytes = 0;
  cutsLeft: number;
  readonly #options: CuttingOptions;
  readonly #random: Random;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #waiting = new Set<Socket>();
  #holdAt = Infinity;
  #held = Promise.withResolvers<void>();

  private constructor(options: CuttingOptions) {
    this.#options = options;
    this.cutsLeft = options.cuts;
    this.#random = new Random(options.seed);
    this.#server = createServer((socket) => this.#serve(socket));
  }

  static async start(options: CuttingOptions): Promise<CuttingProxy> {
    const proxy = new CuttingProxy(options);
    const { promise, resolve } = Promise.withResolvers<void>();
    proxy.#server.listen(0, '127.0.0.1', resolve);
    await promise;
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Lets so many more bytes through, and then nothing until `release`. @returns when they are through */
  async hold(afterBytes: number): Promise<void> {
    this.#held = Promise.withResolvers();
    this.#holdAt = this.bytes + afterBytes;
    await this.#held.promise;
  }

  release(): void {
    this.#holdAt = Infinity;
    for (const server of this.#waiting) server.resume();
    this.#waiting.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    await promise;
  }

  #serve(client: Socket): void {
    const { hostname, port } = new URL(this.#options.target);
    const server = connect(Number(port), hostname);
    const both = [client, server];
    const end = (): void => both.forEach((socket) => socket.destroy());
    for (const socket of both) {
      this.#sockets.add(socket);
      socket.on('error', end);
      socket.on('close', () => {
        this.#sockets.delete(socket);
        this.#waiting.delete(socket);
        end();
      });
    }
    client.pipe(server);
    let left = 1 + this.#random.below(this.#options.mostBytes);
    server.on('data', (bytes: Buffer) => {
      if (this.bytes >= this.#holdAt) {
        this.#waiting.add(server.pause());
        server.unshift(bytes);
        return;
      }
      const isCut = this.cutsLeft > 0 && bytes.length >= left;
      const part = isCut ? bytes.subarray(0, left) : bytes;
      left -= part.length;
      this.bytes += part.length;
      if (this.bytes >= this.#holdAt) this.#held.resolve();
      if (!client.write(part)) {
        server.pause();
        client.once('drain', () => server.resume());
      }
      if (!isCut) return;
      this.cutsLeft--;
      // What was let through arrives; then nothing more, by an end or by a reset.
      if (this.#options.resets !== true || this.#random.below(2) === 0) client.end(end);
      else client.write('', () => client.resetAndDestroy());
      server.destroy();
    });
  }
}
