import type { Kernel, Struct } from '../kernel/kernel.ts';
import { kernelLayout } from '../kernel/row-layout.ts';
import { LonghaulError } from '../runtime/errors.ts';
import type { RowLayout } from '../schema/packed-rows.ts';
import type { RowStream } from './row-stream.ts';

/** Rows of one source that lie in memory at once; more only where one row is longer. Of many sources less, down to `leastWindowBytes`. */
const windowBytes = 256 * 1024;
const leastWindowBytes = 64 * 1024;
const mostWindowsBytes = 16 * 1024 * 1024;

/** What the windows of a merge of so many sources take. */
export function bytesOfWindows(sources: number): number {
  return sources * bytesOfWindow(sources);
}

function bytesOfWindow(sources: number): number {
  const share = Math.floor(mostWindowsBytes / Math.max(sources, 1));
  // Whole words, as rows are.
  return Math.min(windowBytes, Math.max(leastWindowBytes, share)) & ~3;
}

/** Winners that are told at once, as far as all windows reach. */
const mostWinners = 4096;
/** A `Winner` of `src/kernel/assembly/merge.ts`, and where its fields lie, in words. */
const winnerBytes = 32;
const [lineWord, formerWord, rowWord, outcomeWord, movesWord] = [0, 2, 4, 6, 7] as const;

/** What a winner is to the table, as `src/kernel/assembly/compare.ts` has it. */
export const winnerOutcomes = ['unchanged', 'inserted', 'updated'] as const;
export type WinnerOutcome = (typeof winnerOutcomes)[number];

/** One sorted source of a merge. */
export interface MergedSource {
  /** Rows of a later place in the file win over rows of an earlier one: the index of the (last) chunk. */
  readonly order: number;
  /** Line of the first row's chunk, which its rows count their lines from. */
  readonly line: number;
  readonly stream: RowStream;
  /** Told of the rows that were read into a window; `place` is the word of the source at which `from` lies. */
  readonly onRead?: (words: Uint32Array, from: number, end: number, place: number) => void;
}

interface Window {
  readonly source: MergedSource;
  readonly cursor: Struct<(typeof cursorFields)[number]>;
  at: number;
  bytes: number;
  /** Words of the source that have been read. */
  wordsRead: number;
}

const cursorFields = [
  ...(['prefixLow', 'prefixHigh', 'lineBaseLow', 'lineBaseHigh'] as const),
  ...(['row', 'keyLength', 'end', 'hasMore', 'order', 'padding'] as const),
] as const;

/**
 * Merges sorted sources: lists the last record in file order of each key, in key order (`src/kernel/assembly/merge.ts`). Of each
 * source a window lies in the kernel's memory, so what it takes does not depend on how many rows there are.
 */
export class RowMerge {
  readonly kernel: Kernel;
  /** Where the kernel has the layout of the rows. */
  readonly layoutAt: number;
  /** Where the winners are listed. */
  readonly winnersAt: number;
  readonly #merge;
  readonly #windows = new Map<number, Window>();
  readonly #windowBytes: number;

  constructor(kernel: Kernel, layout: RowLayout, sources: readonly MergedSource[]) {
    this.kernel = kernel;
    this.layoutAt = kernelLayout(kernel, layout);
    this.winnersAt = kernel.reserve(mostWinners * winnerBytes);
    const heap = kernel.reserve(sources.length * 4);
    this.#merge = kernel
      .struct([
        ...(['layout', 'heap', 'heapSize', 'lastRow'] as const),
        ...(['lastKeyLength', 'lastCursor', 'starved', 'superseded'] as const),
      ])
      .set({ layout: this.layoutAt, heap });
    this.#windowBytes = bytesOfWindow(sources.length);
    for (const source of sources) this.#join(source);
  }

  /** Lists some more winners, and forgets those before. @returns how many; 0: there are no more */
  next(): number {
    const { calls } = this.kernel;
    for (;;) {
      const starved = this.#merge.get('starved');
      if (starved !== 0) {
        this.#feed(this.#windows.get(starved)!);
        calls.goOn(this.#merge.at);
      }
      const winners = calls.mergeRows(this.#merge.at, this.winnersAt, mostWinners);
      if (winners > 0 || this.#merge.get('starved') === 0) return winners;
    }
  }

  /** Rows that have lost so far. */
  get superseded(): number {
    return this.#merge.get('superseded');
  }

  /** Where the winner with this index lies, as an index of words, and its line in the file. */
  winnerWord(index: number): number {
    return this.#field(index, rowWord) >> 2;
  }
  winnerLine(index: number): number {
    return this.#field(index, lineWord) + this.#field(index, lineWord + 1) * 2 ** 32;
  }

  /** What it is to the table, once it was compared, and the hash of the row that it takes the place of. */
  outcome(index: number): WinnerOutcome {
    return winnerOutcomes[this.#field(index, outcomeWord)]!;
  }
  /** Whether a value that is counted may be another than that of the row there is. */
  moves(index: number): boolean {
    return this.#field(index, movesWord) !== 0;
  }
  former(index: number): { readonly hashLow: number; readonly hashHigh: number } {
    return { hashLow: this.#field(index, formerWord), hashHigh: this.#field(index, formerWord + 1) };
  }
  setOutcome(index: number, outcome: WinnerOutcome, hashLow: number, hashHigh: number): void {
    const { words } = this.kernel;
    const at = (this.winnersAt + index * winnerBytes) >> 2;
    words[at + outcomeWord] = winnerOutcomes.indexOf(outcome);
    words[at + movesWord] = outcome === 'unchanged' ? 0 : 1;
    words[at + formerWord] = hashLow;
    words[at + formerWord + 1] = hashHigh;
  }

  #field(index: number, word: number): number {
    return this.kernel.words[((this.winnersAt + index * winnerBytes) >> 2) + word]!;
  }

  #join(source: MergedSource): void {
    const { kernel } = this;
    const at = kernel.reserve(this.#windowBytes);
    const { line, order } = source;
    const cursor = kernel.struct(cursorFields).set({
      lineBaseLow: line % 2 ** 32,
      lineBaseHigh: Math.floor(line / 2 ** 32),
      order,
      row: at,
      end: at,
    });
    const window = { source, cursor, at, bytes: this.#windowBytes, wordsRead: 0 };
    this.#windows.set(cursor.at, window);
    this.#merge.set({ starved: cursor.at });
    const hasRow = this.#feed(window);
    this.#merge.set({ starved: 0 });
    if (hasRow) kernel.calls.join(this.#merge.at, cursor.at);
  }

  /** Reads on in the starved cursor's source. @returns whether there is a row */
  #feed(window: Window): boolean {
    const { kernel } = this;
    const { source, cursor } = window;
    for (;;) {
      const held = kernel.calls.moveWindow(this.#merge.at, window.at) >>> 0;
      const from = window.at + held;
      const read = source.stream.read(kernel.bytes.subarray(from, window.at + window.bytes));
      cursor.set({ end: from + read, hasMore: from + read === window.at + window.bytes ? 1 : 0 });
      source.onRead?.(kernel.words, from >> 2, (from + read) >> 2, window.wordsRead);
      window.wordsRead += read >> 2;
      if (kernel.calls.hasRow(this.layoutAt, cursor.at) !== 0) return true;
      if (cursor.get('hasMore') === 0) {
        if (cursor.get('row') !== cursor.get('end')) throw LonghaulError.of('staged_rows_changed', {});
        return false;
      }
      // A row that is longer than the window.
      window.bytes *= 2;
      window.at = kernel.reserve(window.bytes);
    }
  }
}
