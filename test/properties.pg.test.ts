/** What holds for SQLite holds for PostgreSQL; and both make the same of the same files and edits, to the last hash. */
import { afterAll, beforeAll, inject, test } from 'vitest';
import { postgresEngine, sqliteEngine, type TestEngine } from './helpers/engines.ts';
import { PostgresDatabase } from './helpers/postgres-database.ts';
import { compareTables } from './properties/any-table.ts';
import { compareEdits } from './properties/edits.ts';
import { compareImports } from './properties/exactness.ts';
import { compareSearches } from './properties/search.ts';

/** Of each of them. With PostgreSQL a case takes some 300 ms. */
const howMany = { least: 30, seconds: 15 };

let database: PostgresDatabase;
let engines: readonly TestEngine[];
beforeAll(async () => {
  database = await PostgresDatabase.create(inject('postgresUrl'));
  engines = [sqliteEngine, postgresEngine(database)];
});
afterAll(() => database[Symbol.asyncDispose]());

test('the table is the replay of its imports, then the edits', () => compareImports(engines, howMany));
test('files, edits and edits taken back, in any order', () =>
  compareEdits(engines, howMany, { bySuccessors: false, inTheMiddle: false }));
test('files and edits of any table end in what the reference makes of them', () =>
  compareTables(engines, howMany));
test('published by partitions, it is the replay of its imports all the same', () =>
  compareImports([sqliteEngine, postgresEngine(database, 3)], howMany));
test('published by partitions, files and edits end in the same', () =>
  compareEdits([sqliteEngine, postgresEngine(database, 3)], howMany, {
    ...{ bySuccessors: false, inTheMiddle: false },
  }));
test('searches find what the slow way finds', () =>
  compareSearches([postgresEngine(database)], { least: 8, seconds: 8 }));
