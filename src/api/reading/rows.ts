import { z } from 'zod';
import { storyOf, type PublishedVersion } from '../../edit/story.ts';
import { LonghaulError } from '../../runtime/errors.ts';
import type { Dataset } from '../../schema/dataset.ts';
import { valuesByColumn } from '../../schema/json-values.ts';
import { checksumText } from '../../schema/row-hash.ts';
import { searchedColumns } from '../../store/search-indexes.ts';
import { isRowPlace, type RowPlace, rowPlace, type SearchingReader } from '../../store/search.ts';
import type { StoredRow, StoreReader } from '../../store/store.ts';
import { type ApiAnswer, type ApiRequest, answer } from '../answer.ts';
import { rowId } from '../row-id.ts';
import type { Row, StoryAnswer } from '../wire/rows.ts';
import { pageAnswer, readCursor } from './cursor.ts';
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

/** Of a list by a column: its value, and the key. */
const rowPlaceForm = z.object({ value: z.string().nullable(), key: z.array(z.string()) });

export async function rows(
  reader: SearchingReader,
  { params, query }: ApiRequest<'rows'>,
): Promise<ApiAnswer> {
  const { q, by: column = null, match, limit } = query;
  const isBackwards = query.order === 'desc';
  const dataset = await knownDataset(reader, params.dataset);
  // By the column that all rows are sorted by anyhow it is the same list.
  const by = column === dataset.key[0] ? null : column;
  const after = readCursor(query.after, rowPlaceForm);
  // Another column is refused by whoever searches.
  const isColumn = by === null || searchedColumns(dataset).includes(by);
  if (after !== null && isColumn && !isRowPlace(dataset, by, after))
    throw LonghaulError.of('cursor_wrong', {});
  const wanted = q === undefined ? null : { kind: match, text: q };
  const found: StoredRow[] = [];
  let place: RowPlace | null = after;
  let bytes = 0;
  let isEnd = false;
  // Rows can be large: those of a page are read in parts, and a page ends where it is large enough.
  while (!isEnd && found.length <= limit && (bytes < mostPageBytes || found.length < 2)) {
    const room = Math.ceil(((mostPageBytes - bytes) * found.length) / bytes);
    const some = found.length === 0 ? firstRows : Math.max(1, Math.min(room, found.length * 2));
    const most = Math.min(limit + 1 - found.length, some);
    const part = await reader.findRows(dataset, { by, match: wanted, after: place, isBackwards }, most);
    isEnd = part.length < most;
    for (const each of part) {
      found.push(each);
      bytes += sizeOf(each);
      place = rowPlace(dataset, by, each);
    }
  }
  return pageAnswer(
    found,
    isEnd ? limit : Math.min(limit, found.length - 1),
    (each) => rowAnswer(dataset, each),
    (last) => rowPlace(dataset, by, last),
  );
}

/** More than any page of rows as they usually are; bytes of memory, about. */
const mostPageBytes = 4 * 1024 * 1024;
/** Then as many as there is room for by their size so far, and never more than twice as many as there are. */
const firstRows = 20;

function sizeOf({ values }: StoredRow): number {
  return values.reduce<number>((sum, value) => sum + (typeof value === 'string' ? value.length : 8), 100);
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
