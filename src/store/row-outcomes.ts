/** What becomes of the winners of a run, one of these each. */
export const outcomes = ['inserted', 'updated', 'unchanged', 'kept'] as const;
export type RowOutcome = (typeof outcomes)[number];

export type OutcomeSums = Record<RowOutcome, number>;

export interface AppliedSums extends Readonly<OutcomeSums> {
  /** Rows that lost to a later one of another chunk. */
  readonly superseded: number;
  /** Rows that gave way to those of a new version of their file; of datasets without a key only. */
  readonly removed: number;
  /** Of the whole table, afterwards. */
  readonly checksum: bigint;
}

export function noOutcomes(): OutcomeSums {
  return { inserted: 0, updated: 0, unchanged: 0, kept: 0 };
}

export interface ComparedSums extends Readonly<OutcomeSums> {
  /** Rows that lost to a later one of another chunk. */
  readonly superseded: number;
}
