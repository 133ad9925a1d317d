/** Databases on a PostgreSQL server, and the job as a careful user does it there with psql. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { type Measured, runChild } from './child.ts';

const psql = 'psql';

/** Such as `15.14`; null where psql is not installed. */
export function psqlVersion(): string | null {
  const { status, stdout } = spawnSync(psql, ['--version'], { encoding: 'utf8' });
  return status === 0 ? (stdout.split(' ')[2]?.trim() ?? null) : null;
}

/** The last record of a sku wins, keys and names compare by their bytes. Once more with the next version it is the second run. */
export const recipe = {
  before: `
CREATE TABLE IF NOT EXISTS products (name TEXT NOT NULL, sku TEXT COLLATE "C" PRIMARY KEY, description TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS product_counts (name TEXT COLLATE "C" PRIMARY KEY, no_of_products BIGINT NOT NULL);
BEGIN;
CREATE TEMP TABLE incoming (n BIGINT GENERATED ALWAYS AS IDENTITY, name TEXT, sku TEXT COLLATE "C", description TEXT);
`,
  copy: `incoming (name, sku, description) FROM STDIN WITH (FORMAT csv, HEADER true, FORCE_NOT_NULL (name, sku, description))`,
  after: `
INSERT INTO products SELECT DISTINCT ON (sku) name, sku, description FROM incoming ORDER BY sku, n DESC
  ON CONFLICT (sku) DO UPDATE SET name = excluded.name, description = excluded.description;
DELETE FROM product_counts;
INSERT INTO product_counts SELECT name, count(*) FROM products GROUP BY name;
COMMIT;
`,
};

/** By psql, or by `bench/postgres-recipe.ts` where there is none. */
export function recipeImport(url: string, file: string): Promise<Measured> {
  if (psqlVersion() === null) {
    const program = fileURLToPath(new URL('../postgres-recipe.ts', import.meta.url));
    return runChild(process.execPath, [program, file, url]);
  }
  const copy = `\\copy ${recipe.copy.replace('STDIN', `'${file.replaceAll("'", "''")}'`)}\n`;
  const stdin = `SET client_min_messages = warning;${recipe.before}${copy}${recipe.after}`;
  return runChild(psql, ['-X', '-q', '-v', 'ON_ERROR_STOP=1', url], { stdin });
}

/** A server on which databases are made, copied and thrown away. */
export class BenchServer {
  readonly #url: string;

  /** @param url of a role that may create databases */
  constructor(url: string) {
    this.#url = url;
  }

  urlOf(database: string): string {
    const url = new URL(this.#url);
    url.pathname = `/${database}`;
    return url.href;
  }

  /** Makes an empty database, or a copy of another, in the place of one of that name; all of it is on disk when this ends. */
  async create(database: string, from = 'template0'): Promise<string> {
    await this.run(`DROP DATABASE IF EXISTS ${database}`);
    await this.run(`CREATE DATABASE ${database} TEMPLATE ${from} STRATEGY file_copy`);
    await this.run('CHECKPOINT');
    return this.urlOf(database);
  }

  async run(sql: string): Promise<string> {
    const client = new pg.Client({ connectionString: this.#url });
    await client.connect();
    try {
      const { rows } = await client.query<Record<string, unknown>>(sql);
      return String(Object.values(rows[0] ?? {})[0]);
    } finally {
      await client.end();
    }
  }
}
