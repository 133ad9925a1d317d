import { LonghaulError } from '../runtime/errors.ts';
import type { Dataset } from '../schema/dataset.ts';

/** Throws unless an edit may hold this: columns that are there and not the key, values that a file could have brought. */
export function checkChange(dataset: Dataset, change: ReadonlyMap<string, string>): void {
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
  }
}
