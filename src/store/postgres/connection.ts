import pg from 'pg';
import { LonghaulError } from '../../runtime/errors.ts';
import { isRetryable, isServerError, hasState, translated } from './errors.ts';
import { Session, types } from './session.ts';
import type { PostgresTarget } from './target.ts';

/** PostgreSQL 15 is the oldest that its makers still mend by the end of 2026. */
const oldestVersion = 15;

const connectMs = 15_000;

/** A server that has vanished is noticed after this and ten further seconds; by the system's own default after two hours. */
const keepAliveMs = 5000;

/** Transactions that another one's commit has made impossible are tried again so often. */
const mostTries = 5;

/** How long a statement waits for another program's lock before it gives up. */
const lockWaitSeconds = 5;

/** A setting that says of a session that the ledger knows of what it writes: see `table-watch.ts`. */
export const countedWrites = 'longhaul.counted_writes';

/**
 * For every session. A machine that vanishes is noticed within 11 s (by PostgreSQL's own defaults after two hours) and a
 * process that dies within a statement after half a second, so that neither leaves locks behind. Text means the same
 * whatever the server's and the role's settings are.
 */
const settings: Readonly<Record<string, string>> = {
  tcp_keepalives_idle: '5',
  tcp_keepalives_interval: '2',
  tcp_keepalives_count: '3',
  tcp_user_timeout: '10000',
  TimeZone: 'UTC',
  DateStyle: 'ISO, YMD',
  extra_float_digits: '1',
  bytea_output: 'hex',
  // Compiling takes longer than what it saves in statements as ours: 0.2 s of a publish of half a million rows.
  jit: 'off',
  [countedWrites]: 'on',
};
/** Not every system that PostgreSQL runs on can do that. */
const optionalSettings: Readonly<Record<string, string>> = { client_connection_check_interval: '500ms' };

export interface ConnectionOptions {
  readonly target: PostgresTarget;
  /** Default: `lockWaitSeconds`. */
  readonly lockWaitSeconds?: number | undefined;
  readonly readOnly?: boolean;
  /** Settings hold for one transaction each: then a pooler that gives out transactions may lie between. Statements by themselves have none. */
  readonly perTransaction?: boolean;
  /** What the server's list of sessions calls it. */
  readonly name?: string;
}

/** One connection, to one schema of one database. Transactions are made one after the other, whoever asks for them. */
export class Connection implements AsyncDisposable {
  readonly target: PostgresTarget;
  readonly schema: string;
  readonly waitSeconds: number;
  /** For statements by themselves. Inside a transaction use what its work is given. */
  readonly session: Session;
  readonly #client: pg.Client;
  /** What follows each BEGIN. */
  readonly #settings: string;
  #fence: Fence | null = null;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(
    client: pg.Client,
    session: Session,
    { schema, settings: local }: Prepared,
    { target, lockWaitSeconds: wait }: ConnectionOptions,
  ) {
    this.#client = client;
    this.#settings = local;
    this.session = session;
    this.schema = schema;
    this.target = target;
    this.waitSeconds = wait ?? lockWaitSeconds;
  }

  static async open(options: ConnectionOptions): Promise<Connection> {
    const { target } = options;
    const client = new pg.Client({
      connectionString: target.connectionString,
      fallback_application_name: options.name ?? 'longhaul',
      connectionTimeoutMillis: connectMs,
      keepAlive: true,
      keepAliveInitialDelayMillis: keepAliveMs,
      types,
    });
    // A connection that breaks while nobody asks anything of it: the next statement tells.
    client.on('error', () => undefined);
    try {
      await client.connect();
      const session = new Session(client);
      return new Connection(client, session, await prepare(session, options), options);
    } catch (error) {
      await client.end().catch(() => undefined);
      throw translated(error, { target, waitedSeconds: lockWaitSeconds, connected: false });
    }
  }

  get database(): string {
    return this.target.shown;
  }

  /** Each transaction that writes begins with this: what it throws, ends it. */
  set fence(fence: Fence | null) {
    this.#fence = fence;
  }
  get fence(): Fence | null {
    return this.#fence;
  }

  /** Runs `work`, with its errors in the words of the error table. */
  async translating<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      throw translated(error, { target: this.target, waitedSeconds: this.waitSeconds, connected: true });
    }
  }

  /**
   * Runs `work` in a transaction of its own. One that writes is run again, up to five times in all, when another
   * transaction's commit made it impossible: so it must not change anything outside of the database.
   *
   * @param mode such as `ISOLATION LEVEL REPEATABLE READ`
   */
  async transaction<Result>(work: (session: Session) => Promise<Result>, mode = ''): Promise<Result> {
    const before = this.#last;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#last = promise;
    await before;
    try {
      return await this.translating(() => this.#retrying(work, mode));
    } finally {
      resolve();
    }
  }

  async #retrying<Result>(work: (session: Session) => Promise<Result>, mode: string): Promise<Result> {
    for (let tries = 1; ; tries++) {
      try {
        await this.session.run(`BEGIN ${mode}${this.#settings}`);
        if (!mode.endsWith('READ ONLY')) await this.#fence?.(this.session);
        const result = await work(this.session);
        await this.session.run('COMMIT');
        return result;
      } catch (error) {
        // Where the connection is gone, the server rolls back by itself.
        await this.session.run('ROLLBACK').catch(() => undefined);
        if (!isRetryable(error) || mode.endsWith('READ ONLY') || tries === mostTries) throw error;
      }
    }
  }

  /** As `transaction`; a crash of the server may lose its commit. For what can be done again. */
  async passingTransaction<Result>(work: (session: Session) => Promise<Result>): Promise<Result> {
    return this.transaction(async (session) => {
      await session.run('SET LOCAL synchronous_commit = off');
      return await work(session);
    });
  }

  /** Ends the statement under way, from a connection of its own. It then fails with `57014`. */
  async cancel(): Promise<void> {
    const { processID } = this.#client as unknown as { processID: number };
    await using other = await Connection.open({ target: this.target });
    await other.session.run('SELECT pg_cancel_backend($1)', processID);
  }

  /** Gives it up without a farewell, for which a server that has vanished would be waited for. What is under way fails. */
  break(): void {
    const { connection } = this.#client as unknown as { connection: { stream: { destroy(): void } } };
    connection.stream.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.end().catch(() => undefined);
  }
}

