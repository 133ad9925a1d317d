/** The wire format as the pages see it: types made from the one table of routes, so that a wrong address or field does not compile. */
import type { z } from 'zod';
import type { RouteName, Routes } from '../../src/api/wire/routes.ts';

type Inferred<T> = T extends z.ZodType ? z.output<T> : T extends null ? null : unknown;

/** Of its one success. */
export type Answer<N extends RouteName> = {
  [S in keyof Routes[N]['answers']]: S extends 304 ? never : Inferred<Routes[N]['answers'][S]>;
}[keyof Routes[N]['answers']];

type PartOf<N extends RouteName, Part extends string> = Routes[N] extends { readonly [P in Part]: infer T }
  ? T
  : null;
type Texts<T> = { readonly [K in keyof T]: string };

type Params<T> = [T] extends [z.ZodType] ? { readonly params: Texts<z.input<T>> } : object;
type Query<T> = [T] extends [z.ZodType] ? { readonly query?: z.input<T> } : object;
type Body<T> = [T] extends [z.ZodType]
  ? { readonly body: z.input<T> }
  : [T] extends ['bytes']
    ? { readonly body: Blob }
    : object;
type Headers<T> = [T] extends [z.ZodType]
  ? 'if-match' extends keyof z.input<T>
    ? { readonly ifMatch: string }
    : object
  : object;

/** What a request of this route is made of. */
export type Request<N extends RouteName> = Params<PartOf<N, 'params'>> &
  Query<PartOf<N, 'query'>> &
  Body<PartOf<N, 'body'>> &
  Headers<PartOf<N, 'headers'>>;
