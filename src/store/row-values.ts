import { type CanonicalValue, isCanonicalValue } from '../schema/canonical-text.ts';
import type { Dataset } from '../schema/dataset.ts';
import type { StoredRow } from './store.ts';

/** A row's values, if they are such as its columns can have. */
export function canonicalValues(dataset: Dataset, row: StoredRow): CanonicalValue[] {
  return dataset.columns.map(({ name, type }, column) => {
    const value = row.values[column];
    if (!isCanonicalValue(type, value))
      throw new TypeError(`a row holds a ${typeof value} in the column ${name}`);
    return value;
  });
}
