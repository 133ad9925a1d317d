import type { Kernel } from '../../../kernel/kernel.ts';
import type { RowMerge } from '../../row-merge.ts';
import type { PageFile } from './page-file.ts';
import { TreePage } from './tree-page.ts';

/** Pages that are filled before they are written with one call. */
const blockBytes = 1024 * 1024;
/** What a cell takes besides the part of its record that lies in the page: its length, and a pointer to the rest. */
const cellOverheadBytes = 16;
/** Where a page without cells ends that has no room for one either: after its header. */
const noRoom = 8;

/** Told of each leaf page that is written, and of the cell between it and the next one. */
export interface LeafSink {
  leaf(page: number, divider: Uint8Array): void;
  /** Of leaves that follow others: told first of the cell between those and these, their own first one. */
  readonly follows?: (divider: Uint8Array) => void;
}

/** The last pages of the leaves: one full page, if there is one, and the one after it, which is empty if the rows ended with the divider. */
export interface LastLeaves {
  held: TreePage | null;
  divider: Uint8Array;
  current: TreePage;
}

/** The leaf pages of a tree, filled by the kernel (`src/kernel/assembly/leaves.ts`) and written many at once. */
export class LeafPages {
  readonly #kernel: Kernel;
  readonly #file: PageFile;
  readonly #sink: LeafSink;
  readonly #leaves;
  readonly #capacity: number;
  readonly #pagesAt: number;
  readonly #dividersAt: number;
  readonly #dividerBytes: number;
  /** Whether the first page is none: it has no room, so that the first cell becomes the divider after it. */
  #beginsWithDivider: boolean;

  /**
   * @param maxLocal longest record that lies in its page whole
   * @param spare bytes that stay free in each page, far less than it has room for
   */
  constructor(kernel: Kernel, file: PageFile, maxLocal: number, spare: number, sink: LeafSink) {
    const { pageSize } = file;
    this.#kernel = kernel;
    this.#file = file;
    this.#sink = sink;
    this.#capacity = blockBytes / pageSize;
    this.#pagesAt = kernel.reserve((this.#capacity + 1) * pageSize);
    this.#dividerBytes = (maxLocal + cellOverheadBytes + 3) & ~3;
    this.#dividersAt = kernel.reserve((this.#capacity + 1) * this.#dividerBytes);
    this.#leaves = kernel
      .struct([
        ...(['checksumLow', 'checksumHigh', 'pageSize', 'maxLocal', 'pages', 'capacity', 'full'] as const),
        ...(['dividers', 'dividerBytes', 'cells', 'contentStart', 'spare'] as const),
      ])
      .set({ pageSize, maxLocal, pages: this.#pagesAt, capacity: this.#capacity })
      .set({ dividers: this.#dividersAt, dividerBytes: this.#dividerBytes, spare });
    kernel.calls.beginPage(this.#leaves.at);
    this.#beginsWithDivider = sink.follows !== undefined;
    if (this.#beginsWithDivider) this.#leaves.set({ contentStart: noRoom });
  }

  /** The sum of the hashes of all rows that `addRows` has added, modulo 2^64. */
  get checksum(): bigint {
    return (BigInt(this.#leaves.get('checksumHigh')) << 32n) | BigInt(this.#leaves.get('checksumLow'));
  }

  /** Adds a cell that lies in the kernel's memory. */
  addCell(at: number, bytes: number): void {
    this.#kernel.calls.addCell(this.#leaves.at, at, bytes);
    this.#flushIfFull();
  }

  /**
   * Adds the winners of a merge from one index to another, of which all columns are text. `origin` is the kernel's.
   *
   * @param addLong adds the winner with this index, whose record is too long to lie in its page whole
   */
  addRows(origin: number, merge: RowMerge, from: number, to: number, addLong: (index: number) => void): void {
    const { calls } = this.#kernel;
    this.#addAll(from, to, addLong, (next) =>
      calls.addRows(this.#leaves.at, origin, merge.winnersAt, next, to),
    );
  }

  /** Adds counted texts, which lie in the kernel's memory as entries. @param addLong as in `addRows` */
  addCounts(entries: number, count: number, addLong: (index: number) => void): void {
    const { calls } = this.#kernel;
    this.#addAll(0, count, addLong, (from) => calls.addCounts(this.#leaves.at, entries, from, count));
  }

  #addAll(
    from: number,
    to: number,
    addLong: (index: number) => void,
    addFrom: (from: number) => number,
  ): void {
    for (let added = addFrom(from); added < to || this.#isFull(); added = addFrom(added)) {
      if (this.#isFull()) this.#flush(this.#capacity - 1);
      else addLong(added++);
    }
  }

  /** Writes all but the last pages, which may have to be balanced. */
  finish(): LastLeaves {
    if (this.#tellFirstDivider() && this.#leaves.get('cells') === 0 && this.#leaves.get('full') === 0)
      throw new Error('leaves that follow others have one row only');
    const full = this.#leaves.get('full');
    const held = this.#leaves.get('cells') === 0 && full > 0;
    this.#flush(held ? full - 1 : full);
    this.#kernel.calls.sealPage(this.#leaves.at);
    return {
      held: held ? TreePage.ofSealed(this.#pageBytes(0)) : null,
      divider: held ? this.#divider(0).slice() : new Uint8Array(0),
      current: TreePage.ofSealed(this.#pageBytes(held ? 1 : 0)),
    };
  }

  #isFull(): boolean {
    return this.#leaves.get('full') === this.#capacity;
  }

  #flushIfFull(): void {
    if (this.#isFull()) this.#flush(this.#capacity - 1);
  }

  /** Writes the first full pages. */
  #flush(pages: number): void {
    if (this.#tellFirstDivider()) return;
    const { bytes } = this.#kernel;
    const { pageSize } = this.#file;
    const numbers = this.#file.appendAll(bytes.subarray(this.#pagesAt, this.#pagesAt + pages * pageSize));
    for (const [index, number] of numbers.entries()) this.#sink.leaf(number, this.#divider(index));
    this.#drop(pages);
  }

  /** @returns whether the first page was dropped, which is none */
  #tellFirstDivider(): boolean {
    if (!this.#beginsWithDivider) return false;
    if (this.#leaves.get('full') === 0) throw new Error('leaves that follow others have no row');
    this.#beginsWithDivider = false;
    this.#sink.follows?.(this.#divider(0));
    this.#drop(1);
    return true;
  }

  /** Moves the pages after the first ones to the beginning, the one that is being filled as well. */
  #drop(pages: number): void {
    const { bytes } = this.#kernel;
    const { pageSize } = this.#file;
    const full = this.#leaves.get('full');
    bytes.copyWithin(this.#pagesAt, this.#pagesAt + pages * pageSize, this.#pagesAt + (full + 1) * pageSize);
    const dividersEnd = this.#dividersAt + full * this.#dividerBytes;
    bytes.copyWithin(this.#dividersAt, this.#dividersAt + pages * this.#dividerBytes, dividersEnd);
    this.#leaves.set({ full: full - pages });
  }

  #divider(index: number): Uint8Array {
    const at = this.#dividersAt + index * this.#dividerBytes;
    return this.#kernel.bytes.subarray(at + 4, at + 4 + this.#kernel.words[at >> 2]!);
  }

  #pageBytes(index: number): Uint8Array<ArrayBuffer> {
    const at = this.#pagesAt + index * this.#file.pageSize;
    return this.#kernel.bytes.slice(at, at + this.#file.pageSize);
  }
}
