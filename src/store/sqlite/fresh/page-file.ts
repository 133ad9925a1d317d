import { writeSync } from 'node:fs';

/** Pages that are written at once. */
const pagesPerWrite = 256;
/** The page that holds this byte of the file belongs to SQLite's locks and is never used. */
const lockByte = 2 ** 30;

/** Appends pages to a database file, with the numbers that SQLite would know them by: from 1, in the order of the file. */
export class PageFile {
  readonly pageSize: number;
  readonly #fd: number;
  readonly #lockPage: number;
  readonly #waiting: Uint8Array<ArrayBuffer>;
  /** Number of the first page that waits to be written, and how many wait. */
  #firstWaiting: number;
  #waitingPages = 0;

  /** @param pages pages that the file has */
  constructor(fd: number, pageSize: number, pages: number) {
    this.#fd = fd;
    this.pageSize = pageSize;
    this.#lockPage = lockByte / pageSize + 1;
    this.#waiting = new Uint8Array(pagesPerWrite * pageSize);
    this.#firstWaiting = pages + 1;
  }

  /** Pages of the file, those that wait counted. */
  get pages(): number {
    return this.#firstWaiting + this.#waitingPages - 1;
  }

  /** Copies a page to the end of the file. @returns its number */
  append(page: Uint8Array): number {
    if (this.pages + 1 === this.#lockPage) this.#put(new Uint8Array(this.pageSize));
    this.#put(page);
    return this.pages;
  }

  /** Writes many pages to the end of the file. @returns their numbers */
  appendAll(pages: Uint8Array): number[] {
    this.flush();
    const numbers: number[] = [];
    for (let at = 0; at < pages.length; ) {
      if (this.pages + 1 === this.#lockPage) {
        this.#put(new Uint8Array(this.pageSize));
        this.flush();
      }
      const first = this.pages + 1;
      const upTo = first < this.#lockPage ? this.#lockPage : Number.POSITIVE_INFINITY;
      const count = Math.min((pages.length - at) / this.pageSize, upTo - first);
      const end = at + count * this.pageSize;
      writeAll(this.#fd, pages.subarray(at, end), (first - 1) * this.pageSize);
      for (let index = 0; index < count; index++) numbers.push(first + index);
      this.#firstWaiting += count;
      at = end;
    }
    return numbers;
  }

  /** Puts a page in the place of one that is written already. */
  replace(number: number, page: Uint8Array): void {
    writeAll(this.#fd, page, (number - 1) * this.pageSize);
  }

  flush(): void {
    const { pageSize } = this;
    writeAll(
      this.#fd,
      this.#waiting.subarray(0, this.#waitingPages * pageSize),
      (this.#firstWaiting - 1) * pageSize,
    );
    this.#firstWaiting += this.#waitingPages;
    this.#waitingPages = 0;
  }

  #put(page: Uint8Array): void {
    this.#waiting.set(page, this.#waitingPages * this.pageSize);
    this.#waitingPages++;
    if (this.#waitingPages === pagesPerWrite) this.flush();
  }
}

function writeAll(fd: number, bytes: Uint8Array, position: number): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at, bytes.length - at, position + at);
}
