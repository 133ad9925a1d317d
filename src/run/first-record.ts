import type { Dialect } from '../csv/dialect.ts';
import { LonghaulError } from '../runtime/errors.ts';
import type { ColumnMapping } from '../schema/columns.ts';
import { type DatasetOrPlan, isDataset } from '../schema/dataset-plan.ts';
import type { ReadEvent } from './chunk-reader.ts';
import { checkHeader, type FittedFile, firstLine, readHeader, refuseOtherFormats } from './header-check.ts';

export interface FirstRecordSettings {
  readonly dataset: DatasetOrPlan;
  readonly dialect: Dialect;
  /** Which fields fill which columns where no header says so; not given where one does. */
  readonly mapping?: ColumnMapping | null;
}

/** The first events, up to the header or to the first record. Without one: all, of a file that is empty. */
export async function readBeginning(events: AsyncGenerator<ReadEvent>): Promise<ReadEvent[]> {
  const beginning: ReadEvent[] = [];
  for (;;) {
    const next = await events.next();
    if (next.done === true) return beginning;
    const event = next.value;
    beginning.push(event);
    // A byte order mark before a record that is too long is a chunk without records.
    if (event.kind === 'header' || event.cut.records > 0) return beginning;
  }
}

/** By the header; without one the settings say, and the file has to look like CSV. */
export function fitFile(
  beginning: readonly ReadEvent[],
  { dataset, dialect, mapping }: FirstRecordSettings,
  file: string,
): FittedFile {
  const first = beginning.at(-1);
  if (first === undefined) throw LonghaulError.of('file_empty', { file });
  if (first.kind === 'header') return checkHeader(first.bytes, dialect, dataset, file);
  if (dialect.header || first.cut.records === 0) throw LonghaulError.of('file_empty', { file });
  if (!mapping || !isDataset(dataset)) throw new TypeError('a dialect without header needs a mapping');
  checkHeadless(beginning, file);
  return { dataset, mapping };
}

/** The header's names, `null` in a dialect without one. Throws as `fitFile` does, but whatever the columns are. */
export function readFirstRecord(
  beginning: readonly ReadEvent[],
  dialect: Dialect,
  file: string,
): readonly string[] | null {
  const first = beginning.at(-1);
  if (first?.kind === 'header') return readHeader(first.bytes, dialect, file);
  if (first === undefined || dialect.header || first.cut.records === 0)
    throw LonghaulError.of('file_empty', { file });
  checkHeadless(beginning, file);
  return null;
}

/** Of a file without header: throws if it begins like something else than a CSV. */
function checkHeadless(beginning: readonly ReadEvent[], file: string): void {
  const bytes = beginning.map((event) => event.bytes);
  const [only] = bytes;
  refuseOtherFormats(firstLine(bytes.length === 1 && only !== undefined ? only : Buffer.concat(bytes)), file);
}
