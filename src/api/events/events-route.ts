/** `/api/events`: an answer that goes on until whoever listens leaves. */
import type { FastifyReply } from 'fastify';
import type { ApiHandler } from '../register.ts';
import type { EventHub, EventListener } from './event-hub.ts';

export function eventsHandler(hub: EventHub): ApiHandler<'events'> {
  return async ({ headers }, { request, reply }) => {
    void reply.type('text/event-stream').header('x-accel-buffering', 'no');
    if (request.method === 'HEAD') {
      void reply.send();
      return null;
    }
    const leave = hub.listen(listenerOf(reply), headers['last-event-id'] ?? null);
    reply.raw.once('close', leave);
    return null;
  };
}

function listenerOf(reply: FastifyReply): EventListener {
  const { raw } = reply;
  return {
    send(bytes) {
      if (!raw.headersSent) {
        reply.hijack();
        raw.writeHead(200, reply.getHeaders() as Record<string, string>);
      }
      raw.write(bytes);
    },
    get bufferedBytes() {
      return raw.writableLength;
    },
    end: () => raw.end(),
    cut: () => raw.destroy(),
  };
}
