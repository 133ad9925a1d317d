import type { RejectCounts } from '../../schema/rejects.ts';
import type { ChunkRef, ChunkSums } from '../store.ts';

/** A chunk of the ledger, and the epoch of its staged rows if it has any. */
export interface LedgerChunk extends ChunkRef, ChunkSums {
  readonly epoch: string | null;
}

export function ledgerChunk(row: Record<string, unknown>): LedgerChunk {
  return {
    index: Number(row['chunk']),
    offset: Number(row['byte_offset']),
    length: Number(row['byte_length']),
    line: Number(row['line']),
    sha256: row['sha256'] as string,
    records: Number(row['records']),
    blankLines: Number(row['blank_lines']),
    superseded: Number(row['superseded']),
    rejected: JSON.parse(row['rejected_by'] as string) as RejectCounts,
    rows: Number(row['rows']),
    epoch: row['epoch'] as string | null,
  };
}
