/** A master that keeps a table in PostgreSQL, while files change at random. LONGHAUL_TEST_SEED repeats a failure as far as time can be repeated. */
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { ChangingSources } from '../helpers/changing-sources.ts';
import { longhaul } from '../helpers/cli.ts';
import { execute, PostgresDatabase } from '../helpers/postgres-database.ts';
import { Random } from '../helpers/random.ts';

const seed = Number(process.env['LONGHAUL_TEST_SEED'] ?? Date.now() % 1_000_000);

let database: PostgresDatabase;
beforeAll(async () => {
  database = await PostgresDatabase.create(inject('postgresUrl'));
});
afterAll(() => database[Symbol.asyncDispose]());

test(`15 changes, a kill of the master and one of its connections (seed ${seed})`, {
  timeout: 300_000,
}, async () => {
  const random = new Random(seed);
  const url = database.newSchema();
  await using scene = await ChangingSources.start({ records: 5000, random, database: url });
  await scene.settle();
  for (let change = 0; change < 15; change++) {
    await scene.change();
    // Twice a version is published whatever the pauses are; else most changes could be found as one.
    if (change === 3 || change === 8) await scene.settle();
    else await scene.pause(change);
    if (change === 5) {
      await scene.master.kill();
      await scene.master.start();
    }
    // As a restart of the server does: the import lock goes with the session, and is taken again with the next import.
    if (change === 10)
      await execute(
        url,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'longhaul master%'",
      );
  }
  await scene.settle();
  const runs = await scene.expectReplay();
  expect(runs.length).toBeGreaterThan(3);
  const { status, stderr } = await longhaul(['import', 'one/products.csv', '--db', url], {
    cwd: scene.folder.path,
  });
  expect(status).toBe(1);
  expect(stderr).toMatch(
    /another import into this database is running \(longhaul master, process \d+\)\nTry: let that master/,
  );
});
