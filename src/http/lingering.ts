/**
 * How a connection ends on which more is sent than anybody wants to read. Closed at once, it would be reset by what comes still, and
 * a reset may take the answer along that is on its way: so only our side is closed, and what comes is thrown away until the other side
 * has closed as well, for a bounded time and a bounded number of bytes (RFC 9112, 9.6).
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** More is not read any more, and whoever sends it has to wait: seconds of a fast network. */
const lingerBytes = 64 * 2 ** 20;

/** Whether a request says that it has a body. */
export function hasBody({ headers }: Pick<IncomingMessage, 'headers'>): boolean {
  return Number(headers['content-length'] ?? 0) > 0 || headers['transfer-encoding'] !== undefined;
}

/**
 * Before the headers of an answer are sent: if not all of the request is here, it is the last answer of its connection, and it will
 * arrive.
 *
 * @param lingerMs how long the other side may go on sending
 */
export function letArrive(request: IncomingMessage, response: ServerResponse, lingerMs: number): void {
  if (request.complete || !hasBody(request)) return;
  response.shouldKeepAlive = false;
  const { socket } = request;
  // Node calls it once the last answer of a connection is written.
  socket.destroySoon = () => linger(socket, lingerMs);
}

/** Ends our side of a connection, and all of it when the other side has ended or so many milliseconds later. */
export function linger(socket: Socket, lingerMs: number): void {
  socket.end();
  const throwAway = (): void => {
    let bytes = 0;
    // The parser's: for what comes there will be no request.
    socket.removeAllListeners('data');
    socket.on('data', (block: Uint8Array) => {
      bytes += block.length;
      if (bytes >= lingerBytes) socket.pause();
    });
  };
  // While nobody takes a body its connection is not read. Node's own listener begins again, and goes once there is another one for data.
  if (socket.isPaused()) socket.once('resume', throwAway).resume();
  else throwAway();
  const timer = setTimeout(() => socket.destroy(), lingerMs);
  socket.once('close', () => clearTimeout(timer));
}
