import { LF } from '../csv/bytes.ts';
import type { Dialect } from '../csv/dialect.ts';
import { LonghaulError } from '../runtime/errors.ts';
import type { ColumnMapping } from '../schema/columns.ts';
import { type DatasetOrPlan, isDataset } from '../schema/dataset-plan.ts';
import type { ReadChunk, ReadEvent } from './chunk-reader.ts';
import { checkHeader, type FittedFile, readHeader, refuseOtherFormats } from './header-check.ts';

export interface FirstRecordSettings {
  readonly dataset: DatasetOrPlan;
  readonly dialect: Dialect;
  /** Which fields fill which columns where no header says so; not given where one does. */
  readonly mapping?: ColumnMapping | null;
}

/** By the header; without one the settings say, and the file has to look like CSV. */
export function fitFile(
  first: ReadEvent | undefined,
  { dataset, dialect, mapping }: FirstRecordSettings,
  file: string,
): FittedFile {
  if (first === undefined) throw LonghaulError.of('file_empty', { file });
  if (first.kind === 'header') return checkHeader(first.bytes, dialect, dataset, file);
  if (dialect.header) throw LonghaulError.of('file_empty', { file });
  if (!mapping || !isDataset(dataset)) throw new TypeError('a dialect without header needs a mapping');
  checkHeadless(first, file);
  return { dataset, mapping };
}

/** Of a file without header: throws if it holds nothing, or begins like something else than a CSV. */
function checkHeadless(first: ReadChunk, file: string): void {
  const lineEnd = first.bytes.indexOf(LF);
  refuseOtherFormats(lineEnd === -1 ? first.bytes : first.bytes.subarray(0, lineEnd), file);
  if (first.cut.records === 0 && first.cut.kind === 'records') throw LonghaulError.of('file_empty', { file });
}

/** The header's names, `null` in a dialect without one. Throws as `fitFile` does, but whatever the columns are. */
export function readFirstRecord(
  first: ReadEvent | undefined,
  dialect: Dialect,
  file: string,
): readonly string[] | null {
  if (first?.kind === 'header') return readHeader(first.bytes, dialect, file);
  if (first === undefined || dialect.header) throw LonghaulError.of('file_empty', { file });
  checkHeadless(first, file);
  return null;
}
