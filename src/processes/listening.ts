import { isLoopback } from '../http/same-site.ts';
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
