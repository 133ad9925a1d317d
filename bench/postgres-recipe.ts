/** The recipe of `bench/lib/postgres.ts` without psql: `node bench/postgres-recipe.ts <file> <url>`. */
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { recipe } from './lib/postgres.ts';

const [file, connectionString] = process.argv.slice(2);
if (file === undefined || connectionString === undefined) throw new Error('which file, into which database?');
const client = new pg.Client({ connectionString });
await client.connect();
await client.query(recipe.before);
const blocks = createReadStream(file, { highWaterMark: 256 * 1024 });
await pipeline(blocks, client.query(copyFrom(`COPY ${recipe.copy}`)));
await client.query(recipe.after);
await client.end();
