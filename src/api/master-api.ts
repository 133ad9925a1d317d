/** What the master answers: the routes of the API, what it measures, and how it is. */
import { answerChunks, chunkRoute } from './chunk-route.ts';
import { HttpServer, type HttpOptions, type HttpServerParts } from '../http/http-server.ts';
import { type ApiHandlers, registerRoutes } from './register.ts';
import { openApiDocument } from './openapi.ts';
import { servePages } from './pages.ts';
import { sessionHandlers } from './session.ts';
import { toldOfDatabase } from './told.ts';
import type { RouteName } from './wire/routes.ts';
import { addresses } from './wire/addresses.ts';

export interface MasterApiParts extends HttpOptions, Pick<HttpServerParts, 'onEnded' | 'onRefused'> {
  /** Where the pages are built. */
  readonly pagesFolder: string;
  /** Of the program. */
  readonly version: string;
  readonly handlers: Partial<ApiHandlers>;
  /** In Prometheus's format. */
  readonly metrics: () => Promise<string>;
  /** Throws as long as nothing can be imported, or nothing read. */
  readonly checkReady: () => Promise<void>;
  /** The bytes of a chunk that a worker is to stage. */
  readonly chunk: (run: number, chunk: number) => Promise<Uint8Array>;
}

/** Not started yet. */
export function masterApi({
  version,
  handlers,
  pagesFolder,
  metrics,
  checkReady,
  chunk,
  ...options
}: MasterApiParts): HttpServer {
  const server = new HttpServer({
    ...options,
    frequent: [addresses.status.path, chunkRoute],
    hasPages: true,
    described: '/api/openapi.json',
    told: toldOfDatabase,
  });
  answerChunks(server, chunk);
  const all = { ...handlers, ...sessionHandlers(server.access) };
  registerRoutes(server, all);
  const document = JSON.stringify(openApiDocument(version, Object.keys(all) as RouteName[]));
  server.get('/api/openapi.json', async (_request, reply) =>
    reply.type('application/json; charset=utf-8').header('cache-control', 'no-cache').send(document),
  );
  server.ready(checkReady);
  server.get('/metrics', async (_request, reply) =>
    reply.type('text/plain; version=0.0.4; charset=utf-8').send(await metrics()),
  );
  servePages(server, pagesFolder);
  return server;
}
