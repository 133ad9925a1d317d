/** The server that tests run on: that it starts by itself, sorts as users' databases do, and forgets what is UNLOGGED in a crash. */
import { expect, inject, test } from 'vitest';
import { execute, PostgresDatabase } from './helpers/postgres-database.ts';
import { PostgresServer } from './helpers/postgres-server.ts';

test('the server of the run answers, and a database on it sorts by language', async () => {
  await using database = await PostgresDatabase.create(inject('postgresUrl'));
  const [row] = await execute(
    database.url,
    `SELECT current_setting('server_encoding') AS e, 'a' < 'B' AS sorted`,
  );
  expect(row).toEqual({ e: 'UTF8', sorted: true });
});

test('a crash empties UNLOGGED tables and nothing else', async () => {
  await using server = await PostgresServer.start();
  await execute(server.url, 'CREATE UNLOGGED TABLE u AS SELECT 1 AS x; CREATE TABLE t AS SELECT 1 AS x');
  await server.crash();
  await server.resume();
  expect(
    await execute(
      server.url,
      'SELECT (SELECT count(*) FROM u)::int AS u, (SELECT count(*) FROM t)::int AS t',
    ),
  ).toEqual([{ u: 0, t: 1 }]);
});
