/** Creating and emptying databases, which are named by their URL. */
import { databaseName, databaseUrl } from '../config/database-url.ts';
import { checkPlan } from '../run/dataset.ts';
import { LonghaulError } from '../runtime/errors.ts';
import { type DatasetPlan, isDataset } from '../schema/dataset-plan.ts';
import { newDataset, type NewDataset } from './importer.ts';
import type { Store, TableTotals } from '../store/store.ts';
import { openStore, requireDatabase } from './stores.ts';

/** Creates the database and the dataset's tables where they are missing. Throws `dataset_undescribed` and `dataset_conflict`. */
export async function initDatabase(
  url: string,
  described: NewDataset,
  warn: (message: string) => void,
): Promise<TableTotals & { readonly name: string }> {
  await using store = await openWriter(url, warn);
  const { plan } = described;
  const kept = await store.findDataset(plan.name);
  if (kept !== null) checkPlan(plan, kept.dataset, databaseName(url));
  const dataset = kept?.dataset ?? newDataset(described);
  if (!isDataset(dataset)) throw LonghaulError.of('dataset_undescribed', { table: plan.name });
  return { name: plan.name, ...(await store.ensureDataset(dataset)) };
}

/** Empties the dataset: rows, counts, runs. @returns what was there */
export async function clearDatabase(
  url: string,
  plan: DatasetPlan,
  warn: (message: string) => void,
): Promise<TableTotals> {
  await requireDatabase(databaseUrl(url));
  await using store = await openWriter(url, warn);
  await store.lockImports('longhaul clear');
  const kept = await store.findDataset(plan.name);
  // The products are a table of ours also where nobody has imported any yet.
  const dataset = kept?.dataset ?? newDataset({ plan, columns: null });
  if (!isDataset(dataset))
    throw LonghaulError.of('dataset_unknown', { database: databaseName(url), table: plan.name, known: [] });
  const totals = await store.ensureDataset(dataset);
  await store.clear(dataset);
  return totals;
}

function openWriter(url: string, warn: (message: string) => void): Promise<Store> {
  // Nothing is staged outside an import.
  return openStore(databaseUrl(url), { warn, stagingMemoryBytes: 0 });
}
