/** The source server's routes. */
import type { FastifyRequest } from 'fastify';
import { HttpServer, type HttpOptions } from '../http/http-server.ts';
import { LonghaulError } from '../runtime/errors.ts';
import { entityTag, hasAlready } from '../http/conditions.ts';
import type { HostedFolder } from './hosted-folder.ts';
import type { SourceMetrics } from './metrics.ts';
import type { ReadQuery, Reads } from './read-route.ts';

export interface SourceRoutesParts extends HttpOptions {
  readonly folder: HostedFolder;
  readonly reads: Reads;
  readonly metrics: SourceMetrics;
}

const json = 'application/json; charset=utf-8';

/** A server of `/sense`, `/manifest` and `/read`, not started yet. */
export function sourceRoutes({ folder, reads, metrics, ...options }: SourceRoutesParts): HttpServer {
  const server = new HttpServer({
    ...options,
    frequent: ['/sense'],
    about: ({ query, headers }) => ({ file: (query as ReadQuery).file, range: headers.range }),
    told: (error) => (error.code === 'file_changed' ? preparing(error) : error),
    check: refuseTwoFiles,
    onEnded: (route, method, status, seconds) => metrics.requestEnded(route, method, status, seconds),
  });
  server.get('/read', (request, reply) => reads.answer(request, reply));
  server.get('/sense', async (request, reply) => {
    const { version, files } = folder.listing();
    const { since } = request.query as { since?: string };
    void reply.header('etag', entityTag(version)).header('cache-control', 'no-cache');
    if (hasAlready(request.headers['if-none-match'], version)) return reply.code(304).send();
    const status = (since === undefined ? !folder.isRead : since !== version) ? 1 : 0;
    return reply.type(json).send(`{"status":${status},"version":"${version}","files":${files}}`);
  });
  server.get('/manifest', async (request, reply) => {
    const { manifest, version } = folder.find((request.query as ReadQuery).file).readable();
    void reply.header('etag', entityTag(version)).header('cache-control', 'no-cache');
    if (hasAlready(request.headers['if-none-match'], version)) return reply.code(304).send();
    return reply.type(json).send(manifest);
  });
  server.ready(() => folder.checkThere());
  server.get('/metrics', async (_request, reply) =>
    reply.type(metrics.contentType).send(await metrics.text()),
  );
  return server;
}

function refuseTwoFiles({ query }: FastifyRequest): void {
  if (!Array.isArray((query as { file?: unknown }).file)) return;
  throw LonghaulError.of('request_wrong', { reason: 'it names more than one file' });
}

/** Whoever reads a file just when it changes is told the same as a moment later. */
function preparing(error: LonghaulError): LonghaulError {
  return LonghaulError.of('file_preparing', { file: String(error.facts['file']) }, { cause: error });
}
