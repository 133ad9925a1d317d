import { DatabaseSync } from 'node:sqlite';
import { test } from 'vitest';
import { keepContract } from '../properties/api-contract.ts';

test('SQLite: each documented route answers good and broken requests as documented', async () => {
  await keepContract({
    database: (folder) => `sqlite:${folder.file('test.db')}`,
    execute: async (url, sql) => {
      using database = new DatabaseSync(url.slice('sqlite:'.length));
      database.exec(sql);
    },
  });
});
