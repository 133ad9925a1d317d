/** The pages: files that are built before (`web/`), and one document for every address that a browser can open. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import files from '@fastify/static';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { HttpServer } from '../http/http-server.ts';
import { LonghaulError } from '../runtime/errors.ts';

const document = 'index.html';
/** Their names hold a hash of their content. */
const hashed = /^\/assets\//;
const yearSeconds = 31_536_000;
/** What programs ask for is never answered with a page. */
const forPrograms = /^\/(api|assets|metrics|healthz|readyz)(\/|$)/;

/** @param folder where they are built, with a `.br` and a `.gz` beside each file */
export function servePages(server: HttpServer, folder: string): void {
  void server.app.register(files, { root: folder, serve: false, preCompressed: true, cacheControl: false });
  // Open: the pages hold nothing but themselves, and are where a person gives the token.
  server.route({
    ...{ method: 'GET', address: '/*', isOpen: true },
    handler: async (request, reply) => {
      const [path = ''] = request.url.split('?');
      if (!forPrograms.test(path) && wantsPage(request)) return sendDocument(reply, folder);
      if (hashed.test(path)) return send(reply, path, `public, max-age=${yearSeconds}, immutable`);
      reply.callNotFound();
      return reply;
    },
  });
}

/** Programs that name no type of answer are told in JSON that there is nothing. */
function wantsPage({ headers }: FastifyRequest): boolean {
  return headers.accept?.includes('text/html') === true;
}

function sendDocument(reply: FastifyReply, folder: string): FastifyReply {
  if (!existsSync(join(folder, document))) throw LonghaulError.of('pages_not_built', {});
  // Kept, but asked about each time: it names the files of this version of the program.
  return send(reply, document, 'no-cache');
}

function send(reply: FastifyReply, name: string, cacheControl: string): FastifyReply {
  return reply.header('cache-control', cacheControl).sendFile(name);
}
