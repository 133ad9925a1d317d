/** What a run's chunks add up to, and whether that is what was read. */
import { LonghaulError } from '../runtime/errors.ts';
import type { RejectCounts } from '../schema/rejects.ts';
import type { ChunkRef, ChunkSums, SnapshotTotals } from './store.ts';

/** What a run's chunks add up to. */
export interface ChunkTotals {
  readonly chunks: number;
  readonly contentBytes: number;
  readonly records: number;
  readonly blankLines: number;
  readonly superseded: number;
  readonly rows: number;
  readonly rejectedBy: RejectCounts;
  readonly rejected: number;
}

/** Adds up chunks and checks that they tile their content: the first begins at byte 0, each begins where the last ends. */
export function totalOfChunks(chunks: readonly (ChunkRef & ChunkSums)[]): ChunkTotals & { tiled: boolean } {
  const rejectedBy: RejectCounts = {};
  const sum = { contentBytes: 0, records: 0, blankLines: 0, superseded: 0, rows: 0, rejected: 0 };
  let tiled = true;
  for (const [index, chunk] of chunks.entries()) {
    tiled &&= chunk.index === index && chunk.offset === sum.contentBytes;
    sum.contentBytes += chunk.length;
    sum.records += chunk.records;
    sum.blankLines += chunk.blankLines;
    sum.superseded += chunk.superseded;
    sum.rows += chunk.rows;
    for (const [code, number] of Object.entries(chunk.rejected) as [keyof RejectCounts, number][]) {
      rejectedBy[code] = (rejectedBy[code] ?? 0) + number;
      sum.rejected += number;
    }
  }
  return { ...sum, chunks: chunks.length, rejectedBy, tiled };
}

/** The receipt's promise, checked before the commit: what was read, what was staged and what was written are the same. */
export function checkSums(
  run: number,
  totals: SnapshotTotals,
  chunks: ChunkTotals & { tiled: boolean },
  accounted: number,
): void {
  const sums = [
    ['every byte in one chunk', totals.contentBytes, chunks.tiled ? chunks.contentBytes : -1],
    ['chunks', totals.chunks, chunks.chunks],
    ['records', totals.records, chunks.records],
    [
      'inserted + updated + unchanged + superseded + kept + rejected',
      totals.records,
      accounted + chunks.rejected,
    ],
  ] as const;
  const wrong = sums.filter(([, expected, found]) => expected !== found);
  if (wrong.length === 0) return;
  const text = wrong
    .map(([what, expected, found]) => `${what}: ${expected} expected, ${found} found`)
    .join('; ');
  throw LonghaulError.of('sums_do_not_meet', { run, sums: text });
}
