import type { SnapshotTotals, StagedChunk } from './store.ts';

/** Of a run that will not be published. */
export interface EndedAccount {
  /** `null`: it was not read to its end. */
  readonly totals: SnapshotTotals | null;
  /** Chunks that the ledger does not have yet. */
  readonly inMemory: Iterable<StagedChunk>;
  readonly endedMs: number;
}
