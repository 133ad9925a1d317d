/** Who may ask: by a token in each request, or by a cookie that a browser got for it once; and how often. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import ipaddr from 'ipaddr.js';
import type { Clock } from '../runtime/clock.ts';
import { LonghaulError } from '../runtime/errors.ts';
import { Buckets } from './buckets.ts';
import { checkHost, checkSameSite, isLoopback } from './same-site.ts';
import { Sessions } from './sessions.ts';

export interface AccessParts {
  /** `null`: nobody needs one. */
  readonly token: string | null;
  /** Names besides those of this machine that it is asked by. */
  readonly allowedHosts: readonly string[];
  /** Whether it has something for browsers: pages of other sites may want to use it then. */
  readonly hasPages: boolean;
  readonly clock: Clock;
}

/** Wrong tokens from one address: more than anybody mistypes, and by far too few to find one. */
const wrongTokens = { size: 10, perSecond: 0.2 };
/** Requests from one other machine: several times what the pages of ten people ask for. This machine may ask as often as it likes. */
const requests = { size: 1000, perSecond: 200 };

export class Access {
  readonly #parts: AccessParts;
  readonly #digest: Buffer | null;
  readonly #sessions: Sessions;
  readonly #wrong: Buckets;
  readonly #asked: Buckets;

  constructor(parts: AccessParts) {
    const { token, clock } = parts;
    this.#parts = parts;
    this.#digest = token === null ? null : digest(token);
    this.#sessions = new Sessions(clock);
    this.#wrong = new Buckets(wrongTokens, clock);
    this.#asked = new Buckets(requests, clock);
  }

  get isTokenNeeded(): boolean {
    return this.#digest !== null;
  }

  /**
   * Throws `too_many_requests`, `host_unknown`, `cross_site`, `token_wrong` and `too_many_attempts`.
   *
   * @param isOpen whether what is asked for needs no token
   */
  check(request: FastifyRequest, isOpen: boolean): void {
    const from = addressOf(request).replace(/^::ffff:/, '');
    if (!isLoopback(from) && !this.#asked.take(network(from)))
      throw LonghaulError.of('too_many_requests', {});
    const { allowedHosts, hasPages } = this.#parts;
    if (!this.isTokenNeeded) checkHost(request, allowedHosts);
    if (hasPages) checkSameSite(request, allowedHosts);
    if (!isOpen && !this.isAllowed(request)) throw LonghaulError.of('token_wrong', {});
  }

  /** Whether a request has brought what it needs. Throws `too_many_attempts`. */
  isAllowed(request: FastifyRequest): boolean {
    if (!this.isTokenNeeded) return true;
    const [, given] = /^Bearer +(.*)$/i.exec(request.headers.authorization ?? '') ?? [];
    if (given !== undefined) return this.#isToken(request, given);
    const value = cookie(request);
    return value !== null && this.#sessions.isOpen(value);
  }

  /** Gives a browser a cookie for the token. Throws `token_wrong` and `too_many_attempts`. */
  openSession(request: FastifyRequest, reply: FastifyReply, token: string): void {
    if (!this.isTokenNeeded) return;
    if (!this.#isToken(request, token)) throw LonghaulError.of('token_wrong', {});
    setCookie(request, reply, this.#sessions.open());
  }

  closeSession(request: FastifyRequest, reply: FastifyReply): void {
    const value = cookie(request);
    if (value === null) return;
    this.#sessions.close(value);
    setCookie(request, reply, null);
  }

  /** Hashes are compared, in constant time: neither length nor content of the token can be told from how long it takes. */
  #isToken(request: FastifyRequest, given: string): boolean {
    const from = network(addressOf(request));
    // Before it is looked at: an answer that is only late would tell as much.
    const isLimited = this.#parts.hasPages;
    if (isLimited && !this.#wrong.has(from)) throw LonghaulError.of('too_many_attempts', {});
    const isRight = this.#digest !== null && timingSafeEqual(digest(given), this.#digest);
    if (!isRight && isLimited) this.#wrong.take(from);
    return isRight;
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** Of a connection that is gone already nobody knows it. */
function addressOf({ ip }: { readonly ip?: string }): string {
  return ip ?? '';
}

/** Whoever has one address of IPv6 has all of its /64. */
function network(address: string): string {
  if (!ipaddr.isValid(address)) return address;
  const known = ipaddr.process(address);
  return known instanceof ipaddr.IPv6 ? known.parts.slice(0, 4).join(':') : known.toString();
}

/** Cookies do not know ports: two masters on one machine would take each other's. */
function cookieName({ socket }: FastifyRequest): string {
  return `longhaul_${socket.localPort ?? 0}`;
}

function cookie(request: FastifyRequest): string | null {
  const name = `${cookieName(request)}=`;
  const given = request.headers.cookie?.split('; ').find((each) => each.startsWith(name));
  return given?.slice(name.length) ?? null;
}

/** @param value `null`: it is to be forgotten */
function setCookie(request: FastifyRequest, reply: FastifyReply, value: string | null): void {
  // A proxy says by which protocol it was asked. Whoever says so without being asked by https keeps the cookie to himself.
  const isSecure = request.protocol === 'https' || request.headers['x-forwarded-proto'] === 'https';
  const parts = [`${cookieName(request)}=${value ?? ''}`, 'HttpOnly', 'SameSite=Strict', 'Path=/'];
  if (isSecure) parts.push('Secure');
  if (value === null) parts.push('Max-Age=0');
  void reply.header('set-cookie', parts.join('; '));
}
