import type { FastifySchema } from 'fastify';

/** What a part of a request is read as, or what is wrong with it. */
export type CheckedPart = { readonly value: unknown } | { readonly error: Error };

/** What a part of a request (its query, its body) has to be. An object of its own class, because Fastify takes plain ones apart. */
export class RequestPart {
  readonly check: (part: unknown) => CheckedPart;

  constructor(check: (part: unknown) => CheckedPart) {
    this.check = check;
  }
}

export type RequestSchema = {
  readonly [Part in keyof Pick<FastifySchema, 'params' | 'querystring' | 'headers' | 'body'>]?: RequestPart;
};
