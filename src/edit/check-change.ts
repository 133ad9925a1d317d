import { LonghaulError } from '../runtime/errors.ts';
import { type CanonicalValue, canonicalText } from '../schema/canonical-text.ts';
import { columnType, type Dataset } from '../schema/dataset.ts';

/**
 * Throws unless an edit may hold this: columns that are there and not the key, values that a file could have brought.
 *
 * @returns the change in canonical texts; the empty text in a column that is not text is NULL, as in files
 */
export function checkChange(
  dataset: Dataset,
  change: ReadonlyMap<string, string>,
): Map<string, CanonicalValue> {
  if (dataset.key.length === 0) throw LonghaulError.of('edit_without_key', { table: dataset.name });
  const checked = new Map<string, CanonicalValue>();
  const columns = dataset.columns.map(({ name }) => name);
  for (const [column, value] of change) {
    if (!columns.includes(column)) {
      throw LonghaulError.of('edit_unknown_column', { table: dataset.name, column, columns });
    }
    if (dataset.key.includes(column)) throw LonghaulError.of('edit_of_key', { column });
    const reason = value.includes('\0')
      ? 'it holds a NUL character'
      : value.isWellFormed()
        ? null
        : 'it holds half a character (an unpaired surrogate)';
    if (reason !== null) throw LonghaulError.of('edit_bad_value', { column, reason });
    const type = columnType(dataset, column);
    if (type === 'text') {
      checked.set(column, value);
      continue;
    }
    const text = value === '' ? null : canonicalText(type, value);
    if (text === null && value !== '') {
      throw LonghaulError.of('edit_bad_value', { column, reason: `it is no ${type}` });
    }
    checked.set(column, text);
  }
  return checked;
}
