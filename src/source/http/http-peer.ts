/** Requests to one source: bounded in time, in bytes and in redirects, and with nothing secret in what is told of them. */
import type { Socket } from 'node:net';
import { Agent, buildConnector, request } from 'undici';
import type { Dispatcher } from 'undici';
import { asLonghaulError, LonghaulError } from '../../runtime/errors.ts';
import { shownAddress } from '../../runtime/redacted-url.ts';
import type { AddressGuard } from '../address-guard.ts';
import { bodyParts } from './body-parts.ts';
import { asSourceError, retriesOnce } from './http-errors.ts';
import type { HttpTuning } from './http-tuning.ts';

export interface HttpRequest {
  readonly url: URL;
  readonly method?: 'GET' | 'HEAD';
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

export interface HttpAnswer {
  readonly status: number;
  /** By their names in lower case; of several of one name the first. */
  readonly headers: Readonly<Record<string, string>>;
  /** Where it came from, after redirects, as it may be shown. */
  readonly shownUrl: string;
  /** Yields the bytes as they were sent; throws a LonghaulError when it breaks off, or is longer than announced. Once only. */
  body(): AsyncGenerator<Uint8Array>;
  /** After the end of the body. */
  trailers(): Readonly<Record<string, string>>;
  /** After the end of the body: throws `source_answer_wrong` if more has come since than was announced. */
  checkEnd(): void;
  /** Takes no more of it. */
  discard(): Promise<void>;
}

const mostRedirects = 10;
/** Of an answer that nobody wants: more costs a new connection. */
const discardBytes = 64 * 1024;
const keepAliveMs = 30_000;

export class HttpPeer implements AsyncDisposable {
  readonly source: string;
  readonly #origin: string;
  readonly #authorization: string | null;
  readonly #tuning: HttpTuning;
  /** Small questions never wait for reads. */
  readonly #asking: Agent;
  readonly #reading: Agent;
  /** What servers said after the end of their answers, as often as it happened. */
  #overlong = 0;

  /** @param guard refuses addresses that this source may not lead to; `null`: it may lead anywhere */
  constructor(
    source: string,
    url: URL,
    token: string | null,
    tuning: HttpTuning,
    guard: AddressGuard | null = null,
  ) {
    this.source = source;
    this.#origin = url.origin;
    this.#authorization = token === null ? basicAuthorization(url) : `Bearer ${token}`;
    this.#tuning = tuning;
    const connect = connector(source, tuning, guard, () => void this.#overlong++);
    this.#asking = agentOf(2, tuning, connect);
    this.#reading = agentOf(tuning.parallelReads, tuning, connect);
    this.#reading.on('disconnect', (_origin, _targets, error) => {
      if (error.message === 'bad response' || error.name === 'HTTPParserError') this.#overlong++;
    });
  }

  get parallelReads(): number {
    return this.#tuning.parallelReads;
  }

  /** Content, by one of the connections for that. */
  read(asked: HttpRequest): Promise<HttpAnswer> {
    return this.#follow(asked, this.#reading);
  }

  /** Any other question; its body is to be read within `answerMs`. */
  async ask(asked: HttpRequest): Promise<HttpAnswer> {
    const { answerMs } = this.#tuning;
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(this.#slow(asked.url, answerMs)), answerMs);
    timer.unref();
    const signal = AbortSignal.any([asked.signal, late.signal]);
    try {
      const answer = await this.#follow({ ...asked, signal }, this.#asking);
      const body = answer.body();
      return {
        ...answer,
        async *body() {
          try {
            yield* body;
          } finally {
            clearTimeout(timer);
          }
        },
        async discard() {
          clearTimeout(timer);
          await answer.discard();
        },
      };
    } catch (error) {
      clearTimeout(timer);
      throw error;
    }
  }

  /** The whole body of an answer. Throws `source_answer_wrong` if it is longer than `mostBytes`. */
  async text(answer: HttpAnswer, mostBytes: number): Promise<string> {
    const parts: Uint8Array[] = [];
    let bytes = 0;
    for await (const part of answer.body()) {
      bytes += part.length;
      if (bytes > mostBytes) throw this.wrong(answer, `it is longer than ${mostBytes} bytes`);
      parts.push(part);
    }
    return new TextDecoder().decode(Buffer.concat(parts));
  }

  /** What to throw for an answer that is none of those that a source gives. */
  wrong({ shownUrl: url }: Pick<HttpAnswer, 'shownUrl'>, reason: string): LonghaulError {
    return LonghaulError.of('source_answer_wrong', { source: this.source, url, reason });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#asking.destroy(), this.#reading.destroy()]);
  }

  async #follow(asked: HttpRequest, agent: Agent): Promise<HttpAnswer> {
    const seen = new Set<string>();
    let { url } = asked;
    for (;;) {
      seen.add(url.href);
      const answer = await this.#send({ ...asked, url }, agent);
      const { location } = answer.headers;
      if (![301, 302, 303, 307, 308].includes(answer.status) || location === undefined) return answer;
      await answer.discard();
      url = this.#target(url, location, seen);
    }
  }

