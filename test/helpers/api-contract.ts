/** Requests to a master whose answers have to be among those that the table of routes documents. */
import { z } from 'zod';
import { addressOf, type Asked } from '../../src/api/client.ts';
import { problemCodes } from '../../src/api/openapi.ts';
import { problem } from '../../src/api/wire/basics.ts';
import { type RouteName, type RouteSpec, routes } from '../../src/api/wire/routes.ts';
import { ask, type RawAnswer, type RawRequestOptions } from './raw-request.ts';

export interface ContractAnswer extends RawAnswer {
  /** What JSON holds; of anything else null. */
  readonly body: unknown;
}

export class ApiContract {
  readonly #url: string;
  /** Routes that have answered what they are there for. */
  readonly answered = new Set<RouteName>();
  /** Codes of problems that were met, as `route code`. */
  readonly refused = new Set<string>();

  constructor(url: string) {
    this.#url = url;
  }

  /** A request as the typed client makes it. */
  call<Name extends RouteName>(name: Name, asked: Asked<Name>): Promise<ContractAnswer> {
    const { headers, body } = asked as { headers?: Record<string, string>; body?: unknown };
    const isBytes = (routes[name] as RouteSpec).body === 'bytes';
    return this.send(name, addressOf(name, asked), {
      headers: {
        ...(body === undefined || isBytes ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: isBytes ? (body as string) : JSON.stringify(body) }),
    });
  }

  /** Any request. Throws where its answer is not documented. */
  async send(name: RouteName, address: string, options: RawRequestOptions = {}): Promise<ContractAnswer> {
    const spec: RouteSpec = routes[name];
    const answer = await ask(this.#url + address, { method: spec.method, ...options });
    const shown = `${spec.method} ${address.slice(0, 300)} ${JSON.stringify(options).slice(0, 300)}: ${answer.status} ${answer.text.slice(0, 500)}`;
    const { status, code, text } = answer;
    const type = String(answer.headers['content-type'] ?? '');
    if (code !== null) {
      const read = problem.strict().safeParse(JSON.parse(text));
      if (!read.success || read.data.status !== status)
        throw new Error(`not a problem as documented: ${shown}`);
      if (
        problemCodes(spec)
          .get(status)
          ?.some((known) => known === code) !== true
      )
        throw new Error(`a problem that is not documented: ${shown}`);
      if (code === 'unexpected') throw new Error(shown);
      this.refused.add(`${name} ${code}`);
      return { ...answer, body: read.data };
    }
    const schema = spec.answers[status as keyof RouteSpec['answers']];
    if (schema === undefined) throw new Error(`a status that is not documented: ${shown}`);
    this.answered.add(name);
    if (typeof schema === 'string' || schema === null) {
      if (schema === null ? text !== '' : !type.startsWith(schema))
        throw new Error(`content that is not documented: ${shown}`);
      return { ...answer, body: null };
    }
    if (!type.startsWith('application/json')) throw new Error(`no JSON: ${shown}`);
    const body = JSON.parse(text) as unknown;
    const read = schema.safeParse(body);
    if (!read.success) throw new Error(`${z.prettifyError(read.error)}: ${shown}`);
    // What the schema does not know it leaves out.
    if (!isSame(read.data, body)) throw new Error(`it holds more than is documented: ${shown}`);
    return { ...answer, body };
  }
}

function isSame(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return Object.is(a, b);
  const [keys, others] = [Object.keys(a), Object.keys(b)];
  const at = (of: object, key: string): unknown => (of as Record<string, unknown>)[key];
  return keys.length === others.length && keys.every((key) => key in b && isSame(at(a, key), at(b, key)));
}

const oddValues = [
  '',
  ' ',
  '-1',
  '0',
  '1e9',
  'NaN',
  '%',
  "' OR 1=1 --",
  'x'.repeat(5000),
  '\u0000',
  '\u{1f4a9}',
  '__proto__',
];
const oddBodies = [
  '',
  ' ',
  'null',
  '[]',
  '{}',
  '"x"',
  '0',
  '{',
  '{"__proto__":{"x":1}}',
  `{"x":${'['.repeat(50)}`,
];
const oddJson = [
  null,
  0,
  -1,
  1e300,
  true,
  '',
  'x'.repeat(5000),
  '\u0000',
  '\ud800',
  [],
  {},
  { nested: { deep: [] } },
];

/** Requests of a route that break what its schemas say, one thing each; made of one that is good. */
export function* brokenRequests<Name extends RouteName>(
  name: Name,
  good: Asked<Name>,
): Generator<{ readonly address: string; readonly options: RawRequestOptions }> {
  const spec: RouteSpec = routes[name];
  const { params, query, headers, body } = good as {
    params?: Record<string, unknown>;
    query?: Record<string, unknown>;
    headers?: Record<string, string>;
    body?: unknown;
  };
  const isJson = spec.body !== undefined && spec.body !== 'bytes';
  const address = addressOf(name, good);
  const options = (text: string | undefined, type = 'application/json'): RawRequestOptions => ({
    headers: { ...(text === undefined ? {} : { 'content-type': type }), ...headers },
    ...(text === undefined ? {} : { body: text }),
  });
  const usual = options(isJson ? JSON.stringify(body) : undefined);
  const more = address.includes('?') ? '&' : '?';
  yield { address: `${address}${more}unheard_of=1`, options: usual };
  yield { address: `${address}${more}__proto__=1&constructor=1`, options: usual };
  for (const part of Object.keys(spec.params?.shape ?? {})) {
    for (const odd of oddValues.filter((value) => value !== ''))
      yield {
        address: addressOf(name, { ...good, params: { ...params, [part]: odd } }),
        options: usual,
      };
  }
  for (const parameter of Object.keys(spec.query?.shape ?? {})) {
    for (const odd of oddValues)
      yield {
        address: addressOf(name, { ...good, query: { ...query, [parameter]: odd } }),
        options: usual,
      };
    yield { address: `${address}${more}${parameter}=1&${parameter}=2`, options: usual };
  }
  for (const header of Object.keys(spec.headers?.shape ?? {})) {
    for (const odd of ['', '*', 'x', '"x"', 'W/"x"', '"a", "b"', 'x'.repeat(300)])
      yield { address, options: { ...usual, headers: { ...usual.headers, [header]: odd } } };
  }
  if (!isJson) return;
  for (const odd of oddBodies) yield { address, options: options(odd) };
  yield { address, options: options(undefined) };
  yield { address, options: options(JSON.stringify(body), 'text/plain') };
  yield { address, options: options(JSON.stringify(body), 'application/x-www-form-urlencoded') };
  yield { address, options: options(JSON.stringify({ ...(body as object), unheardOf: 1 })) };
  for (const property of Object.keys(body as object))
    for (const odd of oddJson)
      yield { address, options: options(JSON.stringify({ ...(body as object), [property]: odd })) };
}
