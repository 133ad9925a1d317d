import { KeySamples } from './key-samples.ts';
import { MergedRows, mergeRows } from './merge-rows.ts';
import type { RowLayout } from '../schema/packed-rows.ts';
import { RowCursor } from './row-cursor.ts';
import type { StagedChunk } from './store.ts';

/** Sorted rows that can be read more than once: a chunk, or some that were merged. */
export interface RowSource {
  readonly order: number;
  readonly line: number;
  /** @param from the first word of a row */
  open(from?: number): RowCursor;
}

/** The rows of chunks that wait in memory, in any order. */
export function openRowsInMemory(
  layout: RowLayout,
  chunks: Iterable<Pick<StagedChunk, 'index' | 'line' | 'packed'>>,
): OpenedRows {
  const sources = Array.from(chunks, ({ index, line, packed }) => ({
    order: index,
    line,
    open: (from?: number) => RowCursor.ofMemory(layout, index, line, packed, from),
  }));
  return new OpenedRows(
    sources.sort((a, b) => a.order - b.order),
    0,
  );
}

/** The rows of a run as few sorted sources: to be merged, and then to find single winners again. */
export class OpenedRows {
  readonly #sources: readonly RowSource[];
  #samples: readonly KeySamples[] = [];
  /** Rows that have lost on the way, before the merge. */
  readonly superseded: number;

  constructor(sources: readonly RowSource[], superseded: number) {
    this.#sources = sources;
    this.superseded = superseded;
  }

  /** Calls `winner` as `mergeRows` does. @returns the number of rows that lost, those on the way counted */
  merge(winner: (row: RowCursor) => void): number {
    return this.superseded + mergeRows(this.#open(), winner);
  }

  /** As `merge`, row by row. Those that lost on the way are not counted by what it gives. */
  merged(): MergedRows {
    return new MergedRows(this.#open());
  }

  #open(): RowCursor[] {
    this.#samples = this.#sources.map(() => new KeySamples());
    return openAll(this.#sources).map((cursor, index) => cursor.sampleKeys(this.#samples[index]!));
  }

  /** The winner of a key, once all are merged; `null` when the run has no record of it. */
  find(key: Uint8Array): RowCursor | null {
    for (let index = this.#sources.length - 1; index >= 0; index--) {
      const place = this.#samples[index]?.placeBefore(key) ?? null;
      if (place === null) continue;
      using cursor = this.#sources[index]!.open(place);
      while (cursor.next()) {
        const difference = cursor.compareKeyBytes(key);
        if (difference === 0) return cursor.copyOfRow();
        if (difference > 0) break;
      }
    }
    return null;
  }
}

/** All or none: if one cannot be opened, those that could are closed again. */
export function openAll(sources: readonly { open(): RowCursor }[]): RowCursor[] {
  using opened = new DisposableStack();
  const cursors = sources.map((source) => opened.use(source.open()));
  opened.move();
  return cursors;
}
