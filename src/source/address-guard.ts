/**
 * Where a source that somebody has given through the API may not lead: to this machine, to private networks, to what clouds tell
 * their machines. Each connection is checked by the address that it goes to, so neither a name that resolves to something else the
 * next time nor a redirect leads around it.
 */
import { lookup as systemLookup, type LookupAddress, type LookupAllOptions } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { networkInterfaces } from 'node:os';
import ipaddr from 'ipaddr.js';
import { LonghaulError } from '../runtime/errors.ts';
import { isHttpAddress } from '../runtime/redacted-url.ts';

/** As `dns.lookup` with `all`. */
export type Resolve = (
  host: string,
  options: LookupAllOptions,
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/** Public by its number, and yet answered by the host of a virtual machine: Azure's. */
const metadataAddresses: ReadonlySet<string> = new Set(['168.63.129.16']);
/** What is routed in the whole Internet; the rest of IPv6 is local, special, or carries an IPv4 address inside. */
const globalIpv6 = ipaddr.IPv6.parseCIDR('2000::/3');

/** Why nobody may be led to this address, or `null`. */
export function refusedAddress(address: string): string | null {
  if (!ipaddr.isValid(address)) return 'it is no address that is known here';
  // An IPv4 address inside an IPv6 one is what it is.
  const known = ipaddr.process(address);
  const range = known.range();
  if (range !== 'unicast') return `it leads to this machine or to a private or special network (${range})`;
  if (known instanceof ipaddr.IPv6 && !known.match(globalIpv6))
    return 'it leads to a private or special network';
  const text = known.toString();
  if (metadataAddresses.has(text)) return 'it leads to the host of this machine';
  const own = Object.values(networkInterfaces()).flatMap((addresses = []) => addresses);
  return own.some((each) => each.address === text) ? 'it leads to this machine' : null;
}

export class AddressGuard {
  readonly #resolve: Resolve;

  constructor(resolve: Resolve = systemLookup) {
    this.#resolve = resolve;
  }

  /** Throws `address_not_allowed` for a path, and for a URL with an address that may not be asked. */
  checkUrl(source: string, url: string): void {
    if (!isHttpAddress(url)) throw notAllowed(source, 'a path', 'it is on the disk of the master');
    this.checkHost(source, URL.parse(url)?.hostname ?? '');
  }

  /** As `checkUrl`, and by what its name resolves to now; one that does not resolve is looked at again by each connection. */
  async check(source: string, url: string): Promise<void> {
    this.checkUrl(source, url);
    const host = URL.parse(url)?.hostname ?? '';
    if (isIP(bare(host)) !== 0) return;
    const { promise, resolve } = Promise.withResolvers<Error | null>();
    this.lookup(source)(host, { all: true }, (error) => resolve(error));
    const error = await promise;
    if (error instanceof LonghaulError) throw error;
  }

  /** Throws `address_not_allowed` for an address in place of a name: nobody resolves that. */
  checkHost(source: string, host: string): void {
    if (isIP(bare(host)) === 0) return;
    const reason = refusedAddress(bare(host));
    if (reason !== null) throw notAllowed(source, host, reason);
  }

  /** Resolves names for connections: to addresses that may be asked, or to none. One address that may not be is enough to refuse all. */
  lookup(source: string): LookupFunction {
    return (host, options, callback) => {
      const done = callback as (error: Error | null, ...found: unknown[]) => void;
      this.#resolve(host, { ...options, all: true }, (error, addresses) => {
        if (error !== null) return done(error);
        for (const { address } of addresses) {
          const reason = refusedAddress(address);
          // Which address it is stays untold: names of a private network are not for whoever asks from outside.
          if (reason !== null) return done(notAllowed(source, host, reason));
        }
        const [first] = addresses;
        if (options.all === true || first === undefined) return done(null, addresses);
        return done(null, first.address, first.family);
      });
    };
  }
}

/** Without the brackets of an IPv6 address in a URL. */
function bare(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1');
}

function notAllowed(source: string, where: string, reason: string): LonghaulError {
  return LonghaulError.of('address_not_allowed', { source, where, reason });
}
