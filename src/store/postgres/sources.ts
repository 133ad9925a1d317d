import type { Clock } from '../../runtime/clock.ts';
import { LonghaulError } from '../../runtime/errors.ts';
import { forgetPausedName, replacePausedName } from '../sources-sql.ts';
import type { SourceRegister, StoredSource } from '../store.ts';
import type { Connection } from './connection.ts';
import { openOurs } from './schema.ts';
import type { Session } from './session.ts';
import type { PostgresTarget } from './target.ts';

export interface PostgresSourcesOptions {
  readonly target: PostgresTarget;
  readonly clock: Clock;
  /** How long to wait for another writer; 5 s. */
  readonly lockWaitSeconds?: number;
}

/** The sources that a database remembers, through a connection of its own. */
export class PostgresSources implements SourceRegister {
  readonly #connection: Connection;
  readonly #clock: Clock;

  private constructor(connection: Connection, clock: Clock) {
    this.#connection = connection;
    this.#clock = clock;
  }

  /** Throws `tables_missing` when there are none. */
  static async open({ clock, ...options }: PostgresSourcesOptions): Promise<PostgresSources> {
    return new PostgresSources(await openOurs(options), clock);
  }

  async addSource(source: Omit<StoredSource, 'paused' | 'addedMs'>): Promise<void> {
    const { name, url, kind, table, tokenFile, guarded } = source;
    const sql = `INSERT INTO _longhaul_sources (name, url, kind, dataset, token_file, guarded, paused, added_ms)
      VALUES ($1, $2, $3, $4, $5, $6, false, $7) ${replacePausedName} RETURNING name`;
    const values = [name, url, kind, table, tokenFile, guarded];
    const isAdded = await this.#write(sql, ...values, this.#clock.wallMs());
    const { database } = this.#connection;
    if (!isAdded) throw LonghaulError.of('source_there', { database, source: name });
  }

  async pauseSource(name: string, paused: boolean): Promise<void> {
    if (!paused && (await this.#write(`${forgetPausedName('$1')} RETURNING name`, name))) return;
    await this.#change(
      'UPDATE _longhaul_sources SET paused = $2 WHERE name = $1 RETURNING name',
      name,
      paused,
    );
  }

  removeSource(name: string): Promise<void> {
    return this.#change('DELETE FROM _longhaul_sources WHERE name = $1 RETURNING name', name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connection[Symbol.asyncDispose]();
  }

  async #change(sql: string, source: string, ...values: readonly unknown[]): Promise<void> {
    if (await this.#write(sql, source, ...values)) return;
    throw LonghaulError.of('source_unknown', { database: this.#connection.database, source });
  }

  /** @returns whether it has changed anything */
  #write(sql: string, ...values: readonly unknown[]): Promise<boolean> {
    return this.#connection.transaction(async (session) => (await session.rows(sql, ...values)).length > 0);
  }
}

export async function storedSources(session: Session): Promise<StoredSource[]> {
  // Tables that nobody has written to since there were sources have none for them.
  const there = await session.one("SELECT 1 FROM pg_class WHERE oid = to_regclass('_longhaul_sources')");
  if (there === undefined) return [];
  const rows = await session.rows('SELECT * FROM _longhaul_sources ORDER BY name');
  return rows.map((row) => ({
    name: row['name'] as string,
    url: row['url'] as string,
    kind: row['kind'] as string | null,
    table: row['dataset'] as string,
    tokenFile: row['token_file'] as string | null,
    guarded: row['guarded'] === true,
    paused: row['paused'] as boolean,
    addedMs: Number(row['added_ms']),
  }));
}
