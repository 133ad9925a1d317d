import type { Kernel } from '../../../kernel/kernel.ts';
import { overflowPointerBytes, RecordPlaces } from '../record-places.ts';
import { LeafPages, type LeafSink } from './leaf-pages.ts';
import { putVarint, varintBytes } from './record.ts';
import type { PageFile } from './page-file.ts';
import { balanceLast, UpperLevels } from './upper-levels.ts';

/** Where a record begins in the room for it: before it there is place for its length. */
export const recordAt = 9;

/**
 * Builds an index B-tree from its leaves up, out of records in key order: each page is written once, full, and in the
 * order of the file. Unlike in a table B-tree the rows between two leaves lie in the pages above them.
 *
 * Or builds leaves only, which somebody else puts into a tree with others.
 */
export class TreeBuilder {
  /** The pages of level 0, for whoever can add many records at once. */
  readonly leaves: LeafPages;
  readonly #file: PageFile;
  readonly #kernel: Kernel;
  readonly #places: RecordPlaces;
  readonly #above: UpperLevels | null;
  readonly #sink: LeafSink;
  #cell = new Uint8Array(4096);
  /** Room for one cell in the kernel's memory. */
  readonly #cellAt: number;

  /** @param options `spare`: bytes that stay free in each leaf; `sink`: whoever puts the leaves into a tree, without it they get one of their own */
  constructor(
    file: PageFile,
    kernel: Kernel,
    { spare = 0, sink }: { spare?: number; sink?: LeafSink | undefined } = {},
  ) {
    this.#file = file;
    this.#kernel = kernel;
    this.#places = new RecordPlaces(file.pageSize);
    const { maxLocal } = this.#places;
    this.#cellAt = kernel.reserve(recordAt + maxLocal + overflowPointerBytes);
    const above = sink === undefined ? new UpperLevels(file) : null;
    this.#above = above;
    this.#sink = sink ?? { leaf: (page, divider) => above?.add(page, divider) };
    this.leaves = new LeafPages(kernel, file, maxLocal, spare, this.#sink);
  }

  /** Room for a record of `bytes`, which begins at `recordAt`: fill it, then call `add`. */
  room(bytes: number): Uint8Array {
    if (this.#cell.length < recordAt + bytes + overflowPointerBytes) {
      this.#cell = new Uint8Array((recordAt + bytes) * 2);
    }
    return this.#cell;
  }

  /** Adds the record of `length` bytes that lies in `room`; its key is greater than all before. */
  add(length: number): void {
    const cell = this.#cell;
    const start = recordAt - varintBytes(length);
    putVarint(cell, start, length);
    let end = recordAt + length;
    if (length > this.#places.maxLocal) {
      const local = recordAt + this.#places.localBytes(length);
      new DataView(cell.buffer).setUint32(local, this.#appendOverflow(cell.slice(local, end)));
      end = local + overflowPointerBytes;
    }
    this.#kernel.bytes.set(cell.subarray(start, end), this.#cellAt);
    this.leaves.addCell(this.#cellAt, end - start);
  }

  /** Writes all leaves but the last one. @returns that one, complete */
  finishLeaves(): Uint8Array {
    const last = this.leaves.finish();
    balanceLast(last);
    if (last.held !== null) this.#sink.leaf(this.#file.append(last.held.seal()), last.divider);
    return last.current.seal();
  }

  /** Writes what is still in memory; the tree's top goes to the page `root`, which is there already. */
  finish(root: number): void {
    if (this.#above === null) throw new Error('these leaves belong to another tree');
    this.#above.finish(this.finishLeaves(), root);
  }

  /** Writes what does not fit into a page as a chain of pages. @returns the number of the first */
  #appendOverflow(rest: Uint8Array): number {
    const content = this.#file.pageSize - 4;
    // Each page names the next one, so the last one is written first.
    const page = new Uint8Array(this.#file.pageSize);
    const view = new DataView(page.buffer);
    let next = 0;
    for (let at = Math.floor((rest.length - 1) / content) * content; at >= 0; at -= content) {
      page.fill(0);
      view.setUint32(0, next);
      page.set(rest.subarray(at, at + content), 4);
      next = this.#file.append(page);
    }
    return next;
  }
}
