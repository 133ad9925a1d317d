/** The source server's routes, and what holds for all of them: token, problems, one line of the log a request. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import { type FastifyInstance, type FastifyRequest, fastify, type RouteHandlerMethod } from 'fastify';
import type { Clock } from '../runtime/clock.ts';
import { LonghaulError } from '../runtime/errors.ts';
import type { Log } from '../runtime/log.ts';
import { entityTag, hasAlready } from './conditions.ts';
import type { HostedFolder } from './hosted-folder.ts';
import type { SourceMetrics } from './metrics.ts';
import { knownError, sendProblem } from './problems.ts';
import type { ReadQuery, Reads } from './read-route.ts';

export interface SourceRoutesParts {
  readonly folder: HostedFolder;
  readonly reads: Reads;
  readonly metrics: SourceMetrics;
  readonly clock: Clock;
  readonly log: Log;
  /** Whoever asks has to know it; `null`: nobody has to. */
  readonly token: string | null;
  /** How long a connection may be silent in the middle of a request or an answer, in milliseconds. */
  readonly stallMs: number;
}

/** More are closed unanswered: each is an open file of this process. */
const mostConnections = 1000;
/** Asked all the time: in the log only for whoever wants to see all. */
const frequent: ReadonlySet<string> = new Set(['/sense', '/healthz', '/readyz', '/metrics']);
/** They tell nothing of the files, and whoever watches over processes has no token. */
const open: ReadonlySet<string> = new Set(['/healthz', '/readyz']);
const json = 'application/json; charset=utf-8';

export class SourceRoutes {
  readonly app: FastifyInstance;
  readonly #parts: SourceRoutesParts;
  #isEnding = false;

  constructor(parts: SourceRoutesParts) {
    this.#parts = parts;
    this.app = fastify({
      logger: false,
      connectionTimeout: 2 * parts.stallMs,
      requestTimeout: parts.stallMs,
      bodyLimit: 1024,
      exposeHeadRoutes: false,
      forceCloseConnections: 'idle',
      return503OnClosing: false,
      frameworkErrors: (error, _request, reply) => void sendProblem(reply, knownError(error)),
      clientErrorHandler: (error, socket) => {
        if (error.code === 'ECONNRESET' || !socket.writable) return;
        socket.end(`HTTP/1.1 400 ${STATUS_CODES[400]}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
      },
    });
    this.app.server.maxConnections = mostConnections;
    this.#addHooks();
    this.#addRoutes();
  }

  /** From now on requests are refused; `/healthz` goes on saying that the process lives. */
  end(): void {
    this.#isEnding = true;
  }

  #addHooks(): void {
    const { app } = this;
    app.addHook('onRequest', async (request, reply) => {
      const startMs = this.#parts.clock.monotonicMs();
      reply.raw.once('close', () =>
        this.#ended(request, reply.raw.writableFinished, startMs, reply.statusCode),
      );
      const { url = '' } = request.routeOptions;
      if (this.#isEnding) void reply.header('connection', 'close');
      if (open.has(url)) return;
      if (this.#isEnding) throw LonghaulError.of('server_ending', {});
      if (!this.#isAllowed(request.headers.authorization)) throw LonghaulError.of('token_wrong', {});
      if (Array.isArray((request.query as { file?: unknown }).file)) {
        throw LonghaulError.of('request_wrong', { reason: 'it names more than one file' });
      }
    });
    app.setErrorHandler((error, _request, reply) => {
      const known = knownError(error as Parameters<typeof knownError>[0]);
      if (known.code === 'unexpected') this.#parts.log.error({ err: error }, 'a request has failed');
      return sendProblem(reply, known);
    });
    app.setNotFoundHandler((request, reply) => {
      const [path = ''] = request.url.split('?');
      if (!app.hasRoute({ method: 'GET', url: path })) {
        return sendProblem(reply, LonghaulError.of('address_unknown', { path }));
      }
      void reply.header('allow', 'GET, HEAD');
      return sendProblem(reply, LonghaulError.of('method_unknown', { path, method: request.method }));
    });
  }

  #addRoutes(): void {
    const { folder, reads, metrics } = this.#parts;
    const get = (url: string, handler: RouteHandlerMethod): void => {
      this.app.route({ method: ['GET', 'HEAD'], url, handler });
    };
    get('/read', (request, reply) => reads.answer(request, reply));
    get('/sense', async (request, reply) => {
      const { version, files } = folder.listing();
      const { since } = request.query as { since?: string };
      void reply.header('etag', entityTag(version)).header('cache-control', 'no-cache');
      if (hasAlready(request.headers['if-none-match'], version)) return reply.code(304).send();
      const status = (since === undefined ? !folder.isRead : since !== version) ? 1 : 0;
      return reply.type(json).send(`{"status":${status},"version":"${version}","files":${files}}`);
    });
    get('/manifest', async (request, reply) => {
      const { manifest, version } = folder.find((request.query as ReadQuery).file).readable();
      void reply.header('etag', entityTag(version)).header('cache-control', 'no-cache');
      if (hasAlready(request.headers['if-none-match'], version)) return reply.code(304).send();
      return reply.type(json).send(manifest);
    });
    get('/healthz', async (_request, reply) => reply.type(json).send('{"status":"alive"}'));
    get('/readyz', async (_request, reply) => {
      if (this.#isEnding) throw LonghaulError.of('server_ending', {});
      folder.checkThere();
      return reply.type(json).send('{"status":"ready"}');
    });
    get('/metrics', async (_request, reply) => reply.type(metrics.contentType).send(await metrics.text()));
  }

  /** Hashes are compared, in constant time: neither length nor content of the token can be told from how long it takes. */
  #isAllowed(authorization: string | undefined): boolean {
    const { token } = this.#parts;
    if (token === null) return true;
    const [, given = ''] = /^Bearer +(.*)$/i.exec(authorization ?? '') ?? [];
    const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
    return timingSafeEqual(digest(given), digest(token));
  }

  #ended(request: FastifyRequest, isWhole: boolean, startMs: number, answered: number): void {
    const { clock, log, metrics } = this.#parts;
    const { url: route = 'none' } = request.routeOptions;
    const ms = clock.monotonicMs() - startMs;
    const { method, ip: from } = request;
    const status = isWhole ? answered : 0;
    metrics.requestEnded(route, method, status, ms / 1000);
    const { file } = request.query as ReadQuery;
    const line = { method, route, file, range: request.headers.range, from, status, ms: Math.round(ms) };
    if (status === 0) log.warn({ ...line, status: answered }, 'cut off');
    else if (frequent.has(route) && status < 400) log.debug(line, 'answered');
    else log.info(line, 'answered');
  }
}
