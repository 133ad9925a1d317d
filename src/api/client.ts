/**
 * The API for programs in TypeScript, also in browsers: its types are those of the schemas that the master checks requests by, and
 * nothing of them is loaded.
 */
import type { z } from 'zod';
import { addresses } from './wire/addresses.ts';
import type { Problem } from './wire/basics.ts';
import type { RouteName, Routes } from './wire/routes.ts';

type Params<Spec> = Spec extends { readonly params: infer Type extends z.ZodType }
  ? { readonly params: z.output<Type> }
  : { readonly params?: never };
type Query<Spec> = Spec extends { readonly query: infer Type extends z.ZodType }
  ? { readonly query?: { readonly [Name in keyof z.output<Type>]?: z.output<Type>[Name] | undefined } }
  : { readonly query?: never };
type Headers<Spec> = Spec extends { readonly headers: infer Type extends z.ZodType }
  ? { readonly headers?: z.input<Type> }
  : { readonly headers?: never };
type Body<Spec> = Spec extends { readonly body: infer Type }
  ? { readonly body: Type extends z.ZodType ? z.input<Type> : NonNullable<RequestInit['body']> }
  : { readonly body?: never };

/** What a request of a route is made of. `query`: what is not given is as the server has it. */
export type Asked<Name extends RouteName> = Address<Name> & Headers<Routes[Name]> & Body<Routes[Name]>;
type Address<Name extends RouteName> = Params<Routes[Name]> & Query<Routes[Name]>;

type Answers<Spec extends { readonly answers: object }> = {
  [Status in Exclude<keyof Spec['answers'], 304>]: Spec['answers'][Status] extends z.ZodType
    ? z.output<Spec['answers'][Status]>
    : Spec['answers'][Status] extends null
      ? null
      : never;
}[Exclude<keyof Spec['answers'], 304>];

/** Routes that answer JSON or nothing; for the others there is `addressOf`. */
export type CallableName = {
  [Name in RouteName]: [Answers<Routes[Name]>] extends [never] ? never : Name;
}[RouteName];

/** What a route answers. */
export type Answered<Name extends CallableName> = Answers<Routes[Name]>;

export interface ClientOptions {
  /** Where the master is, such as `http://127.0.0.1:5000`; in a browser nothing: where the page came from. */
  readonly base?: string;
  /** Sent with each request; a browser has its cookie instead. */
  readonly token?: string | null;
  readonly fetch?: typeof fetch;
}

/** The path of a route with its parameters, for links and for what is read as a stream. */
export function addressOf<Name extends RouteName>(name: Name, asked: Address<Name>): string {
  const { params, query } = asked as { params?: Record<string, unknown>; query?: Record<string, unknown> };
  const path = addresses[name].path.replaceAll(/\{(\w+)\}/g, (_, part: string) =>
    encodeURIComponent(String(params?.[part])),
  );
  const given = Object.entries(query ?? {}).filter(([, value]) => value !== undefined);
  const search = new URLSearchParams(
    given.map(([parameter, value]): [string, string] => [parameter, String(value)]),
  );
  return search.size === 0 ? path : `${path}?${search.toString()}`;
}

/** What the master has refused, and why. */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem';
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail);
    this.problem = problem;
  }
}

export class ApiClient {
  readonly #options: ClientOptions;

  constructor(options: ClientOptions = {}) {
    this.#options = options;
  }

  /** Throws `ApiProblem`, and what `fetch` throws where nobody answers. */
  async call<Name extends CallableName>(
    name: Name,
    asked: Asked<Name>,
    signal?: AbortSignal,
  ): Promise<Answered<Name>> {
    const { base = '', token = null, fetch: ask = fetch } = this.#options;
    const { headers: given, body } = asked as { headers?: Record<string, string>; body?: unknown };
    const headers = new Headers(given);
    if (token !== null) headers.set('authorization', `Bearer ${token}`);
    const isBytes = name === 'upload' || name === 'preview';
    if (body !== undefined)
      headers.set('content-type', isBytes ? 'application/octet-stream' : 'application/json');
    const response = await ask(base + addressOf(name, asked), {
      method: addresses[name].method,
      headers,
      ...(body === undefined ? {} : { body: isBytes ? (body as RequestInit['body']) : JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    } as RequestInit);
    if (!response.ok) throw new ApiProblem(await problemOf(response));
    return (response.status === 204 ? null : await response.json()) as Answered<Name>;
  }
}

/** Something between us and the master may answer for it, and knows nothing of problems. */
async function problemOf(response: Response): Promise<Problem> {
  const { status, statusText } = response;
  const isOurs = response.headers.get('content-type')?.startsWith('application/problem+json') === true;
  const text = await response.text();
  if (isOurs) return JSON.parse(text) as Problem;
  return {
    ...{ type: 'about:blank', title: statusText, status, code: 'unexpected' },
    detail: `the server answers ${status} ${statusText}`.trim(),
    hint: 'see what stands between here and the master: a proxy, or another program on its port',
    retryable: status >= 500,
  };
}
