import type { RejectCounts } from '../schema/rejects.ts';
import type { RunRecord, RunState } from './store.ts';

/** Columns of `_longhaul_runs` that a run record is made of. Checksums need all 64 bits, so they come as text. */
export const runColumns = `run, dataset, source, file, state, publish_number, version, bytes, content_bytes, chunks,
  chunks_taken_over, records, blank_lines, inserted, updated, unchanged, superseded, kept, rejected, removed, rejected_by,
  ignored_columns, started_ms, ended_ms, peak_rss_bytes, table_rows, table_groups,
  CAST(table_checksum AS TEXT) AS table_checksum, failure_code, failure_message`;

export function runRecord(row: Record<string, unknown>): RunRecord {
  // Some engines give BigInt.
  const number = (name: string): number => Number(row[name]);
  const numberOrNull = (name: string): number | null => (row[name] === null ? null : number(name));
  const text = (name: string): string => row[name] as string;
  return {
    run: number('run'),
    dataset: text('dataset'),
    source: text('source'),
    name: text('file'),
    state: text('state') as RunState,
    publishNumber: numberOrNull('publish_number'),
    version: row['version'] as string | null,
    bytes: number('bytes'),
    contentBytes: number('content_bytes'),
    chunks: number('chunks'),
    chunksTakenOver: number('chunks_taken_over'),
    records: number('records'),
    blankLines: number('blank_lines'),
    inserted: number('inserted'),
    updated: number('updated'),
    unchanged: number('unchanged'),
    superseded: number('superseded'),
    kept: number('kept'),
    rejected: number('rejected'),
    removed: number('removed'),
    rejectedBy: JSON.parse(text('rejected_by')) as RejectCounts,
    ignoredColumns: JSON.parse(text('ignored_columns')) as string[],
    startedMs: number('started_ms'),
    endedMs: numberOrNull('ended_ms'),
    peakRssBytes: number('peak_rss_bytes'),
    table:
      row['table_rows'] === null
        ? null
        : {
            rows: number('table_rows'),
            groups: number('table_groups'),
            checksum: BigInt(text('table_checksum')),
          },
    partitions:
      Number(row['partitions'] ?? 0) === 0
        ? null
        : { published: number('partitions_published'), of: number('partitions') },
    failure:
      row['failure_code'] === null ? null : { code: text('failure_code'), message: text('failure_message') },
  };
}
