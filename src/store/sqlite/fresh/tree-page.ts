/**
 * One page of an index B-tree, which is what the rows of a WITHOUT ROWID table lie in
 * (https://sqlite.org/fileformat2.html#b_tree_pages). Cells are put in from the page's end towards its beginning,
 * their offsets from its header on.
 */
const interiorPage = 0x02;
const leafPage = 0x0a;
const leafHeaderBytes = 8;
const interiorHeaderBytes = 12;
/** Before the cell of an interior page stands the number of the page with the rows less than it. */
const childPointerBytes = 4;

export class TreePage {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly #view: DataView;
  readonly #headerBytes: number;
  readonly #pointerBytes: number;
  cells = 0;
  /** Of an interior page: the page with the rows greater than all of this one. */
  rightChild = 0;
  #contentStart: number;

  constructor(pageSize: number, leaf: boolean, bytes = new Uint8Array(pageSize)) {
    this.bytes = bytes;
    this.#view = new DataView(this.bytes.buffer);
    this.bytes[0] = leaf ? leafPage : interiorPage;
    this.#headerBytes = leaf ? leafHeaderBytes : interiorHeaderBytes;
    this.#pointerBytes = leaf ? 0 : childPointerBytes;
    this.#contentStart = pageSize;
  }

  /** A page whose header is complete, to be filled further. */
  static ofSealed(bytes: Uint8Array<ArrayBuffer>): TreePage {
    const page = new TreePage(bytes.length, bytes[0] === leafPage, bytes);
    page.cells = page.#view.getUint16(3);
    page.#contentStart = page.#view.getUint16(5) || 65_536;
    return page;
  }

  fits(cellBytes: number): boolean {
    const start = this.#contentStart - cellBytes - this.#pointerBytes;
    return start >= this.#headerBytes + 2 * (this.cells + 1);
  }

  /** Adds a cell after all others. @param leftChild ignored by a leaf */
  add(leftChild: number, cell: Uint8Array): void {
    const start = this.#contentStart - cell.length - this.#pointerBytes;
    this.bytes.set(cell, start + this.#pointerBytes);
    if (this.#pointerBytes > 0) this.#view.setUint32(start, leftChild);
    this.#view.setUint16(this.#headerBytes + 2 * this.cells, start);
    this.cells++;
    this.#contentStart = start;
  }

  /** Takes the last cell out again. */
  removeLast(): { leftChild: number; cell: Uint8Array } {
    const start = this.#contentStart;
    const end =
      this.cells === 1 ? this.bytes.length : this.#view.getUint16(this.#headerBytes + 2 * (this.cells - 2));
    const leftChild = this.#pointerBytes > 0 ? this.#view.getUint32(start) : 0;
    const cell = this.bytes.slice(start + this.#pointerBytes, end);
    this.cells--;
    this.#contentStart = end;
    return { leftChild, cell };
  }

  /** Completes the header; the page can then be written. The room between offsets and cells is zeroed. */
  seal(): Uint8Array {
    const view = this.#view;
    view.setUint16(1, 0); // no free blocks
    view.setUint16(3, this.cells);
    view.setUint16(5, this.#contentStart === 65_536 ? 0 : this.#contentStart);
    this.bytes[7] = 0; // no fragments
    if (this.#pointerBytes > 0) view.setUint32(8, this.rightChild);
    this.bytes.fill(0, this.#headerBytes + 2 * this.cells, this.#contentStart);
    return this.bytes;
  }

  /** Makes the page empty, to be filled again. */
  clear(): void {
    this.cells = 0;
    this.rightChild = 0;
    this.#contentStart = this.bytes.length;
  }
}
