/** What a request of a route is read as, and what is answered. Both are plain data where they cross threads. */
import type { z } from 'zod';
import type { RouteName, Routes } from './wire/routes.ts';

type PartOf<Spec, Part extends string> = Spec extends {
  readonly [Name in Part]: infer Type extends z.ZodType;
}
  ? z.output<Type>
  : undefined;
type BodyOf<Spec> = Spec extends { readonly body: 'bytes' }
  ? AsyncIterable<Uint8Array>
  : PartOf<Spec, 'body'>;

/** A request, checked and read by the schemas of its route. */
export interface ApiRequest<Name extends RouteName = RouteName> {
  readonly params: PartOf<Routes[Name], 'params'>;
  readonly query: PartOf<Routes[Name], 'query'>;
  /** Those that the route names, as they came. */
  readonly headers: PartOf<Routes[Name], 'headers'>;
  readonly body: BodyOf<Routes[Name]>;
}

export interface ApiAnswer {
  readonly status: 200 | 201 | 202 | 204;
  /** JSON. */
  readonly body: string | null;
  /** What tells this state of what was asked for from all others. */
  readonly version?: string;
}

export function answer(
  value: unknown,
  { status = 200, ...more }: Partial<Omit<ApiAnswer, 'body'>> = {},
): ApiAnswer {
  return { status, body: JSON.stringify(value), ...more };
}

export const nothing: ApiAnswer = { status: 204, body: null };
