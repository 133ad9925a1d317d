/** What holds for every server of ours: token, problems, limits, one line of the log a request, and an orderly end. */
import { STATUS_CODES } from 'node:http';
import { type AddressInfo, isIP } from 'node:net';
import type { Readable } from 'node:stream';
import {
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  fastify,
  type RequestPayload,
  type RouteHandlerMethod,
  type RouteOptions,
} from 'fastify';
import type { Clock } from '../runtime/clock.ts';
import { LonghaulError } from '../runtime/errors.ts';
import type { Log } from '../runtime/log.ts';
import type { Service } from '../runtime/service.ts';
import { Access } from './access.ts';
import { hasBody, letArrive, linger } from './lingering.ts';
import { knownError, sendProblem } from './problems.ts';
import { type RequestSchema, RequestPart } from './request-part.ts';
import { securityHeaders } from './security-headers.ts';
import { streamedBody } from './streamed-body.ts';

export interface HttpOptions {
  readonly host: string;
  /** 0: one that is free. */
  readonly port: number;
  /** Whoever asks has to send it; `null`: nobody has to. */
  readonly token: string | null;
  /** Names besides those of this machine that it may be asked by, if it has no token. */
  readonly allowedHosts: readonly string[];
  readonly clock: Clock;
  readonly log: Log;
  /** How long a connection may be silent in the middle of a request or an answer, in milliseconds. */
  readonly stallMs: number;
}

export interface HttpServerParts extends HttpOptions {
  /** Routes that are asked all the time: in the log only for whoever wants to see all. */
  readonly frequent: readonly string[];
  /** Whether browsers are to show what it has. */
  readonly hasPages?: boolean;
  /** The address that describes all others, of a server with many. */
  readonly described?: string;
  /** What the log says of a request besides what it says of all. */
  readonly about?: (request: FastifyRequest) => Readonly<Record<string, unknown>>;
  /** What an error means to whoever has asked. */
  readonly told?: (error: LonghaulError) => LonghaulError;
  /** Checked before a request that is not one of `open`. Throws what is wrong with it. */
  readonly check?: (request: FastifyRequest) => void;
  /** @param status 0: cut off before the end of the answer */
  readonly onEnded?: (route: string, method: string, status: number, seconds: number) => void;
  /** @param code of the problem that was told; `http_STATUS` where there was no request yet */
  readonly onRefused?: (code: string) => void;
}

export interface HttpRoute {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** `:name` stands for a part of the path. */
  readonly address: string;
  /** What the request has to be; what it is read as takes its place. */
  readonly schema?: RequestSchema;
  /** Of a request's body at most. `stream`: the handler gets whatever comes as it comes, and sees to limits itself. */
  readonly body?: number | 'stream';
  /** Whether it needs no token. */
  readonly isOpen?: boolean;
  /** Whether whoever asks ends the answer: no answer of it is cut off. */
  readonly isEndless?: boolean;
  readonly handler: RouteHandlerMethod;
}

/** More are closed unanswered: each is an open file of this process. */
const mostConnections = 1000;
/** They tell nothing of what the server has, and whoever watches over processes has no token and knows no name. */
const unchecked: ReadonlySet<string> = new Set(['/healthz', '/readyz']);
const usuallyFrequent = ['/healthz', '/readyz', '/metrics'];
/** Whoever is refused may go on sending for this part of the time for which a connection may be silent. */
const lingers = 3;
/** While it drains, connections that have become idle are closed this often, in milliseconds. */
const idleCheckMs = 50;

/** A part of a path can be a key, percent-encoded. Node takes no more than this of a request's line and headers together, in bytes. */
const mostHeaderBytes = 16_384;
/** Servers with more addresses than this name the one that describes them. */
const fewAddresses = 10;

/** What is answered to whoever does not even send a request. */
const statusOfWrong: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

declare module 'fastify' {
  interface FastifyContextConfig {
    readonly isOpen?: boolean;
    readonly isStreamed?: boolean;
    readonly isEndless?: boolean;
  }
}

const json = 'application/json; charset=utf-8';

export class HttpServer implements Service {
  readonly app: FastifyInstance;
  readonly access: Access;
  readonly #parts: HttpServerParts;
  readonly #frequent: ReadonlySet<string>;
  readonly #headers: Readonly<Record<string, string>>;
  /** Which methods each address takes. */
  readonly #addresses = new Map<string, string[]>();
  #isEnding = false;
  #starting: Promise<void> | null = null;
  #draining: Promise<void> | null = null;
  #stopping: Promise<void> | null = null;

