/** Makes what the table of routes says answerable: each request is checked by the schemas that clients and documents are made from. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Readable } from 'node:stream';
import { z } from 'zod';
import { entityTag, hasAlready } from '../http/conditions.ts';
import type { HttpServer } from '../http/http-server.ts';
import { RequestPart, type RequestSchema } from '../http/request-part.ts';
import { LonghaulError } from '../runtime/errors.ts';
import type { ApiAnswer, ApiRequest } from './answer.ts';
import { type RouteName, type RouteSpec, routes } from './wire/routes.ts';

/** What is no JSON: a download. */
export interface ApiStream {
  readonly status: 200;
  readonly type: string;
  readonly body: Readable;
  /** What a browser calls the file. */
  readonly fileName?: string;
}

/** For what the table cannot say. Whoever answers by it alone resolves to null. */
export interface RawRequest {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

export type ApiHandler<Name extends RouteName> = (
  request: ApiRequest<Name>,
  raw: RawRequest,
) => Promise<ApiAnswer | ApiStream | null>;

export type ApiHandlers = { readonly [Name in RouteName]: ApiHandler<Name> };

/** Of a JSON body, in bytes: an edit can hold several long texts. */
const mostBodyBytes = 2 * 1024 * 1024;
const jsonType = 'application/json; charset=utf-8';

export function registerRoutes(server: HttpServer, handlers: Partial<ApiHandlers>): void {
  for (const [name, handler] of Object.entries(handlers) as [RouteName, ApiHandler<RouteName>][]) {
    const spec: RouteSpec = routes[name];
    server.route({
      method: spec.method,
      address: spec.path.replaceAll(/\{(\w+)\}/g, ':$1'),
      schema: schemaOf(spec),
      body: spec.body === 'bytes' ? 'stream' : mostBodyBytes,
      isOpen: spec.isOpen === true,
      isEndless: spec.answers[200] === 'text/event-stream',
      handler: async (request, reply) => {
        const { params, query, headers, body } = request;
        const asked = { params, query, headers: named(headers, spec.headers), body } as ApiRequest;
        const answered = await handler(asked, { request, reply });
        return answered === null ? reply : send(request, reply, answered);
      },
    });
  }
}

/** Names what nobody knows as well: a typing error in a parameter must not look like an answer to it. */
function schemaOf({ params, query, headers, body }: RouteSpec): RequestSchema {
  return {
    querystring: part('query', query ?? z.strictObject({})),
    ...(params === undefined ? {} : { params: part('address', params) }),
    ...(headers === undefined ? {} : { headers: part('header', headers, true) }),
    ...(body === undefined || body === 'bytes' ? {} : { body: part('body', body) }),
  };
}

/** @param keeps whether what the schema does not name stays */
function part(where: string, schema: z.ZodType, keeps = false): RequestPart {
  return new RequestPart((given) => {
    const read = schema.safeParse(given);
    if (read.success) return { value: keeps ? given : read.data };
    const reason = read.error.issues
      .slice(0, 3)
      .map(({ path, message }) => `${[where, ...path.map(String)].join(' ')}: ${message}`)
      .join('; ');
    return { error: LonghaulError.of('request_wrong', { reason }) };
  });
}

function named(headers: FastifyRequest['headers'], schema: z.ZodObject | undefined): unknown {
  const names = Object.keys(schema?.shape ?? {});
  return names.length === 0 ? undefined : Object.fromEntries(names.map((name) => [name, headers[name]]));
}

function send(request: FastifyRequest, reply: FastifyReply, answered: ApiAnswer | ApiStream): FastifyReply {
  void reply.code(answered.status);
  if (!('version' in answered || 'type' in answered)) void reply.header('cache-control', 'no-store');
  if ('type' in answered) {
    const { type, fileName, body } = answered;
    if (fileName !== undefined)
      void reply.header('content-disposition', `attachment; filename="${fileName}"`);
    return reply.type(type).header('cache-control', 'no-store').send(body);
  }
  const { version, body } = answered;
  if (version !== undefined) {
    // Kept, but asked about each time.
    void reply.header('etag', entityTag(version)).header('cache-control', 'no-cache');
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    if (isRead && hasAlready(request.headers['if-none-match'], version)) return reply.code(304).send();
  }
  return body === null ? reply.send() : reply.type(jsonType).send(body);
}
