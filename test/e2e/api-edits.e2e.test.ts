import { test } from 'vitest';
import { editThroughApi } from '../properties/api-edits.ts';

const seed = Number(process.env['LONGHAUL_TEST_SEED'] ?? Date.now() % 1_000_000);

test(`SQLite: twenty clients edit through the API while imports publish, as the reference program says (seed ${seed})`, async () => {
  await editThroughApi((folder) => `sqlite:${folder.file('test.db')}`, seed);
});
