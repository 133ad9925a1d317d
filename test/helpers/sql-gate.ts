/** A place in the database that transactions come by and have to wait at, until it is opened: so that a test can do something just then. */
import pg from 'pg';
import { eventually } from './eventually.ts';
import { execute } from './postgres-database.ts';

/** Of the advisory lock that is waited for at the last gate that was made. */
let lastKey = 1_234_567;

export interface GatePlace {
  readonly table: string;
  readonly on: 'INSERT' | 'UPDATE' | 'INSERT OR UPDATE';
  /** SQL; `NEW` is the row. */
  readonly when: string;
}

export class SqlGate implements AsyncDisposable {
  readonly #url: string;
  readonly #holder: pg.Client;
  readonly #table: string;
  readonly #key: number;
  #isOpen = false;

  private constructor(url: string, holder: pg.Client, table: string, key: number) {
    this.#url = url;
    this.#holder = holder;
    this.#table = table;
    this.#key = key;
  }

  /** @param url with its schema */
  static async close(url: string, { table, on, when }: GatePlace): Promise<SqlGate> {
    const connectionString = new URL(url);
    connectionString.searchParams.delete('schema');
    const holder = new pg.Client({ connectionString: connectionString.href });
    // The server may be crashed meanwhile.
    holder.on('error', () => undefined);
    await holder.connect();
    const key = ++lastKey;
    await holder.query('SELECT pg_advisory_lock($1)', [key]);
    await execute(
      url,
      `CREATE FUNCTION gate_${key}() RETURNS trigger LANGUAGE plpgsql SET lock_timeout = 0 AS $$ BEGIN
         IF ${when} THEN PERFORM pg_advisory_xact_lock_shared(${key}); END IF; RETURN NEW; END $$;
       CREATE TRIGGER gate_${key} BEFORE ${on} ON ${table} FOR EACH ROW EXECUTE FUNCTION gate_${key}()`,
    );
    return new SqlGate(url, holder, table, key);
  }

  /** Resolves once somebody waits. */
  async reached(): Promise<void> {
    const sql = `SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND objid = ${this.#key}
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;
    await eventually('somebody waits at the gate', async () => (await execute(this.#url, sql)).length > 0);
  }

  /** Whoever waits goes on, and nobody has to wait from now on. */
  async open(): Promise<void> {
    if (this.#isOpen) return;
    this.#isOpen = true;
    await this.#holder.end().catch(() => undefined);
    await execute(
      this.#url,
      `DROP TRIGGER gate_${this.#key} ON ${this.#table}; DROP FUNCTION gate_${this.#key}()`,
    );
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.open();
  }
}

/** Where a run is held that has so many ranges published, before another one is. */
export function afterPartitions(published: number): GatePlace {
  const found = `(SELECT partitions_published FROM _longhaul_runs r WHERE r.run = NEW.run)`;
  return { table: '_longhaul_partitions', on: 'UPDATE', when: `${found} = ${published}` };
}

/** Where it is held once all its ranges are published, before it is done. */
export const beforeItsEnd: GatePlace = {
  ...{ table: '_longhaul_files', on: 'INSERT OR UPDATE' },
  when: 'EXISTS (SELECT 1 FROM _longhaul_runs r WHERE r.run = NEW.run AND r.partitions > 0)',
};
