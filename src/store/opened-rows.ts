import { Kernel } from '../kernel/kernel.ts';
import type { PackedRows, RowLayout } from '../schema/packed-rows.ts';
import { KeySamples } from './key-samples.ts';
import { RowCursor } from './row-cursor.ts';
import { type MergedSource, RowMerge } from './row-merge.ts';
import { type FileWords, type RowStream, streamOfFile, streamOfMemory } from './row-stream.ts';
import type { StagedChunk } from './store.ts';

/** Sorted rows that can be read more than once: a chunk, or some that were merged. */
export interface RowSource {
  readonly order: number;
  readonly line: number;
  stream(): RowStream;
  /** @param from the first word of a row */
  open(from: number): RowCursor;
}

/** The rows of a run as few sorted sources: to be merged, and then to find single winners again. */
export class OpenedRows {
  readonly layout: RowLayout;
  readonly #sources: readonly RowSource[];
  #samples: readonly KeySamples[] = [];
  /** Rows that have lost on the way, before the merge. */
  readonly superseded: number;

  constructor(layout: RowLayout, sources: readonly RowSource[], superseded: number) {
    this.layout = layout;
    this.#sources = sources;
    this.superseded = superseded;
  }

  /**
   * A merge in the memory of a kernel that is to go on working on its winners.
   *
   * @param findable whether single ones are to be found again, once all are merged
   */
  startMerge(kernel: Kernel, findable = false): RowMerge {
    this.#samples = findable ? this.#sources.map(() => new KeySamples(this.layout)) : [];
    return startMerge(kernel, this.layout, this.#sources, this.#samples);
  }

  /** Calls `winner` once for each key, in key order, with the last record in file order. @returns the number of rows that lost */
  merge(winner: (row: RowCursor) => void): number {
    const merge = this.startMerge(new Kernel(), true);
    forEachWinner(merge, this.layout, winner);
    return this.superseded + merge.superseded;
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

export function startMerge(
  kernel: Kernel,
  layout: RowLayout,
  sources: readonly RowSource[],
  samples: readonly KeySamples[],
): RowMerge {
  const merged = sources.map((source, index): MergedSource => {
    const { order, line } = source;
    const stream = source.stream();
    const onRead = samples[index]?.read.bind(samples[index]);
    return onRead === undefined ? { order, line, stream } : { order, line, stream, onRead };
  });
  return new RowMerge(kernel, layout, merged);
}

/** Calls `winner` for each of a merge. */
export function forEachWinner(merge: RowMerge, layout: RowLayout, winner: (row: RowCursor) => void): void {
  const row = RowCursor.ofWinners(layout);
  for (let winners = merge.next(); winners > 0; winners = merge.next()) {
    for (let index = 0; index < winners; index++) {
      row.standOn(merge, index);
      winner(row);
    }
  }
}

/** Sorted rows that follow each other: of a chunk, or of some that were merged. Can be posted. */
export interface RowRange {
  /** Of the chunk, the last one if there are several: its rows win over those of earlier ones. */
  readonly index: number;
  /** As `RowSource`. */
  readonly line: number;
  readonly rows: Uint32Array | FileWords;
}

/** @param ranges in the order of their chunks @param superseded as `OpenedRows` has it */
export function openRanges(layout: RowLayout, ranges: readonly RowRange[], superseded = 0): OpenedRows {
  return new OpenedRows(
    layout,
    ranges.map((range) => sourceOf(layout, range)),
    superseded,
  );
}

export function sourceOf(layout: RowLayout, { index: order, line, rows }: RowRange): RowSource {
  if (rows instanceof Uint32Array) {
    const packed = { words: rows };
    return {
      ...{ order, line },
      stream: () => streamOfMemory(packed),
      open: (from) => RowCursor.ofMemory(layout, line, packed, from),
    };
  }
  return {
    ...{ order, line },
    stream: () => streamOfFile(rows),
    open: (from) => RowCursor.ofFile(layout, line, rows.path, rows.from + from),
  };
}

/** The rows of chunks that wait in memory, in any order. */
export function openRowsInMemory(
  layout: RowLayout,
  chunks: Iterable<Pick<StagedChunk, 'index' | 'line'> & { readonly packed: Pick<PackedRows, 'words'> }>,
): OpenedRows {
  const ranges = Array.from(chunks, ({ index, line, packed }) => ({ index, line, rows: packed.words }));
  return openRanges(
    layout,
    ranges.sort((a, b) => a.index - b.index),
  );
}
