import { afterAll, beforeAll, inject, test } from 'vitest';
import { execute, PostgresDatabase } from '../helpers/postgres-database.ts';
import { keepContract } from '../properties/api-contract.ts';

let database: PostgresDatabase;
beforeAll(async () => {
  database = await PostgresDatabase.create(inject('postgresUrl'));
});
afterAll(() => database[Symbol.asyncDispose]());

test('PostgreSQL: each documented route answers good and broken requests as documented', async () => {
  await keepContract({ database: () => database.newSchema(), execute });
});
