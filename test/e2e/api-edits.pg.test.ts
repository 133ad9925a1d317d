import { afterAll, beforeAll, inject, test } from 'vitest';
import { PostgresDatabase } from '../helpers/postgres-database.ts';
import { editThroughApi } from '../properties/api-edits.ts';

const seed = Number(process.env['LONGHAUL_TEST_SEED'] ?? Date.now() % 1_000_000);

let database: PostgresDatabase;
beforeAll(async () => {
  database = await PostgresDatabase.create(inject('postgresUrl'));
});
afterAll(() => database[Symbol.asyncDispose]());

test(`PostgreSQL: twenty clients edit through the API while imports publish, as the reference program says (seed ${seed})`, async () => {
  await editThroughApi(() => database.newSchema(), seed);
});
