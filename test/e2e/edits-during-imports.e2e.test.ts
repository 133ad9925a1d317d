import { test } from 'vitest';
import { reading } from '../helpers/dump.ts';
import { TempFolder } from '../helpers/temp-folder.ts';
import { editDuringImports } from '../properties/edits-during-imports.ts';

test('SQLite: no edit is lost, counts are exact at every commit, and all edits taken back leave what the files say', async () => {
  using folder = new TempFolder();
  await editDuringImports({
    edited: `sqlite:${folder.file('edited.db')}`,
    plain: `sqlite:${folder.file('plain.db')}`,
    query: async (url, sql) => reading(url.replace('sqlite:', ''), (db) => db.prepare(sql).all()),
  });
});