  constructor(parts: HttpServerParts) {
    this.#parts = parts;
    this.#frequent = new Set([...usuallyFrequent, ...parts.frequent]);
    const { token, allowedHosts, clock, hasPages = false } = parts;
    this.access = new Access({ token, allowedHosts, clock, hasPages });
    this.#headers = securityHeaders(hasPages);
    this.app = fastify({
      logger: false,
      connectionTimeout: 2 * parts.stallMs,
      // Of the headers alone: an upload takes as long as it takes. Other bodies have a limit of their own, below.
      requestTimeout: 0,
      http: { headersTimeout: parts.stallMs },
      bodyLimit: 1024,
      routerOptions: { maxParamLength: mostHeaderBytes },
      exposeHeadRoutes: false,
      forceCloseConnections: 'idle',
      return503OnClosing: false,
      frameworkErrors: (error, request, reply) => {
        letArrive(request.raw, reply.raw, parts.stallMs / lingers);
        void this.#refuse(reply.headers(this.#headers), knownError(error));
      },
      clientErrorHandler: (error, socket) => {
        if (error.code === 'ECONNRESET' || !socket.writable) return;
        const status = statusOfWrong[error.code] ?? 400;
        parts.onRefused?.(`http_${status}`);
        socket.write(
          `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`,
        );
        linger(socket, parts.stallMs / lingers);
      },
    });
    this.app.server.maxConnections = mostConnections;
    // A form of another site can send it without asking, and nothing here takes it.
    this.app.removeContentTypeParser('text/plain');
    this.#addHooks();
    this.get('/healthz', async (_request, reply) => reply.type(json).send('{"status":"alive"}'));
  }

  /** Where it answers, once it is started. */
  get url(): string {
    const { address, port } = this.app.server.address() as AddressInfo;
    return `http://${isIP(address) === 6 ? `[${address}]` : address}:${port}`;
  }

  /** Answers GET and HEAD of an address. */
  get(address: string, handler: RouteHandlerMethod): void {
    this.route({ method: 'GET', address, handler });
  }

