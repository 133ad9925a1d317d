/** What the master answers: the routes of the API, what it measures, and how it is. */
import { HttpServer, type HttpOptions } from '../http/http-server.ts';
import { type ApiHandlers, registerRoutes } from './register.ts';
import { servePages } from './pages.ts';
import { toldOfDatabase } from './told.ts';
import { addresses } from './wire/addresses.ts';

export interface MasterApiParts extends HttpOptions {
  /** Where the pages are built. */
  readonly pagesFolder: string;
  readonly handlers: Partial<ApiHandlers>;
  /** In Prometheus's format. */
  readonly metrics: () => Promise<string>;
  /** Throws as long as nothing can be imported, or nothing read. */
  readonly checkReady: () => Promise<void>;
}

/** Not started yet. */
export function masterApi({
  handlers,
  metrics,
  checkReady,
  pagesFolder,
  ...options
}: MasterApiParts): HttpServer {
  const server = new HttpServer({
    ...options,
    frequent: [addresses.status.path],
    described: '/api/openapi.json',
    told: toldOfDatabase,
  });
  registerRoutes(server, handlers);
  server.ready(checkReady);
  server.get('/metrics', async (_request, reply) =>
    reply.type('text/plain; version=0.0.4; charset=utf-8').send(await metrics()),
  );
  servePages(server, pagesFolder);
  return server;
}
