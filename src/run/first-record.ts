import type { Dialect } from '../csv/dialect.ts';
import { LonghaulError } from '../runtime/errors.ts';
import type { ColumnMapping } from '../schema/columns.ts';
import { type DatasetOrPlan, isDataset } from '../schema/dataset-plan.ts';
import type { ReadEvent } from './chunk-reader.ts';
import { checkHeader, type FittedFile, firstLine, refuseOtherFormats } from './header-check.ts';

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
  const isOne = beginning.length === 1;
  const bytes = isOne ? first.bytes : Buffer.concat(beginning.map((event) => event.bytes));
  refuseOtherFormats(firstLine(bytes), file);
  return { dataset, mapping };
}
