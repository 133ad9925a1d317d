import { storyOf, type PublishedVersion } from '../../edit/story.ts';
import type { Dataset } from '../../schema/dataset.ts';
import { valuesByColumn } from '../../schema/json-values.ts';
import { checksumText } from '../../schema/row-hash.ts';
import type { StoredRow, StoreReader } from '../../store/store.ts';
import { type ApiAnswer, type ApiRequest, answer } from '../answer.ts';
import { rowId, storedKeyOf } from '../row-id.ts';
import type { Row, StoryAnswer } from '../wire/rows.ts';
import { cursorOf, readCursor } from './cursor.ts';
import { keyOf, knownDataset, noSuchRow } from './known.ts';

function rowAnswer(dataset: Dataset, stored: StoredRow): Row {
  const { values, run, line, hash } = stored;
  return {
    id: rowId(dataset, stored),
    values: valuesByColumn(dataset, values),
    ...{ run, line, hash: checksumText(hash) },
  };
}

/** One row, with its hash as what tells it from what it was before. */
export function oneRow(dataset: Dataset, stored: StoredRow): ApiAnswer {
  return answer(rowAnswer(dataset, stored), { version: checksumText(stored.hash) });
}

export async function row(reader: StoreReader, { params }: ApiRequest<'row'>): Promise<ApiAnswer> {
  const dataset = await knownDataset(reader, params.dataset);
  const found = await reader.row(dataset, keyOf(dataset, params.key));
  if (found === null) throw noSuchRow(dataset, params.key);
  return oneRow(dataset, found);
}

export async function rows(reader: StoreReader, { params, query }: ApiRequest<'rows'>): Promise<ApiAnswer> {
  const dataset = await knownDataset(reader, params.dataset);
  const after = readCursor(query.after, Math.max(dataset.key.length, 1));
  const found = await reader.rows(dataset, after, query.limit + 1);
  const items = found.slice(0, query.limit);
  const last = items.at(-1);
  const isMore = found.length > items.length && last !== undefined;
  return answer({
    items: items.map((each) => rowAnswer(dataset, each)),
    next: isMore ? cursorOf(storedKeyOf(dataset, last)) : null,
  });
}

export async function story(reader: StoreReader, { params }: ApiRequest<'story'>): Promise<ApiAnswer> {
  const dataset = await knownDataset(reader, params.dataset);
  const found = await storyOf(reader, dataset, keyOf(dataset, params.key));
  if (found === null) throw noSuchRow(dataset, params.key);
  const values = (given: readonly unknown[]): Row['values'] => valuesByColumn(dataset, given);
  const told: StoryAnswer = {
    row: rowAnswer(dataset, found.row),
    origin: found.origin,
    edits: found.edits.map(({ endedBy, covers, withoutIt, ...edit }) => ({
      ...{ edit: edit.edit, state: edit.state, values: values(edit.values) },
      ...{ editedMs: edit.editedMs, endedMs: edit.endedMs, covers: [...covers] },
      withoutIt: { ...withoutIt, values: values(withoutIt.values) },
      endedBy: endedBy satisfies PublishedVersion | null,
    })),
  };
  return answer(told);
}
