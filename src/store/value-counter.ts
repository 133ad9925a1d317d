import type { Kernel } from '../kernel/kernel.ts';
import type { RowMerge } from './row-merge.ts';

/** Distinct values that are counted in memory, with their bytes: 50 MiB at most. Beyond it SQLite counts them. */
const maxValues = 1_000_000;
const maxValueBytes = 24 * 2 ** 20;
/** The memory of all counters of a dataset: of many, each gets less. */
const mostBytes = 2 ** 30;

/** Of the kernel's structures: see `src/kernel/assembly/count.ts` and `sort.ts`. */
const headBytes = 12;
const entryBytes = 16;
const sortBytes = 2 * entryBytes + 12;
const sortCounterBytes = 8192;
const firstSlots = 1 << 17;

/** Counts how often each value of a column occurs among winners of a merge, by its bytes, in the kernel's memory. */
export class ValueCounter {
  readonly #kernel: Kernel;
  readonly #counter;

  /**
   * @param column in layout order
   * @param countsEmpty whether a value without bytes is one, and not NULL
   * @param counters how many there will be
   * @param most values that it counts before it gives up
   */
  constructor(kernel: Kernel, column: number, countsEmpty: boolean, counters: number, most = maxValues) {
    this.#kernel = kernel;
    const values = Math.min(most, maxValues);
    const room = Math.floor(mostBytes / counters);
    const arenaBytes = Math.min(maxValueBytes + values * headBytes, Math.floor(room / 2));
    const mostSlots = Math.min(2 ** (33 - Math.clz32(values)), 2 ** (31 - Math.clz32(room / 8)));
    const slots = kernel.reserve(mostSlots * 4);
    const arena = kernel.reserve(arenaBytes);
    this.#counter = kernel
      .struct([
        ...(['column', 'countsEmpty', 'slots', 'slotMask', 'mostSlots', 'mostValues', 'values'] as const),
        ...(['arena', 'end', 'arenaEnd', 'overflowed'] as const),
      ])
      .set({ column, countsEmpty: countsEmpty ? 1 : 0, slots, mostSlots, mostValues: values })
      .set({
        slotMask: Math.min(firstSlots, mostSlots) - 1,
        arena,
        end: arena,
        arenaEnd: arena + arenaBytes,
      });
  }

  count(merge: RowMerge, winners: number): void {
    this.#kernel.calls.countValues(this.#counter.at, merge.layoutAt, merge.winnersAt, winners);
  }

  /** What was counted so far, for another counter; `null` where there were too many values. */
  take(): Uint8Array<ArrayBuffer> | null {
    if (this.overflowed) return null;
    return this.#kernel.bytes.slice(this.#counter.get('arena'), this.#counter.get('end'));
  }

  /** Adds what another counter of the same column has counted of other rows. */
  add(taken: Uint8Array | null): void {
    if (taken === null) {
      this.#counter.set({ overflowed: 1 });
      return;
    }
    const from = this.#kernel.reserve(taken.length);
    this.#kernel.bytes.set(taken, from);
    this.#kernel.calls.addCounted(this.#counter.at, from, from + taken.length);
  }

  /** Whether there were too many values to count; then there are no numbers. */
  get overflowed(): boolean {
    return this.#counter.get('overflowed') !== 0;
  }

  /** Puts the values into the order of their bytes. No more can be counted then. @returns where they are listed, and how many */
  sort(): { readonly entries: number; readonly count: number } {
    const count = this.#counter.get('values');
    const entries = this.#kernel.reserve(count * sortBytes + sortCounterBytes);
    this.#kernel.calls.sortValues(this.#counter.at, entries);
    return { entries, count };
  }

  /** Calls `visit` for the listed value with this index. */
  visit(entries: number, index: number, visit: VisitValue): void {
    const { words, bytes } = this.#kernel;
    const entry = (entries + index * entryBytes) >> 2;
    const start = words[entry + 2]!;
    visit(bytes, start, words[entry + 3]!, words[(start - headBytes + 4) >> 2]!);
  }
}

export type VisitValue = (bytes: Uint8Array, start: number, length: number, number: number) => void;
