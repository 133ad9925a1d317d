import type { DatabaseSync } from 'node:sqlite';
import type { Clock } from '../../runtime/clock.ts';
import { LonghaulError } from '../../runtime/errors.ts';
import { forgetPausedName, replacePausedName } from '../sources-sql.ts';
import type { SourceRegister, StoredSource } from '../store.ts';
import { inTransaction } from './connection.ts';
import { translating } from './errors.ts';
import { openOurs } from './open-ours.ts';

export interface SqliteSourcesOptions {
  readonly path: string;
  readonly clock: Clock;
  /** How long to wait for another writer; 5 s. */
  readonly lockWaitSeconds?: number;
}

/** The sources that a database remembers, through a connection of its own. */
export class SqliteSources implements SourceRegister {
  readonly #options: SqliteSourcesOptions;
  readonly #db: DatabaseSync;

  /** Throws `database_missing` when there is none. */
  constructor(options: SqliteSourcesOptions) {
    this.#options = options;
    this.#db = openOurs(options.path, options.lockWaitSeconds);
  }

  async addSource(source: Omit<StoredSource, 'paused' | 'addedMs'>): Promise<void> {
    const { name, url, kind, table, tokenFile, guarded } = source;
    const { path: database, clock } = this.#options;
    const sql = `INSERT INTO _longhaul_sources (name, url, kind, dataset, token_file, guarded, paused, added_ms)
      VALUES (?, ?, ?, ?, ?, ?, 0, ?) ${replacePausedName}`;
    const values = [name, url, kind, table, tokenFile, guarded ? 1 : 0];
    const added = this.#write(sql, ...values, clock.wallMs());
    if (added === 0) throw LonghaulError.of('source_there', { database, source: name });
  }

  async pauseSource(name: string, paused: boolean): Promise<void> {
    if (!paused && this.#write(forgetPausedName('?'), name) > 0) return;
    this.#change('UPDATE _longhaul_sources SET paused = ?2 WHERE name = ?1', name, paused ? 1 : 0);
  }

  async removeSource(name: string): Promise<void> {
    this.#change('DELETE FROM _longhaul_sources WHERE name = ?', name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#db.isOpen) this.#db.close();
  }

  #change(sql: string, source: string, ...values: readonly number[]): void {
    if (this.#write(sql, source, ...values) > 0) return;
    throw LonghaulError.of('source_unknown', { database: this.#options.path, source });
  }

  /** @returns how many rows it has changed */
  #write(sql: string, ...values: readonly (string | number | null)[]): number {
    const { path, lockWaitSeconds } = this.#options;
    const write = (): number => Number(this.#db.prepare(sql).run(...values).changes);
    return translating(path, () => inTransaction(this.#db, write, lockWaitSeconds), lockWaitSeconds);
  }
}

export function storedSources(db: DatabaseSync): StoredSource[] {
  const rows = db.prepare('SELECT * FROM _longhaul_sources ORDER BY name').all();
  return rows.map((row) => ({
    name: row['name'] as string,
    url: row['url'] as string,
    kind: row['kind'] as string | null,
    table: row['dataset'] as string,
    tokenFile: row['token_file'] as string | null,
    // A database that nobody has written to since there were such sources has none.
    guarded: row['guarded'] === 1,
    paused: row['paused'] === 1,
    addedMs: row['added_ms'] as number,
  }));
}
