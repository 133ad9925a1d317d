import { addresses } from '../../src/api/wire/addresses.ts';
import type { RouteName } from '../../src/api/wire/routes.ts';
import { listening } from '../live/connection.ts';
import type { Answer, Request } from './endpoints.ts';
import { ApiProblem, problemOf, unreachableProblem } from './problem.ts';

/** Everything that a request can carry, whatever its route. */
interface AnyRequest {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | number | boolean | null | undefined>>;
  readonly body?: unknown;
  readonly ifMatch?: string;
}

/** Called when the master wants a token that this browser has not given. */
let onLocked: () => void = () => undefined;
export function whenLocked(call: () => void): void {
  onLocked = call;
}

/** Throws `ApiProblem`. What is asked for is asked after the stream of events has begun, so that no change falls between the two. */
export async function api<N extends RouteName>(
  route: N,
  request: Request<N>,
  signal?: AbortSignal,
): Promise<Answer<N>> {
  await listening();
  const { ifMatch, body } = request as AnyRequest;
  const { method } = addresses[route];
  const headers = new Headers({ accept: 'application/json' });
  if (ifMatch !== undefined) headers.set('if-match', ifMatch);
  if (body !== undefined && !(body instanceof Blob)) headers.set('content-type', 'application/json');
  const content = body === undefined || body instanceof Blob ? body : JSON.stringify(body);
  let response: Response;
  try {
    response = await fetch(addressOf(route, request), { method, headers, body: content, signal });
  } catch (error) {
    if (signal?.aborted === true) throw error;
    throw unreachableProblem();
  }
  if (!response.ok) throw noticed(await problemOf(response));
  return (response.status === 204 ? null : await response.json()) as Answer<N>;
}

export function noticed(problem: ApiProblem): ApiProblem {
  if (problem.code === 'token_wrong') onLocked();
  return problem;
}

/** Path and query of a request. */
export function addressOf<N extends RouteName>(route: N, request: Request<N>): string {
  const { params = {}, query = {} } = request as AnyRequest;
  const { path } = addresses[route];
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(params[name] ?? ''));
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query))
    if (value !== undefined && value !== null) search.set(name, String(value));
  const text = search.toString();
  return text === '' ? filled : `${filled}?${text}`;
}
