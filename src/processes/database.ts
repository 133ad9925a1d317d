/** Creating and emptying databases, which are named by their URL. */
import { existsSync } from 'node:fs';
import { sqlitePath } from '../config/options.ts';
import { systemClock } from '../runtime/clock.ts';
import { LonghaulError } from '../runtime/errors.ts';
import type { Dataset } from '../schema/dataset.ts';
import { SqliteStore } from '../store/sqlite/store.ts';
import type { TableTotals } from '../store/store.ts';

/** Creates the database and the dataset's tables where they are missing. */
export async function initDatabase(
  url: string,
  dataset: Dataset,
  warn: (message: string) => void,
): Promise<TableTotals> {
  await using store = openStore(url, warn);
  return await store.ensureDataset(dataset);
}

/** Empties the dataset: rows, counts, runs. @returns what was there */
export async function clearDatabase(
  url: string,
  dataset: Dataset,
  warn: (message: string) => void,
): Promise<TableTotals> {
  const path = sqlitePath(url);
  if (!existsSync(path)) throw LonghaulError.of('database_missing', { database: path });
  await using store = openStore(url, warn);
  await store.lockImports();
  const totals = await store.ensureDataset(dataset);
  await store.clear(dataset);
  return totals;
}

function openStore(url: string, warn: (message: string) => void): SqliteStore {
  return new SqliteStore({
    path: sqlitePath(url),
    clock: systemClock,
    // Neither is used outside an import.
    stagingMemoryBytes: 0,
    stagingMemoryMs: 0,
    warn,
  });
}
