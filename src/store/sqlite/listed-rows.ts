import type { Kernel, Struct } from '../../kernel/kernel.ts';
import { type Dataset, layoutColumns } from '../../schema/dataset.ts';
import type { RowCursor } from '../row-cursor.ts';
import type { RowMerge } from '../row-merge.ts';

/** The rows that a table has, for winners of a merge to be compared with. */
export interface ExistingRows {
  /**
   * Gives the winners with the indexes `from` to `to` their outcome. Must be asked for all winners in ascending order, each
   * once at most. `row` is to stand on any of them.
   */
  compare(merge: RowMerge, row: RowCursor, from: number, to: number): void;
  /** Rows before the last winner that no winner has met; `null`: nobody has counted. */
  readonly passed: number | null;
}

/** The rows of a table, in key order, some at a time. */
export interface RowLister {
  /** Whether there are rows that are not listed yet. */
  readonly hasMore: boolean;
  /** Lists some more in `rows`, if there are more: as many as there is room for, or fewer. */
  list(kernel: Kernel, rows: RowList): void;
}

/** A `RowList` of `src/kernel/assembly/existing.ts`. */
export type RowList = Struct<'rows' | 'capacity' | 'count'>;

/** Rows that are listed at once, and the bytes of one: an `Existing`. */
const mostRows = 8192;
const existingBytes = 40;

/** Of a table without rows all winners are inserted. */
export const noRows: RowLister = { hasMore: false, list: () => undefined };

const comparisonFields = [
  ...(['layout', 'next', 'end', 'hasMore', 'passed'] as const),
  ...(['counted', 'countedColumns', 'areTexts'] as const),
] as const;

interface StartedComparison {
  /** A `Comparison` of `src/kernel/assembly/compare.ts`. */
  readonly comparison: Struct<(typeof comparisonFields)[number]>;
  readonly rows: RowList;
}

/** The rows that a lister lists, compared by the kernel. */
export class ListedRows implements ExistingRows {
  readonly #dataset: Dataset;
  readonly #lister: RowLister;
  #started: StartedComparison | null = null;

  constructor(dataset: Dataset, lister: RowLister) {
    this.#dataset = dataset;
    this.#lister = lister;
  }

  get passed(): number {
    return this.#started?.comparison.get('passed') ?? 0;
  }

  compare(merge: RowMerge, _row: RowCursor, from: number, to: number): void {
    const { kernel } = merge;
    const { comparison, rows } = (this.#started ??= this.#start(merge));
    for (let at = from; ; ) {
      at = kernel.calls.compareRows(comparison.at, merge.winnersAt, at, to);
      if (at === to) return;
      rows.set({ count: 0 });
      this.#lister.list(kernel, rows);
      const next = rows.get('rows');
      const end = next + rows.get('count') * existingBytes;
      comparison.set({ next, end, hasMore: this.#lister.hasMore ? 1 : 0 });
    }
  }

  #start({ kernel, layoutAt: layout }: RowMerge): StartedComparison {
    const columns = layoutColumns(this.#dataset);
    const counted = this.#dataset.counts.map((count) =>
      columns.findIndex(({ name }) => name === count.column),
    );
    const areTexts = counted.every((column) => columns[column]!.type === 'text');
    const countedAt = kernel.reserve(counted.length * 4);
    kernel.words.set(counted, countedAt >> 2);
    const comparison = kernel
      .struct(comparisonFields)
      .set({ layout, hasMore: this.#lister.hasMore ? 1 : 0 })
      .set({ counted: countedAt, countedColumns: counted.length, areTexts: areTexts ? 1 : 0 });
    const rows = kernel
      .struct(['rows', 'capacity', 'count'])
      .set({ rows: kernel.reserve(mostRows * existingBytes), capacity: mostRows });
    return { comparison, rows };
  }
}
