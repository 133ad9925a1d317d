/** Which dataset a command is about: as the database keeps it, else as it is described. */
import { databaseName } from '../config/database-url.ts';
import { checkPlan } from '../run/dataset.ts';
import { LonghaulError } from '../runtime/errors.ts';
import type { DatasetOrPlan, DatasetPlan } from '../schema/dataset-plan.ts';
import type { Dataset } from '../schema/dataset.ts';
import type { StoreReader } from '../store/store.ts';
import type { ImportOptions } from './import.ts';
import { newDataset } from './importer.ts';
import { openReader } from './reading.ts';
import { openReaderIfThere } from './stores.ts';

/** The dataset of that name. Throws `dataset_unknown`, and `dataset_conflict` if the plan says something else of it. */
export async function keptDataset(
  reader: StoreReader,
  plan: DatasetPlan,
  database: string,
): Promise<Dataset> {
  const dataset = await reader.dataset(plan.name);
  if (dataset === null) {
    const known = await reader.datasets();
    throw LonghaulError.of('dataset_unknown', { database, table: plan.name, known });
  }
  checkPlan(plan, dataset, database);
  return dataset;
}

/** Calls `work` with the dataset of that name and an open reader. Throws as `keptDataset`, and `database_missing`. */
export async function readDataset<Result>(
  url: string,
  plan: DatasetPlan,
  work: (reader: StoreReader, dataset: Dataset) => Promise<Result>,
): Promise<Result> {
  await using reader = await openReader(url);
  return await work(reader, await keptDataset(reader, plan, databaseName(url)));
}

/** The dataset that an import would go into; there need not be a database, and none is touched. */
export async function plannedDataset(options: ImportOptions): Promise<DatasetOrPlan> {
  const { database, plan } = options;
  await using reader = await openReaderIfThere(database);
  if (reader === null) return newDataset(options);
  const isKept = (await reader.dataset(plan.name)) !== null;
  return isKept ? await keptDataset(reader, plan, databaseName(database)) : newDataset(options);
}
