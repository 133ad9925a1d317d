/** A database whose file is removed or replaced while a store has it open. */
import { copyFileSync, existsSync, renameSync } from 'node:fs';
import { expect, test } from 'vitest';
import { meanwhile, Place, publish } from '../../../test/helpers/sqlite-place.ts';
import { testFile } from '../conformance-files.ts';
import { neverStopped, stageFile } from '../conformance-steps.ts';

const file = testFile([[['a', 'Ann', '1']], [['b', 'Bob', '2']]]);
const gone = { code: 'database_gone' };

test.each([
  ['removed', (path: string, copy: string) => renameSync(path, `${copy}.away`)],
  [
    'replaced',
    (path: string, copy: string) => {
      copyFileSync(path, copy);
      renameSync(copy, path);
    },
  ],
])(
  '%s before a publish or in the middle of it: it is told, and nothing counts as published',
  async (_, harm) => {
    using place = new Place();
    const copy = place.file('copy.db');
    {
      await using store = await place.importer({});
      const run = await stageFile(store, file);
      harm(place.database, copy);
      await expect(store.publish(run, file.totals, neverStopped)).rejects.toMatchObject(gone);
      await expect(store.findDataset('products')).rejects.toMatchObject(gone);
    }
    if (!existsSync(place.database)) renameSync(`${copy}.away`, place.database);
    {
      await using store = await place.importer({});
      const harmful = meanwhile(0, () => harm(place.database, copy));
      await expect(publish(store, file, harmful)).rejects.toMatchObject(gone);
    }
    if (!existsSync(place.database)) renameSync(`${copy}.away`, place.database);
    await using store = await place.importer({});
    expect((await publish(store, file)).inserted + (await place.see()).rows.length).toBeGreaterThanOrEqual(2);
  },
);
