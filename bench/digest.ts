/**
 * A digest of what matters in a database: `node bench/digest.ts <database>`. Equal for two databases exactly if their
 * products (name, sku, description) and counts (name, number) are. A name that ends in `.duckdb` is one of DuckDB, a URL one of
 * PostgreSQL.
 */
import { DuckDBInstance } from '@duckdb/node-api';
import { createHash } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import pg from 'pg';

// All order text by its bytes: in PostgreSQL the columns say so.
const queries = [
  'SELECT name, sku, description FROM products ORDER BY sku',
  'SELECT name, CAST(no_of_products AS TEXT) FROM product_counts ORDER BY name',
];

const [database] = process.argv.slice(2);
if (database === undefined) throw new Error('of which database?');
const hash = createHash('sha256');
const add = (row: readonly unknown[]): unknown => hash.update(`${JSON.stringify(row)}\n`);

if (database.includes('://')) {
  const client = new pg.Client({ connectionString: database });
  await client.connect();
  for (const query of queries) {
    hash.update(`${query}\n`);
    const { rows } = await client.query<unknown[]>({ text: query, rowMode: 'array' });
    rows.forEach(add);
  }
  await client.end();
} else if (database.endsWith('.duckdb')) {
  const instance = await DuckDBInstance.create(database, { access_mode: 'READ_ONLY' });
  const connection = await instance.connect();
  for (const query of queries) {
    hash.update(`${query}\n`);
    for await (const rows of (await connection.stream(query)).yieldRowsJs()) rows.forEach(add);
  }
} else {
  using db = new DatabaseSync(database, { readOnly: true });
  for (const query of queries) {
    hash.update(`${query}\n`);
    const statement = db.prepare(query);
    statement.setReturnArrays(true);
    for (const row of statement.iterate()) add(row as unknown as unknown[]);
  }
}
console.log(hash.digest('hex'));
