import { once } from 'node:events';
import { createServer } from 'node:net';

/** Of the loopback. Somebody else may take it before it is used; then the server says so and the tests are to be started again. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
