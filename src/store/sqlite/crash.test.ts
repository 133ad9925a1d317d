/**
 * A process that dies leaves its files as they are at that moment. So a copy of all files, taken in the middle, is what
 * the next process finds; it must come to the same table.
 */
import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { ManualClock } from '../../../test/helpers/manual-clock.ts';
import { TempFolder } from '../../../test/helpers/temp-folder.ts';
import { products } from '../../schema/dataset.ts';
import { numberedRecords, planOf, testFile } from '../conformance-files.ts';
import { importTestFile, neverStopped, seeTable, stageFile } from '../conformance-steps.ts';
import { SqliteReader } from './reader.ts';
import { SqliteStore } from './store.ts';

const first = testFile([
  numberedRecords(0, 2500, ['Ann', 'first']),
  numberedRecords(2000, 2500, ['Bob', 'first']),
]);
const second = testFile([
  numberedRecords(2200, 4200, ['Ann', 'second']),
  numberedRecords(0, 3, ['Cid', 'second']),
]);

async function openIn(
  folder: string,
  stagingMemoryBytes: number,
  mostMsInPlace?: number,
): Promise<SqliteStore> {
  const path = join(folder, 'test.db');
  const warn = (message: string): never => expect.fail(message);
  const store = new SqliteStore({
    path,
    clock: new ManualClock(),
    stagingMemoryBytes,
    stagingMemoryMs: 5000,
    warn,
    publishTuning: { mostMsInPlace },
  });
  await store.lockImports();
  await store.ensureDataset(products);
  return store;
}

test.each([
  ['files', 0, false, undefined],
  ['files', 0, true, undefined],
  ['files', 0, true, 0],
  ['memory', 1e9, false, undefined],
  ['memory', 1e9, true, undefined],
  ['memory', 1e9, true, 0],
])(
  'from any moment on, with rows in %s (%i bytes), database there before: %s, written in place within %s ms',
  async (_, stagingMemoryBytes, exists, mostMsInPlace) => {
    using temp = new TempFolder();
    const place = temp.file('place');
    mkdirSync(place);
    if (exists) {
      using database = new DatabaseSync(join(place, 'test.db'));
      database.exec('CREATE TABLE theirs (x)');
    }
    const images: { readonly folder: string; readonly during: typeof first }[] = [];
    const takeImage = (during: typeof first): void => {
      const folder = temp.file(`image ${images.length}`);
      // The memory that processes share about a log is gone with them.
      cpSync(place, folder, { recursive: true, filter: (name) => !name.endsWith('-shm') });
      images.push({ folder, during });
    };
    {
      await using store = await openIn(place, stagingMemoryBytes, mostMsInPlace);
      for (const file of [first, second]) {
        takeImage(file);
        const run = await stageFile(store, file, planOf(), [1]);
        takeImage(file);
        await stageFile(store, file);
        takeImage(file);
        await store.publish(run, file.totals, {
          signal: neverStopped.signal,
          progress: () => takeImage(file),
        });
      }
      takeImage(second);
    }
    await using reader = new SqliteReader(join(place, 'test.db'));
    const expected = await seeTable(reader);
    expect(expected.counts).toEqual([['Ann=6197', 'Bob=200', 'Cid=3']]);
    for (const { folder, during } of images) {
      {
        await using store = await openIn(folder, stagingMemoryBytes, mostMsInPlace);
        for (const file of during === first ? [first, second] : [second]) {
          const published = await store.findPublished(products, planOf().file);
          if (published?.version !== file.totals.version) await importTestFile(store, file);
        }
      }
      await using copy = new SqliteReader(join(folder, 'test.db'));
      const seen = await seeTable(copy);
      expect(seen.rows.map(withoutRun).join()).toBe(expected.rows.map(withoutRun).join());
      expect(seen.counts).toEqual(expected.counts);
      using database = new DatabaseSync(join(folder, 'test.db'), { readOnly: true });
      expect(database.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' });
      const leftovers = database
        .prepare("SELECT name FROM sqlite_schema WHERE name GLOB '_longhaul_*product*'")
        .all();
      expect(leftovers).toEqual([]);
    }
    expect(images.length).toBeGreaterThan(10);
  },
);

function withoutRun(row: string): string {
  return row.replace(/#\d+:/, '#');
}