/** Throws when the transaction must not go on. */
export type Fence = (session: Session) => Promise<void>;

interface Prepared {
  /** That everything lies in. */
  readonly schema: string;
  /** Statements that each transaction needs at its beginning, each after a semicolon. */
  readonly settings: string;
}

async function prepare(
  session: Session,
  {
    target,
    lockWaitSeconds: wait = lockWaitSeconds,
    readOnly = false,
    perTransaction = false,
  }: ConnectionOptions,
): Promise<Prepared> {
  const database = target.shown;
  const [facts] = await session.rows<{
    number: number;
    version: string;
    encoding: string;
    schema: string | null;
  }>(
    `SELECT current_setting('server_version_num')::int AS number, current_setting('server_version') AS version,
       current_setting('server_encoding') AS encoding, current_schema() AS schema`,
  );
  const { number, version, encoding, schema: found } = facts!;
  if (number < oldestVersion * 10_000) {
    throw LonghaulError.of('server_too_old', { database, found: version, needed: oldestVersion });
  }
  if (encoding !== 'UTF8') throw LonghaulError.of('server_not_utf8', { database, encoding });
  const schema = target.schema ?? found;
  if (schema === null) throw LonghaulError.of('schema_missing', { database });
  const all = {
    ...settings,
    // One schema only: what lies elsewhere on the role's path is none of our business.
    search_path: pg.escapeIdentifier(schema),
    lock_timeout: `${Math.round(wait * 1000)}ms`,
    ...(readOnly ? { default_transaction_read_only: 'on' } : {}),
  };
  if (!perTransaction) await setAll(session, all);
  let known = optionalSettings;
  try {
    if (perTransaction) await session.run(`BEGIN; ${setLocally(optionalSettings)}; COMMIT`);
    else await setAll(session, optionalSettings);
  } catch (error) {
    if (perTransaction) await session.run('ROLLBACK');
    if (!isServerError(error) || !hasState(error, '22023')) throw error;
    known = {};
  }
  return { schema, settings: perTransaction ? `; ${setLocally({ ...all, ...known })}` : '' };
}

function setLocally(all: Readonly<Record<string, string>>): string {
  const calls = Object.entries(all).map(
    ([name, value]) => `set_config(${pg.escapeLiteral(name)}, ${pg.escapeLiteral(value)}, true)`,
  );
  return `SELECT ${calls.join(', ')}`;
}

async function setAll(session: Session, all: Readonly<Record<string, string>>): Promise<void> {
  await session.rows(
    'SELECT set_config(name, value, false) FROM unnest($1::text[], $2::text[]) AS wanted (name, value)',
    Object.keys(all),
    Object.values(all),
  );
}
