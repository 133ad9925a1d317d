import type { RejectCode } from '../schema/rejects.ts';
import type { StoredReject } from './store.ts';

/** Columns of `_longhaul_rejects` that a stored reject is made of. */
export const rejectColumns =
  'r.run, r.code, r.line, r.byte_offset, r.byte_length, r.raw, r.column_name, r.value';

export function storedReject(row: Record<string, unknown>): StoredReject {
  return {
    // Some engines give BigInt.
    run: Number(row['run']),
    code: row['code'] as RejectCode,
    line: Number(row['line']),
    byteOffset: Number(row['byte_offset']),
    byteLength: Number(row['byte_length']),
    raw: new Uint8Array(row['raw'] as Uint8Array),
    column: row['column_name'] as string | null,
    value: row['value'] as string | null,
  };
}
