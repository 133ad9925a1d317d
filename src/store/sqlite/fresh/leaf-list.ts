import { closeSync, fstatSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { readAll } from '../../row-stream.ts';
import { writeAll } from '../../write-all.ts';
import type { LeafSink } from './leaf-pages.ts';
import type { UpperLevels } from './upper-levels.ts';

/** Bytes of cells that are listed in memory. Those between the leaves of 10,000,000 products are 80 MiB. */
const mostCellBytes = 2 ** 20;
/** Before a block in a file: how many leaves, bytes of cells. */
const headWords = 2;

/** Some leaves, and the cell after each of them. */
interface LeafBlock {
  /** 0, of the first one of all: the leaf before those that are listed, which is the joiner's to know. */
  readonly pages: Uint32Array<ArrayBuffer>;
  /** Where the cell after each leaf ends. */
  readonly ends: Uint32Array<ArrayBuffer>;
  /** The cells one after the other. */
  readonly cells: Uint8Array<ArrayBuffer>;
}

/** Leaves that follow others, as one thread posts them to another. */
export interface ListedLeaves extends LeafBlock {
  /** The file in which blocks lie that come before this one; `null`: there are none. */
  readonly path: string | null;
  /** Complete, and not written yet. */
  readonly last: Uint8Array;
}

/** Collects leaves that follow others: many of them in a file, so that their number does not matter. */
export class LeafList implements LeafSink, Disposable {
  readonly #path: string;
  readonly #mostCellBytes: number;
  #pages: number[] = [];
  #ends: number[] = [];
  #cells = new Uint8Array(64 * 1024);
  #fd: number | null = null;

  /** @param path of a file that nobody else has, if one is needed. Whoever takes the list removes it */
  constructor(path: string, mostBytes = mostCellBytes) {
    this.#path = path;
    this.#mostCellBytes = mostBytes;
  }

  follows(divider: Uint8Array): void {
    this.leaf(0, divider);
  }

  leaf(page: number, divider: Uint8Array): void {
    if ((this.#ends.at(-1) ?? 0) + divider.length > this.#mostCellBytes) this.#putAside();
    const start = this.#ends.at(-1) ?? 0;
    const end = start + divider.length;
    if (end > this.#cells.length) {
      const larger = new Uint8Array(Math.max(end, 2 * this.#cells.length));
      larger.set(this.#cells);
      this.#cells = larger;
    }
    this.#cells.set(divider, start);
    this.#ends.push(end);
    this.#pages.push(page);
  }

  finish(last: Uint8Array): ListedLeaves {
    return { ...this.#take(), path: this.#fd === null ? null : this.#path, last };
  }

  [Symbol.dispose](): void {
    if (this.#fd !== null) closeSync(this.#fd);
    this.#fd = null;
  }

  #take(): LeafBlock {
    const cells = this.#cells.slice(0, this.#ends.at(-1) ?? 0);
    const block = { pages: Uint32Array.from(this.#pages), ends: Uint32Array.from(this.#ends), cells };
    this.#pages = [];
    this.#ends = [];
    return block;
  }

  #putAside(): void {
    if (this.#fd === null) {
      mkdirSync(dirname(this.#path), { recursive: true });
      this.#fd = openSync(this.#path, 'w');
    }
    const { pages, ends, cells } = this.#take();
    for (const part of [Uint32Array.of(pages.length, cells.length), pages, ends, cells])
      writeAll(this.#fd, new Uint8Array(part.buffer));
  }
}

/** Adds leaves to a tree. @param before the page of the leaf before them */
export function addLeaves(above: UpperLevels, before: number, leaves: ListedLeaves): void {
  const add = ({ pages, ends, cells }: LeafBlock): void => {
    let start = 0;
    for (const [index, end] of ends.entries()) {
      above.add(pages[index] || before, cells.subarray(start, end));
      start = end;
    }
  };
  if (leaves.path !== null) readBlocks(leaves.path, add);
  add(leaves);
}

function readBlocks(path: string, visit: (block: LeafBlock) => void): void {
  const fd = openSync(path, 'r');
  try {
    const { size } = fstatSync(fd);
    for (let at = 0; at < size; ) {
      const head = new Uint32Array(headWords);
      at += readPart(fd, head, at);
      const [number = 0, cellBytes = 0] = head;
      const pages = new Uint32Array(number);
      const ends = new Uint32Array(number);
      const cells = new Uint8Array(cellBytes);
      for (const part of [pages, ends, cells]) at += readPart(fd, part, at);
      visit({ pages, ends, cells });
    }
  } finally {
    closeSync(fd);
  }
}

/** @returns its bytes */
function readPart(fd: number, into: Uint32Array<ArrayBuffer> | Uint8Array<ArrayBuffer>, at: number): number {
  if (readAll(fd, new Uint8Array(into.buffer), at) < into.byteLength)
    throw new Error('a list of leaves ends before its last one');
  return into.byteLength;
}
