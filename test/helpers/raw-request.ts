/** A request exactly as it is said: also what `fetch` would not send, such as another Host. */
import { request } from 'node:http';
import { text } from 'node:stream/consumers';

export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly text: string;
  /** The code of a problem; `null`: it is none. */
  readonly code: string | null;
}

export interface RawRequestOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | Uint8Array;
}

/** @param url of the server, with path and query as they are to be sent */
export async function ask(
  url: string,
  { method = 'GET', headers = {}, body }: RawRequestOptions = {},
): Promise<RawAnswer> {
  const { hostname, port, host, pathname, search } = new URL(url);
  const { promise, resolve, reject } = Promise.withResolvers<RawAnswer>();
  const asked = request({
    hostname,
    port,
    method,
    path: pathname + search,
    // Not as an object: names such as `__proto__` are to arrive.
    headers: { host, ...headers } as Record<string, string>,
    agent: false,
  });
  asked.once('error', reject);
  asked.once('response', (response) => {
    void text(response).then((content) => {
      const isProblem = response.headers['content-type']?.startsWith('application/problem+json') === true;
      const code = isProblem ? (JSON.parse(content) as { code: string }).code : null;
      resolve({ status: response.statusCode ?? 0, headers: response.headers, text: content, code });
    }, reject);
  });
  asked.end(body);
  return await promise;
}

/** As `ask`, with a JSON body. */
export function askJson(
  url: string,
  body: unknown,
  { headers = {}, ...more }: RawRequestOptions = {},
): Promise<RawAnswer> {
  return ask(url, {
    method: 'POST',
    ...more,
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
}
