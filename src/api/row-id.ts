/** What rows are called in addresses: see `row.id` of wire/rows.ts. */
import { type Dataset, storedKey } from '../schema/dataset.ts';
import { rowPlace } from '../store/search.ts';
import type { StoredRow } from '../store/store.ts';

export function rowId(dataset: Dataset, row: StoredRow): string {
  const { key } = rowPlace(dataset, null, row);
  if (dataset.key.length === 1) return key.join('');
  // What another program has stored may hold half a character, which has no encoding.
  return key.map((part) => encodeURIComponent(part.toWellFormed())).join(',');
}

/** @returns null for what no row can be called */
export function keyOfId(dataset: Dataset, id: string): string[] | null {
  if (dataset.key.length === 1) return [id];
  try {
    const parts = id.split(',').map((part) => decodeURIComponent(part));
    if (parts.length !== storedKey(dataset).length) return null;
    return dataset.key.length > 0 || parts.every((part) => /^\d{1,15}$/.test(part)) ? parts : null;
  } catch {
    return null;
  }
}
