/** What of a search cannot be answered, and why. */
import { LonghaulError } from '../runtime/errors.ts';
import { columnType, type CountTable, type Dataset } from '../schema/dataset.ts';
import type { CountSearch, RowSearch, ValueMatch } from './search.ts';
import { searchedColumns } from './search-indexes.ts';

/** Throws `not_searchable`. @returns the search; by the first column of the key it is one by key */
export function checkRowSearch(dataset: Dataset, search: RowSearch): RowSearch {
  const { by, match } = search;
  const known = searchedColumns(dataset);
  if (by !== null && !known.includes(by))
    throw notSearchable(dataset, by, 'it is neither counted nor of the key');
  const column = by ?? dataset.key[0];
  if (column !== undefined) checkMatch(dataset, column, match);
  else if (match !== null) throw notSearchable(dataset, '', 'it has no key');
  return by !== null && by === dataset.key[0] ? { ...search, by: null } : search;
}

/** Throws `not_counted` and `not_searchable`. */
export function checkCountSearch(dataset: Dataset, { by, match }: CountSearch): CountTable {
  const count = countTable(dataset, by);
  checkMatch(dataset, by, match);
  return count;
}

/** Throws `not_counted`. */
export function countTable(dataset: Dataset, column: string): CountTable {
  const count = dataset.counts.find((candidate) => candidate.column === column);
  if (count !== undefined) return count;
  const known = dataset.counts.map((candidate) => candidate.column);
  throw LonghaulError.of('not_counted', { table: dataset.name, column, known });
}

function checkMatch(dataset: Dataset, column: string, match: ValueMatch | null): void {
  const type = columnType(dataset, column);
  if (match?.kind !== 'prefix' || match.text === '' || type === 'text') return;
  throw notSearchable(dataset, column, `it is ${type}, and only text can begin with something`);
}

function notSearchable(dataset: Dataset, column: string, reason: string): LonghaulError {
  return LonghaulError.of('not_searchable', {
    table: dataset.name,
    column,
    reason,
    known: searchedColumns(dataset),
  });
}
