import type { Kernel } from '../../../kernel/kernel.ts';
import { overflowPointerBytes, RecordPlaces } from '../record-places.ts';
import { LeafPages } from './leaf-pages.ts';
import { putVarint, varintBytes } from './record.ts';
import type { PageFile } from './page-file.ts';
import { TreePage } from './tree-page.ts';

/** Where a record begins in the room for it: before it there is place for its length. */
export const recordAt = 9;

/**
 * Pages of one distance from the leaves. A full page is held until the next one has a cell: the row between them (which goes
 * to the parent) is not final before, because the last page of a level must not stay empty.
 */
interface Level {
  current: TreePage;
  spare: TreePage;
  held: TreePage | null;
  /** The cell between `held` and `current`. */
  divider: Uint8Array;
}

/**
 * Builds an index B-tree from its leaves up, out of records in key order: each page is written once, full, and in the
 * order of the file. Unlike in a table B-tree the rows between two leaves lie in the pages above them.
 */
export class TreeBuilder {
  /** The pages of level 0, for whoever can add many records at once. */
  readonly leaves: LeafPages;
  readonly #file: PageFile;
  readonly #kernel: Kernel;
  /** From the leaves up; that of the leaves is there only at the end. */
  readonly #levels: Level[];
  readonly #places: RecordPlaces;
  #cell = new Uint8Array(4096);
  /** Room for one cell in the kernel's memory. */
  readonly #cellAt: number;

  /** @param spare bytes that stay free in each leaf */
  constructor(file: PageFile, kernel: Kernel, spare = 0) {
    this.#file = file;
    this.#kernel = kernel;
    this.#places = new RecordPlaces(file.pageSize);
    const { maxLocal } = this.#places;
    this.#cellAt = kernel.reserve(recordAt + maxLocal + overflowPointerBytes);
    this.leaves = new LeafPages(kernel, file, maxLocal, spare, (page, divider) =>
      this.#add(1, page, divider, 0, divider.length),
    );
    this.#levels = [this.#newLevel()];
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

  /** Writes what is still in memory; the tree's top goes to the page `root`, which is there already. */
  finish(root: number): void {
    Object.assign(this.#levels[0]!, this.leaves.finish());
    let lastChild = 0;
    for (let at = 0; at < this.#levels.length; at++) {
      const level = this.#levels[at]!;
      if (level.held !== null) this.#balanceLast(level);
      this.#release(at);
      level.current.rightChild = lastChild;
      if (at === this.#levels.length - 1) this.#file.replace(root, level.current.seal());
      else lastChild = this.#file.append(level.current.seal());
    }
  }

  #add(at: number, leftChild: number, source: Uint8Array, from: number, cellBytes: number): void {
    const level = (this.#levels[at] ??= this.#newLevel());
    if (level.current.fits(cellBytes)) {
      this.#release(at);
      level.current.add(leftChild, source, from, cellBytes);
      return;
    }
    // The cell becomes the divider; what is left of it is the full page's last child.
    level.current.rightChild = leftChild;
    level.held = level.current;
    level.divider = source.slice(from, from + cellBytes);
    level.current = level.spare;
    level.current.clear();
    level.spare = level.held;
  }

  /** Writes the level's held page, if there is one, and tells the level above. */
  #release(at: number): void {
    const level = this.#levels[at]!;
    if (level.held === null) return;
    const number = this.#file.append(level.held.seal());
    level.held = null;
    this.#add(at + 1, number, level.divider, 0, level.divider.length);
  }

  /** The level ended with a divider and nothing after it: one cell of the held page becomes the divider instead. */
  #balanceLast(level: Level): void {
    const held = level.held!;
    const { leftChild, cell } = held.removeLast();
    level.current.add(held.rightChild, level.divider, 0, level.divider.length);
    held.rightChild = leftChild;
    level.divider = cell;
  }

  #newLevel(): Level {
    const { pageSize } = this.#file;
    return {
      current: new TreePage(pageSize, false),
      spare: new TreePage(pageSize, false),
      held: null,
      divider: new Uint8Array(0),
    };
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
