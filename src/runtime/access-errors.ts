/** What servers refuse because of who asks, how often, or with how much. */
import { entry } from './error-entry.ts';

export const accessErrors = {
  cross_site: entry<object>(
    403,
    () => 'this request was made by a page of another site, and such requests are not answered',
    () => 'open the pages of this server itself; behind a proxy, name its host with --allowed-hosts',
  ),
  host_unknown: entry<{ host: string }>(
    421,
    (f) => `this server is not known as "${f.host}"`,
    () =>
      'ask for http://localhost or http://127.0.0.1 with its port; behind a proxy, name its host with --allowed-hosts',
  ),
  too_many_attempts: entry<object>(
    429,
    () => 'too many wrong tokens have come from there',
    () => 'wait as long as Retry-After says, and send the right one',
    true,
  ),
  too_many_requests: entry<object>(
    429,
    () => 'too many requests have come from there',
    () => 'wait as long as Retry-After says, and ask less often',
    true,
  ),
  body_too_large: entry<object>(
    413,
    () => 'the body of this request is larger than this takes',
    () => 'send less; files are uploaded to /api/imports',
  ),
  body_type_wrong: entry<object>(
    415,
    () => 'this takes JSON, and the body does not say that it is any',
    () => 'send the header "Content-Type: application/json"',
  ),
  too_many_listeners: entry<{ most: number }>(
    503,
    (f) => `${f.most} clients listen to events already`,
    () => 'ask again after the time that Retry-After says, or look at /api/status now and then',
    true,
  ),
} as const;
