/**
 * The whole job by DuckDB: `node bench/duckdb-import.ts <file> <database>`.
 *
 * Of the ways that were tried this is the fastest (2 cores, 500,000 records): last row per key by its row number, keyed
 * by an index made afterwards, 1.6 s; into a table with a PRIMARY KEY 1.8 s; by arg_max over row_number() 1.9 s;
 * by QUALIFY row_number() 2.2 s.
 */
import { DuckDBInstance } from '@duckdb/node-api';
import { availableParallelism } from 'node:os';

const [file, database] = process.argv.slice(2);
if (file === undefined || database === undefined) throw new Error('which file, into which database?');

const text = (value: string): string => `'${value.replaceAll("'", "''")}'`;
const rows = `read_csv(${text(file)}, header = true, delim = ',', quote = '"', escape = '"',
  columns = {name: 'VARCHAR', sku: 'VARCHAR', description: 'VARCHAR'}, force_not_null = ['name', 'sku', 'description'])`;
const recipe = [
  'BEGIN',
  `CREATE TEMP TABLE incoming AS SELECT * FROM ${rows}`,
  `CREATE TABLE products AS SELECT name, sku, description FROM incoming
     WHERE rowid IN (SELECT max(rowid) FROM incoming GROUP BY sku)`,
  'CREATE UNIQUE INDEX products_key ON products (sku)',
  'CREATE TABLE product_counts AS SELECT name, count(*) AS no_of_products FROM products GROUP BY name',
  'COMMIT',
];

// As many threads as an import of ours takes.
const instance = await DuckDBInstance.create(database, { threads: String(availableParallelism()) });
const connection = await instance.connect();
for (const statement of recipe) await connection.run(statement);
connection.closeSync();
instance.closeSync();
