import { inject, test } from 'vitest';
import { execute, PostgresDatabase } from '../helpers/postgres-database.ts';
import { editDuringImports } from '../properties/edits-during-imports.ts';

test('PostgreSQL: no edit is lost, counts are exact at every commit, and all edits taken back leave what the files say', async () => {
  await using database = await PostgresDatabase.create(inject('postgresUrl'));
  await editDuringImports({ edited: database.newSchema(), plain: database.newSchema(), query: execute });
});
