import { LonghaulError } from '../../runtime/errors.ts';
import type { Dataset } from '../../schema/dataset.ts';
import { checksumText } from '../../schema/row-hash.ts';
import type { StoreReader } from '../../store/store.ts';
import { ifMatchHolds } from '../../http/conditions.ts';
import { noSuchRow } from '../reading/known.ts';

/**
 * The hash that a row must still have for `If-Match` to hold; null: any. The editor compares it again, within its transaction.
 *
 * Throws `edit_outdated`, `row_not_found`.
 */
export async function wantedHash(
  reader: StoreReader,
  dataset: Dataset,
  key: readonly string[],
  header: string | undefined,
): Promise<bigint | null> {
  if (header === undefined || header.trim() === '*') return null;
  const row = await reader.row(dataset, key);
  if (row === null) throw noSuchRow(dataset, key.join(','));
  if (ifMatchHolds(header, checksumText(row.hash))) return row.hash;
  throw LonghaulError.of('edit_outdated', { key: key.join(', ') });
}
