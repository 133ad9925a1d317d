import type { HttpServer } from '../http/http-server.ts';

/** For the log: asked for each chunk of a run. */
export const chunkRoute = '/chunks/:run/:chunk';

/** What workers cannot get elsewhere. @param read throws `chunk_unknown` */
export function answerChunks(
  server: HttpServer,
  read: (run: number, chunk: number) => Promise<Uint8Array>,
): void {
  server.get(chunkRoute, async (request, reply) => {
    const { run, chunk } = request.params as { run: string; chunk: string };
    const bytes = await read(Number(run), Number(chunk));
    return reply
      .type('application/octet-stream')
      .header('cache-control', 'no-store')
      .send(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  });
}
