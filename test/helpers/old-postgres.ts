import { once } from 'node:events';
import { createServer, type Server } from 'node:net';

/**
 * Says that it is an old PostgreSQL, whatever it is asked: enough of the protocol for that
 * (https://www.postgresql.org/docs/current/protocol-message-formats.html). Old servers are not installed anywhere here.
 */
export class OldPostgres implements AsyncDisposable {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** @param columns of the one row that answers every question */
  static async start(
    columns: readonly (readonly [name: string, oid: number, value: string])[],
  ): Promise<OldPostgres> {
    const server = createServer((socket) => {
      let isNew = true;
      socket.on('error', () => undefined);
      socket.on('data', () => {
        // The first message is the greeting, every other one a question.
        if (isNew) socket.write(Buffer.concat([message('R', int32(0)), message('Z', Buffer.from('I'))]));
        else socket.write(answer(columns));
        isNew = false;
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new OldPostgres(server);
  }

  get url(): string {
    return `postgres://ann@127.0.0.1:${(this.#server.address() as { port: number }).port}/shop`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    await once(this.#server, 'close');
  }
}

function answer(columns: readonly (readonly [name: string, oid: number, value: string])[]): Buffer {
  const fields = columns.map(([name, oid]) =>
    Buffer.concat([Buffer.from(`${name}\0`), int32(0), int16(0), int32(oid), int16(-1), int32(-1), int16(0)]),
  );
  const values = columns.map(([, , value]) => Buffer.concat([int32(value.length), Buffer.from(value)]));
  return Buffer.concat([
    message('T', Buffer.concat([int16(columns.length), ...fields])),
    message('D', Buffer.concat([int16(columns.length), ...values])),
    message('C', Buffer.from('SELECT 1\0')),
    message('Z', Buffer.from('I')),
  ]);
}

function message(type: string, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from(type), int32(body.length + 4), body]);
}
function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}
function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}
