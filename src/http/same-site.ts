/** Whether a request was made by our own pages or by a program, and not by a page of another site in somebody's browser. */
import { isIPv4 } from 'node:net';
import { LonghaulError } from '../runtime/errors.ts';

/** What a request says of where it comes from and where it goes to. */
export interface RequestOrigin {
  readonly method: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/** Whether only this machine reaches it. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));
}

/**
 * Throws `host_unknown` for a name that is not one of this machine. Without a token whoever reaches the port may do everything; so a
 * page of another site must not reach it by a name of its own that it lets point to 127.0.0.1. Which port is asked for does not
 * matter: it may be forwarded.
 */
export function checkHost({ headers }: RequestOrigin, allowed: readonly string[]): void {
  const host = String(headers['host'] ?? '');
  const name = /[@/?#\\]/.test(host) ? '' : (URL.parse(`http://${host}`)?.hostname ?? '');
  if (isLoopback(name.replace(/^\[(.*)\]$/, '$1')) || allowed.includes(name)) return;
  throw LonghaulError.of('host_unknown', { host: host.slice(0, 255) });
}

/**
 * Throws `cross_site` for what another site has made a browser ask, apart from following a link. Browsers say so in two headers that
 * pages cannot set; programs send neither.
 */
export function checkSameSite({ method, headers }: RequestOrigin, allowed: readonly string[]): void {
  const { origin, host } = headers;
  const site = headers['sec-fetch-site'] ?? 'none';
  const isLink =
    method === 'GET' && headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document';
  if (site !== 'same-origin' && site !== 'none' && !isLink) throw LonghaulError.of('cross_site', {});
  if (origin === undefined || isLink) return;
  const from = URL.parse(String(origin));
  const isOurs =
    from !== null &&
    /^https?:$/.test(from.protocol) &&
    (from.host === String(host).toLowerCase() || allowed.includes(from.hostname));
  if (!isOurs) throw LonghaulError.of('cross_site', {});
}
