/** The job as a careful user does it with SQLite's own shell. */
import { spawnSync } from 'node:child_process';
import { type Measured, runChild } from './child.ts';

const shell = 'sqlite3';

export const shellMissing = 'sqlite3 is not installed here: its rows are left out.';

/** Such as `3.40.1`; null where the shell is not installed. */
export function sqliteShellVersion(): string | null {
  const { status, stdout } = spawnSync(shell, ['--version'], { encoding: 'utf8' });
  return status === 0 ? (stdout.split(' ')[0] ?? null) : null;
}

/** For a fresh database and for one that is filled already. Rows go in by file order, so the last record of a sku wins. */
const recipe = (file: string): string => `
CREATE TABLE IF NOT EXISTS products (name TEXT NOT NULL, sku TEXT PRIMARY KEY, description TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS product_counts (name TEXT PRIMARY KEY, no_of_products INTEGER NOT NULL);
BEGIN;
CREATE TEMP TABLE incoming (name TEXT, sku TEXT, description TEXT);
.import --csv --skip 1 "${file}" incoming
INSERT INTO products SELECT name, sku, description FROM incoming WHERE true ORDER BY rowid
  ON CONFLICT (sku) DO UPDATE SET name = excluded.name, description = excluded.description;
DELETE FROM product_counts;
INSERT INTO product_counts SELECT name, count(*) FROM products GROUP BY name;
COMMIT;
`;

export function shellImport(database: string, file: string): Promise<Measured> {
  return runChild(shell, ['-batch', '-bail', database], { stdin: recipe(file) });
}