  /** Answers one method of an address; HEAD where GET is answered. */
  route({ method, address, schema, body, isOpen = false, isEndless = false, handler }: HttpRoute): void {
    const methods = method === 'GET' ? ['GET', 'HEAD'] : [method];
    this.#addresses.set(address, [...(this.#addresses.get(address) ?? []), ...methods]);
    const config = { isOpen, isEndless, isStreamed: body === 'stream' };
    const options: RouteOptions = { method: methods, url: address, handler, config };
    if (schema !== undefined) options.schema = schema;
    if (typeof body === 'number') options.bodyLimit = body;
    if (body !== 'stream') {
      this.app.route(options);
      return;
    }
    void this.app.register(async (scope) => {
      scope.removeAllContentTypeParsers();
      scope.addContentTypeParser('*', (_request, payload, done) =>
        done(null, streamedBody(payload as Readable, this.#parts.clock)),
      );
      scope.route(options);
    });
  }

  /** `/readyz`. @param check throws as long as the server cannot do what it is there for */
  ready(check: () => void | Promise<void>): void {
    this.get('/readyz', async (_request, reply) => {
      if (this.#isEnding) throw LonghaulError.of('server_ending', {});
      await check();
      return reply.type(json).send('{"status":"ready"}');
    });
  }

  /** Resolves once it answers. Throws `cannot_listen`. */
  start(): Promise<void> {
    this.#starting ??= this.#start();
    return this.#starting;
  }

  /** From now on requests are refused; `/healthz` goes on saying that the process lives. */
  end(): void {
    this.#isEnding = true;
  }

  drain(): Promise<void> {
    this.#draining ??= this.#drain();
    return this.#draining;
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #start(): Promise<void> {
    const { host, port } = this.#parts;
    try {
      await this.app.listen({ host, port });
    } catch (error) {
      const { code = String(error) } = error as NodeJS.ErrnoException;
      const reason = code === 'EADDRINUSE' ? 'another program listens there already' : code;
      throw LonghaulError.of('cannot_listen', { address: `${host}:${port}`, reason }, { cause: error });
    }
  }

  async #drain(): Promise<void> {
    this.end();
    const timer = setInterval(() => this.app.server.closeIdleConnections(), idleCheckMs);
    try {
      await this.app.close();
    } finally {
      clearInterval(timer);
    }
  }

  async #stop(): Promise<void> {
    // What is only half open cannot be closed.
    await this.#starting?.catch(() => undefined);
    const drained = this.drain();
    this.app.server.closeAllConnections();
    await drained;
  }

  #addHooks(): void {
    const { app } = this;
    app.addHook('onRequest', async (request, reply) => {
      const startMs = this.#parts.clock.monotonicMs();
      reply.raw.once('close', () =>
        this.#ended(request, reply.raw.writableFinished, startMs, reply.statusCode),
      );
      const { url = '' } = request.routeOptions;
      void reply.headers(this.#headers);
      if (this.#isEnding) void reply.header('connection', 'close');
      if (unchecked.has(url)) return;
      if (this.#isEnding) throw LonghaulError.of('server_ending', {});
      this.access.check(request, request.routeOptions.config.isOpen === true);
      this.#parts.check?.(request);
    });
    app.addHook('preParsing', async (request, reply, payload) => {
      const isStreamed = request.routeOptions.config.isStreamed === true;
      if (hasBody(request) && !isStreamed) endLate(payload, reply, this.#parts.stallMs);
    });
    app.addHook('onSend', (request, reply, _payload, done) => {
      letArrive(request.raw, reply.raw, this.#parts.stallMs / lingers);
      done();
    });
    app.setErrorHandler((error, _request, reply) => {
      const known = knownError(error as Parameters<typeof knownError>[0]);
      if (known.code === 'unexpected') this.#parts.log.error({ err: error }, 'a request has failed');
      return this.#refuse(reply, this.#parts.told?.(known) ?? known);
    });
    app.setValidatorCompiler(({ schema }) => (schema as RequestPart).check);
    app.setNotFoundHandler((request, reply) => {
      const [path = ''] = request.url.split('?');
      const allowed = this.#methodsOf(path);
      if (allowed.length === 0)
        return this.#refuse(reply, LonghaulError.of('address_unknown', { path, known: this.#known() }));
      const { method } = request;
      void reply.header('allow', allowed.join(', '));
      return this.#refuse(reply, LonghaulError.of('method_unknown', { path, method, allowed }));
    });
  }

  #refuse(reply: FastifyReply, error: LonghaulError): FastifyReply {
    this.#parts.onRefused?.(error.code);
    return sendProblem(reply, error);
  }

  /** Only asked where nothing was found. */
  #methodsOf(path: string): string[] {
    const isHere = (address: string): boolean => {
      const [wanted, given] = [address.split('/'), path.split('/')];
      const isAt = (part: string, index: number): boolean => part.startsWith(':') || part === given[index];
      return wanted.length === given.length && wanted.every(isAt);
    };
    return [...this.#addresses].flatMap(([address, methods]) => (isHere(address) ? methods : []));
  }

  #known(): string {
    const { described } = this.#parts;
    const all = [...this.#addresses.keys()];
    return described === undefined || all.length <= fewAddresses ? all.join(', ') : `what ${described} says`;
  }

  #ended(request: FastifyRequest, isWhole: boolean, startMs: number, answered: number): void {
    const { clock, log, onEnded, about } = this.#parts;
    const { url: route = 'none' } = request.routeOptions;
    const ms = clock.monotonicMs() - startMs;
    const { method, ip: from } = request;
    // Events go on until whoever listens leaves.
    const isEndless = request.routeOptions.config.isEndless === true;
    const status = isWhole || isEndless ? answered : 0;
    onEnded?.(route, method, status, ms / 1000);
    const line = { method, route, ...about?.(request), from, status, ms: Math.round(ms) };
    if (status === 0) log.warn({ ...line, status: answered }, 'cut off');
    else if (this.#frequent.has(route) && status < 400) log.debug(line, 'answered');
    else log.info(line, 'answered');
  }
}

/** A body that is read before it is answered must be there in time: byte by byte it could take for ever. */
function endLate(payload: RequestPayload, { raw }: FastifyReply, ms: number): void {
  const timer = setTimeout(() => raw.destroy(), ms);
  const isThere = (): void => clearTimeout(timer);
  payload.once('end', isThere);
  raw.once('close', isThere);
}
