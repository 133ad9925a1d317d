/** What a request names has to be there. */
import { LonghaulError } from '../../runtime/errors.ts';
import type { Dataset } from '../../schema/dataset.ts';
import type { RunRecord, StoreReader } from '../../store/store.ts';
import { keyOfId } from '../row-id.ts';

/** Throws `not_found`. */
export async function knownDataset(reader: StoreReader, name: string): Promise<Dataset> {
  const dataset = await reader.dataset(name);
  if (dataset !== null) return dataset;
  throw LonghaulError.of('not_found', {
    what: `there is no dataset "${name}"`,
    hint: '/api/datasets lists those that there are; names are compared to the letter',
  });
}

/** Throws `not_found`. */
export async function knownRun(reader: StoreReader, run: number): Promise<RunRecord> {
  const record = await reader.run(run);
  if (record !== null) return record;
  throw LonghaulError.of('not_found', { what: `there is no run ${run}`, hint: '/api/runs lists them' });
}

/** The key of the row that an address names. Throws `row_not_found` where none can be called so. */
export function keyOf(dataset: Dataset, id: string): string[] {
  const key = keyOfId(dataset, id);
  if (key === null) throw noSuchRow(dataset, id);
  return key;
}

export function noSuchRow(dataset: Dataset, id: string): LonghaulError {
  return LonghaulError.of('row_not_found', { database: 'the database', table: dataset.name, key: id });
}
