import pg from 'pg';
import type { SqlRunner } from '../../runtime/sql-runner.ts';

/** A server that has vanished is told from a slow one after so long; no statement of the queue takes a second. */
const answerMs = 8000;
const connectMs = 5000;

/** For the session of the queue, which a pooler that gives out transactions may lie before: no settings, nothing prepared. */
export class QueueConnection implements SqlRunner, AsyncDisposable {
  readonly #connectionString: string;
  readonly #name: string;
  #client: Promise<pg.Client> | null = null;
  #last: Promise<unknown> = Promise.resolve();

  /** @param name what the server's list of sessions calls it */
  constructor(connectionString: string, name: string) {
    this.#connectionString = connectionString;
    this.#name = name;
  }

  /** One statement after the other. A connection that breaks is made anew by the next one. */
  async executeSql(sql: string, values?: unknown[]): Promise<{ rows: unknown[] }> {
    const before = this.#last;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#last = promise;
    await before;
    const connecting = (this.#client ??= this.#connect());
    try {
      const client = await connecting;
      const result: unknown = await client.query(sql, values);
      // Several statements have several results; pg-boss looks at the rows of the one that has any.
      const results = (Array.isArray(result) ? result : [result]) as pg.QueryResult<object>[];
      return { rows: results.flatMap(({ rows }) => rows) };
    } catch (error) {
      // An error of the server's leaves the connection as it was; it has a code of five characters.
      if (!/^[0-9A-Z]{5}$/.test(String((error as { code?: unknown }).code))) this.#drop(connecting);
      throw error;
    } finally {
      resolve();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const connecting = this.#client;
    this.#client = null;
    const client = await connecting?.catch(() => null);
    await client?.end().catch(() => undefined);
  }

  #drop(connecting: Promise<pg.Client>): void {
    if (this.#client === connecting) this.#client = null;
    void connecting.then(
      (client) => (client as unknown as Streamed).connection.stream.destroy(),
      () => undefined,
    );
  }

  async #connect(): Promise<pg.Client> {
    const client = new pg.Client({
      connectionString: this.#connectionString,
      application_name: this.#name,
      connectionTimeoutMillis: connectMs,
      query_timeout: answerMs,
      keepAlive: true,
      keepAliveInitialDelayMillis: answerMs,
    });
    client.on('error', () => {
      this.#client = null;
    });
    await client.connect();
    return client;
  }
}

/** What the driver does not tell its users about. */
interface Streamed {
  readonly connection: { readonly stream: { destroy(): void } };
}
