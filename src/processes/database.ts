/** Creating and emptying databases, which are named by their URL. */
import { databaseUrl } from '../config/database-url.ts';
import type { Dataset } from '../schema/dataset.ts';
import type { Store, TableTotals } from '../store/store.ts';
import { openStore, requireDatabase } from './stores.ts';

/** Creates the database and the dataset's tables where they are missing. */
export async function initDatabase(
  url: string,
  dataset: Dataset,
  warn: (message: string) => void,
): Promise<TableTotals> {
  await using store = await openWriter(url, warn);
  return await store.ensureDataset(dataset);
}

/** Empties the dataset: rows, counts, runs. @returns what was there */
export async function clearDatabase(
  url: string,
  dataset: Dataset,
  warn: (message: string) => void,
): Promise<TableTotals> {
  await requireDatabase(databaseUrl(url));
  await using store = await openWriter(url, warn);
  await store.lockImports();
  const totals = await store.ensureDataset(dataset);
  await store.clear(dataset);
  return totals;
}

function openWriter(url: string, warn: (message: string) => void): Promise<Store> {
  // Nothing is staged outside an import.
  return openStore(databaseUrl(url), { warn, stagingMemoryBytes: 0 });
}