  #target(from: URL, location: string, seen: ReadonlySet<string>): URL {
    const refuse = (reason: string): LonghaulError =>
      LonghaulError.of('source_redirects', { source: this.source, url: shownAddress(from), reason });
    const target = URL.parse(location, from.href);
    if (target === null) throw refuse('to no address');
    if (target.protocol !== 'http:' && target.protocol !== 'https:') throw refuse(`to ${target.protocol}`);
    if (from.protocol === 'https:' && target.protocol === 'http:') throw refuse('from https to http');
    if (seen.has(target.href)) throw refuse('in a circle');
    if (seen.size > mostRedirects) throw refuse(`more than ${mostRedirects} times`);
    return target;
  }

  async #send(asked: HttpRequest, agent: Agent): Promise<HttpAnswer> {
    try {
      return await this.#sendOnce(asked, agent);
    } catch (error) {
      asked.signal.throwIfAborted();
      // A connection that was kept may have been closed over there just now.
      if (!retriesOnce(error)) throw this.#known(error, asked);
    }
    try {
      return await this.#sendOnce(asked, agent);
    } catch (error) {
      throw this.#known(error, asked);
    }
  }

  async #sendOnce({ url, method = 'GET', headers, signal }: HttpRequest, agent: Agent): Promise<HttpAnswer> {
    signal.throwIfAborted();
    const overlongBefore = this.#overlong;
    const asked = addressed(url);
    const answer = await request(asked, {
      dispatcher: agent,
      method,
      signal,
      headers: {
        'accept-encoding': 'identity',
        'user-agent': 'longhaul',
        ...headers,
        // Never told to where a source leads us.
        ...(this.#authorization !== null && url.origin === this.#origin
          ? { authorization: this.#authorization }
          : {}),
      },
    });
    const { body } = answer;
    // Whoever reads it is told; whoever does not need not know.
    body.on('error', () => undefined);
    const shownUrl = shownAddress(url);
    const announced = answer.headers['content-length'];
    const checkEnd = (): void => {
      if (announced === undefined || this.#overlong === overlongBefore) return;
      throw this.wrong({ shownUrl }, `more than the ${String(announced)} bytes it announced`);
    };
    const bodyOf = (): AsyncGenerator<Uint8Array> => this.#body(answer, { url, signal }, checkEnd);
    return {
      status: answer.statusCode,
      headers: firstOfEach(answer.headers),
      shownUrl,
      body: bodyOf,
      checkEnd,
      trailers: () => answer.trailers,
      discard: async () => {
        await body.dump({ limit: discardBytes }).catch(() => undefined);
      },
    };
  }

  async *#body(
    { body }: Dispatcher.ResponseData,
    asked: HttpRequest,
    checkEnd: () => void,
  ): AsyncGenerator<Uint8Array> {
    try {
      yield* bodyParts(body);
    } catch (error) {
      throw this.#known(error, asked, true);
    }
    // What follows the announced length most often comes with its last bytes, and is found when those have been dealt with.
    await nextTurn();
    checkEnd();
  }

  #slow(url: URL, ms: number): LonghaulError {
    const facts = { source: this.source, url: shownAddress(url), seconds: ms / 1000 };
    return LonghaulError.of('source_slow', facts);
  }

  #known(error: unknown, { url, signal }: HttpRequest, hasAnswered = false): unknown {
    if (error instanceof LonghaulError) return error;
    if (signal.aborted) return signal.reason;
    const about = { source: this.source, url: shownAddress(url) };
    return asSourceError(error, about, this.#tuning, hasAnswered);
  }
}

/** Every connection is made here, also those that redirects lead to: what it goes to is what was looked at. */
function connector(
  source: string,
  { connectMs: timeout }: HttpTuning,
  guard: AddressGuard | null,
  onOverlong: () => void,
): buildConnector.connector {
  const connect = buildConnector(guard === null ? { timeout } : { timeout, lookup: guard.lookup(source) });
  return (to, done) => {
    try {
      guard?.checkHost(source, to.hostname);
    } catch (error) {
      done(asLonghaulError(error), null);
      return;
    }
    connect(to, (...[error, socket]: Parameters<buildConnector.Callback>) => {
      if (error !== null) done(error, null);
      else done(null, tellingOfRest(socket, onOverlong));
    });
  };
}

function agentOf(connections: number, { silentMs }: HttpTuning, connect: buildConnector.connector): Agent {
  return new Agent({
    connections,
    pipelining: 1,
    connect,
    headersTimeout: silentMs,
    bodyTimeout: silentMs,
    keepAliveTimeout: keepAliveMs,
    keepAliveMaxTimeout: keepAliveMs,
  });
}

/** What comes after the end of an answer that is the last one of its connection undici puts back, closes the connection, and tells nobody. */
function tellingOfRest<Connection extends Socket>(socket: Connection, onRest: () => void): Connection {
  const putBack = socket.unshift.bind(socket);
  socket.unshift = (rest: Uint8Array, encoding) => {
    if (rest.length > 0) onRest();
    putBack(rest, encoding);
  };
  return socket;
}

/** Name and password are sent as a header, to their own server only. */
function addressed(url: URL): URL {
  const bare = new URL(url);
  bare.username = '';
  bare.password = '';
  bare.hash = '';
  return bare;
}

function basicAuthorization({ username, password }: URL): string | null {
  if (username === '' && password === '') return null;
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return `Basic ${Buffer.from(pair).toString('base64')}`;
}

function firstOfEach(headers: Dispatcher.ResponseData['headers']): Record<string, string> {
  const entries = Object.entries(headers).map(([name, value]) => [
    name,
    Array.isArray(value) ? value[0] : value,
  ]);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined)) as Record<string, string>;
}

async function nextTurn(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  setImmediate(() => setImmediate(resolve));
  await promise;
}
