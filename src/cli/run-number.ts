/** A run as it is named on the command line. */
import { LonghaulError } from '../runtime/errors.ts';
import type { StoreReader } from '../store/store.ts';
import type { Given } from './command.ts';

/** `null`: none is given. Throws `bad_option`. */
export function runNumber(given: string | undefined): number | null {
  return given === undefined ? null : neededRun(given);
}

/** As `runNumber`, where one has to be given. */
export function neededRun(given: string): number {
  if (/^[1-9]\d{0,14}$/.test(given)) return Number(given);
  throw LonghaulError.of('bad_option', {
    option: '[run]',
    value: given,
    expected: 'it must be the number of a run',
  });
}

/** The table that --table names, else that of the run, if one is given. Throws `not_found` if that table has no such run. */
export async function tableOfRun(
  reader: StoreReader,
  given: Given,
  run: number | null,
): Promise<string | undefined> {
  const named = given.text('table');
  if (run === null) return named;
  const record = await reader.run(run);
  if (record !== null && (named ?? record.dataset) === record.dataset) return record.dataset;
  throw LonghaulError.of('not_found', {
    what: `there is no run ${run}`,
    hint: '"longhaul show runs" lists them',
  });
}
