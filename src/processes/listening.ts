import { isIPv4 } from 'node:net';
import { LonghaulError } from '../runtime/errors.ts';

/** Throws `bad_option`: what other machines can reach needs a token. */
export function checkReachable(host: string, token: string | null): void {
  if (token !== null || isLoopback(host)) return;
  throw LonghaulError.of('bad_option', {
    option: '--host',
    value: host,
    expected:
      'it must be 127.0.0.1 or another address that only this machine reaches, unless --token is given',
  });
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));
}
