/** Databases as text, to be compared. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

/** What a failed import must leave as it was: all but the list of runs with their chunks and rejects. */
const publishedTables: Readonly<Record<string, string>> = {
  products: 'sku',
  product_counts: 'name',
  _longhaul_datasets: 'name',
  _longhaul_files: 'dataset, source, file',
};

/** Tables, rows, and what is known of published files; `null` when there is no database. */
export function publishedState(path: string): string | null {
  if (!existsSync(path)) return null;
  return reading(path, (db) => {
    const lines = db.prepare('SELECT name, sql FROM sqlite_schema ORDER BY name').all().map(text);
    for (const [table, order] of Object.entries(publishedTables)) {
      const statement = db.prepare(`SELECT * FROM ${table} ORDER BY ${order}`);
      statement.setReadBigInts(true);
      lines.push(table, ...statement.all().map(text));
    }
    return lines.join('\n');
  });
}

/**
 * A digest of both tables, row by row. Without provenance it is "the same table" of the design: user columns and
 * counts. With it also run, line and hash of each row must be equal.
 */
export function tableDigest(path: string, { provenance }: { provenance: boolean }): string {
  const columns = provenance ? '*' : 'name, sku, description, _line';
  return reading(path, (db) => {
    const hash = createHash('sha256');
    for (const sql of [
      `SELECT ${columns} FROM products ORDER BY sku`,
      'SELECT * FROM product_counts ORDER BY name',
    ]) {
      const statement = db.prepare(sql);
      statement.setReadBigInts(true);
      statement.setReturnArrays(true);
      for (const row of statement.iterate()) hash.update(JSON.stringify(row, bigints)).update('\n');
      hash.update('\f');
    }
    return hash.digest('hex');
  });
}

/** What SQLite itself says of the file: `ok`. */
export function integrity(path: string): string {
  return reading(path, (db) => String(db.prepare('PRAGMA integrity_check').get()?.['integrity_check']));
}

/** The count table, and the counts that it should hold, differ in this many rows. */
export function wrongCounts(path: string): number {
  const counted = 'SELECT name, count(*) FROM products GROUP BY name';
  const stored = 'SELECT name, no_of_products FROM product_counts';
  const sql = `SELECT (SELECT count(*) FROM (${counted} EXCEPT ${stored})) + (SELECT count(*) FROM (${stored} EXCEPT ${counted})) AS n`;
  return Number(value(path, sql));
}

/** One value. */
export function value(path: string, sql: string): unknown {
  return reading(path, (db) => Object.values(db.prepare(sql).get() ?? {})[0]);
}

export function reading<Result>(path: string, work: (db: DatabaseSync) => Result): Result {
  using db = new DatabaseSync(path, { readOnly: true, timeout: 5000 });
  return work(db);
}

/** As somebody with the sqlite3 shell does it. */
export function writing(path: string, sql: string): void {
  using db = new DatabaseSync(path, { timeout: 5000 });
  db.exec(sql);
}

function text(row: Record<string, unknown>): string {
  return JSON.stringify(row, bigints);
}

function bigints(_key: string, cell: unknown): unknown {
  return typeof cell === 'bigint' ? `${cell}n` : cell;
}
