/** The dataset that a command is about: as it is kept already, or as a person describes a new one. */
import { LonghaulError } from '../runtime/errors.ts';
import {
  type DatasetOrPlan,
  type DatasetPlan,
  knownColumns,
  planConflict,
  planDataset,
} from '../schema/dataset-plan.ts';
import type { Dataset } from '../schema/dataset.ts';

/** The dataset that a plan describes. Throws `dataset_impossible`. */
export function datasetOf(plan: DatasetPlan, columns: readonly string[]): Dataset {
  const dataset = planDataset(plan, columns);
  if (typeof dataset !== 'string') return dataset;
  throw LonghaulError.of('dataset_impossible', { table: plan.name, problem: dataset });
}

/** A plan that needs no file to be complete as a dataset, any other as it is. Throws `dataset_impossible`. */
export function completed(plan: DatasetPlan): DatasetOrPlan {
  const columns = knownColumns(plan);
  return columns === null ? plan : datasetOf(plan, columns);
}

/** Throws `dataset_conflict` if a person says of a dataset what it is not. */
export function checkPlan(plan: DatasetPlan, dataset: Dataset, database: string): void {
  const conflict = planConflict(plan, dataset);
  if (conflict !== null) {
    throw LonghaulError.of('dataset_conflict', { database, table: dataset.name, conflict });
  }
}
