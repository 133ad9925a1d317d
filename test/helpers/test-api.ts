/** The master's API as a server of its own, with the handlers that a test gives it, and its log. */
import { Writable } from 'node:stream';
import { masterApi } from '../../src/api/master-api.ts';
import type { ApiHandlers } from '../../src/api/register.ts';
import type { HttpServer } from '../../src/http/http-server.ts';
import type { Clock } from '../../src/runtime/clock.ts';
import { pagesFolder } from '../../src/processes/pages-folder.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { openLog } from '../../src/runtime/log.ts';

export interface TestApiOptions {
  readonly token?: string;
  readonly allowedHosts?: readonly string[];
  readonly clock?: Clock;
  readonly stallMs?: number;
}

export class TestApi implements AsyncDisposable {
  readonly server: HttpServer;
  /** Lines of the log. */
  readonly log: string[];

  private constructor(server: HttpServer, log: string[]) {
    this.server = server;
    this.log = log;
  }

  static async start(
    handlers: Partial<ApiHandlers>,
    { token, allowedHosts = [], clock = systemClock, stallMs = 2000 }: TestApiOptions = {},
  ): Promise<TestApi> {
    const lines: string[] = [];
    const stream = new Writable({
      write(chunk: Buffer, _encoding, done) {
        lines.push(...chunk.toString().split('\n').slice(0, -1));
        done();
      },
    });
    const server = masterApi({
      ...{
        host: '127.0.0.1',
        port: 0,
        token: token ?? null,
        allowedHosts,
        clock,
        stallMs,
        handlers,
        version: '0',
        pagesFolder: pagesFolder(),
      },
      log: openLog('master', 'debug', stream),
      metrics: async () => '',
      chunk: async () => new Uint8Array(0),
      checkReady: async () => undefined,
    });
    await server.start();
    return new TestApi(server, lines);
  }

  get url(): string {
    return this.server.url;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.stop();
  }
}
