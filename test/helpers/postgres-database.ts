/** A database of a test file's own on the server of the run: `inject('postgresUrl')`. */
import { randomBytes } from 'node:crypto';
import pg from 'pg';

export class PostgresDatabase implements AsyncDisposable {
  readonly #serverUrl: string;
  readonly name = `longhaul_test_${randomBytes(6).toString('hex')}`;
  #schemas = 0;

  private constructor(serverUrl: string) {
    this.#serverUrl = serverUrl;
  }

  /** Sorts as people do, not by bytes, so that a missing COLLATE "C" shows. */
  static async create(
    serverUrl: string,
    options = "LOCALE_PROVIDER icu ICU_LOCALE 'en-US'",
    encoding = 'UTF8',
  ): Promise<PostgresDatabase> {
    const database = new PostgresDatabase(serverUrl);
    await execute(
      serverUrl,
      `CREATE DATABASE ${database.name} TEMPLATE template0 ENCODING '${encoding}' ${options}`,
    );
    return database;
  }

  get url(): string {
    const url = new URL(this.#serverUrl);
    url.pathname = `/${this.name}`;
    return url.href;
  }

  /** The URL of a schema that is not there yet: as good as a database of its own, and made in no time. */
  newSchema(): string {
    const url = new URL(this.url);
    url.searchParams.set('schema', `s${++this.#schemas}`);
    return url.href;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await execute(this.#serverUrl, `DROP DATABASE ${this.name} WITH (FORCE)`);
  }
}

/** Runs SQL in a connection of its own, as another program would. In the schema that the URL names. */
export async function execute(
  url: string,
  sql: string,
  ...values: unknown[]
): Promise<Record<string, unknown>[]> {
  const connectionString = new URL(url);
  const schema = connectionString.searchParams.get('schema');
  connectionString.searchParams.delete('schema');
  const client = new pg.Client({ connectionString: connectionString.href });
  client.on('error', () => undefined);
  await client.connect();
  try {
    if (schema !== null) await client.query(`SET search_path TO ${schema}`);
    const { rows } = await client.query<Record<string, unknown>>(
      sql,
      values.length === 0 ? undefined : values,
    );
    return rows;
  } finally {
    await client.end();
  }
}
