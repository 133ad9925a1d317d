/** What the master answers: what it does at the moment, and how it is. */
import { answerChunks, chunkRoute } from './chunk-route.ts';
import { HttpServer, type HttpOptions } from '../http/http-server.ts';

export interface MasterApiParts extends HttpOptions {
  /** The status of the watch, as JSON. */
  readonly status: () => Promise<string>;
  /** In Prometheus's format. */
  readonly metrics: () => Promise<string>;
  /** Throws as long as nothing can be imported. */
  readonly checkReady: () => void;
  /** The bytes of a chunk that a worker is to stage. */
  readonly chunk: (run: number, chunk: number) => Promise<Uint8Array>;
}

/** Not started yet. */
export function masterApi({ status, metrics, checkReady, chunk, ...options }: MasterApiParts): HttpServer {
  const server = new HttpServer({ ...options, frequent: ['/api/status', chunkRoute] });
  answerChunks(server, chunk);
  server.get('/api/status', async (_request, reply) =>
    reply
      .type('application/json; charset=utf-8')
      .header('cache-control', 'no-store')
      .send(await status()),
  );
  server.ready(checkReady);
  server.get('/metrics', async (_request, reply) =>
    reply.type('text/plain; version=0.0.4; charset=utf-8').send(await metrics()),
  );
  return server;
}
