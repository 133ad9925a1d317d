import { LonghaulError } from '../../runtime/errors.ts';
import { columnType, type Dataset } from '../../schema/dataset.ts';
import { jsonValue } from '../../schema/json-values.ts';
import { isCountPlace, type SearchingReader } from '../../store/search.ts';
import { z } from 'zod';
import { type ApiAnswer, type ApiRequest, answer } from '../answer.ts';
import type { Count, Distribution } from '../wire/counts.ts';
import { pageAnswer, readCursor } from './cursor.ts';
import { knownDataset } from './known.ts';

const countPlace = z.object({ value: z.string(), number: z.number() });

export async function counts(
  reader: SearchingReader,
  { params, query }: ApiRequest<'counts'>,
): Promise<ApiAnswer> {
  const { q, match, sort, number = null, limit } = query;
  const isBackwards = query.order === 'desc';
  const dataset = await knownDataset(reader, params.dataset);
  const by = countedColumn(dataset, query.by);
  const after = readCursor(query.after, countPlace);
  if (after !== null && !isCountPlace(dataset, by, after)) throw LonghaulError.of('cursor_wrong', {});
  const found = await reader.findCounts(
    dataset,
    { by, order: sort, match: q === undefined ? null : { kind: match, text: q }, number, after, isBackwards },
    limit + 1,
  );
  const type = columnType(dataset, by);
  const shown = (count: (typeof found)[number]): Count => ({
    value: jsonValue(type, count.value),
    number: count.number,
  });
  return pageAnswer(found, limit, shown, (last) => last);
}

export async function distribution(
  reader: SearchingReader,
  { params, query }: ApiRequest<'distribution'>,
): Promise<ApiAnswer> {
  const dataset = await knownDataset(reader, params.dataset);
  const by = countedColumn(dataset, query.by);
  const told: Distribution = { by, buckets: [...(await reader.distribution(dataset, by))] };
  return answer(told);
}

/** The first one unless told. Throws `not_counted`. */
function countedColumn(dataset: Dataset, by: string | undefined): string {
  const column = by ?? dataset.counts[0]?.column;
  if (column !== undefined && dataset.counts.some((count) => count.column === column)) return column;
  const known = dataset.counts.map((count) => count.column);
  throw LonghaulError.of('not_counted', { table: dataset.name, column: column ?? 'any column', known });
}
