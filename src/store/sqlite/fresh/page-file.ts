import { writeAll } from '../../write-all.ts';

/** Pages that are written at once. */
const pagesPerWrite = 256;
/** The page that holds this byte of the file belongs to SQLite's locks and is never used. */
const lockByte = 2 ** 30;

/** The numbers of a file's pages, given out to all threads that append to it. */
export class PageNumbers {
  /** How many pages the file has; in shared memory where several threads append. */
  readonly counter: Uint32Array;
  readonly #lockPage: number;

  constructor(counter: Uint32Array, pageSize: number) {
    this.counter = counter;
    this.#lockPage = lockByte / pageSize + 1;
  }

  /** Takes numbers that follow each other, up to `most` of them. */
  take(most: number): { readonly first: number; readonly count: number } {
    for (;;) {
      const pages = Atomics.load(this.counter, 0);
      // The page of SQLite's locks stays a hole in the file: one comes after it, because one is wanted.
      const first = pages + 1 === this.#lockPage ? pages + 2 : pages + 1;
      const count = first < this.#lockPage ? Math.min(most, this.#lockPage - first) : most;
      if (Atomics.compareExchange(this.counter, 0, pages, first + count - 1) === pages)
        return { first, count };
    }
  }
}

/** Appends pages to a database file, with the numbers that SQLite would know them by: from 1, in the order of the file. */
export class PageFile {
  readonly pageSize: number;
  readonly numbers: PageNumbers;
  readonly #fd: number;
  readonly #waiting: Uint8Array<ArrayBuffer>;
  /** Number of the first page that waits to be written, and how many wait. */
  #firstWaiting = 0;
  #waitingPages = 0;

  /** @param counter pages that the file has: see `PageNumbers` */
  constructor(fd: number, pageSize: number, counter: Uint32Array) {
    this.#fd = fd;
    this.pageSize = pageSize;
    this.numbers = new PageNumbers(counter, pageSize);
    this.#waiting = new Uint8Array(pagesPerWrite * pageSize);
  }

  /** Pages of the file, those that wait counted. */
  get pages(): number {
    return this.numbers.counter[0]!;
  }

  /** Copies a page to the end of the file. @returns its number */
  append(page: Uint8Array): number {
    const { first } = this.numbers.take(1);
    if (first !== this.#firstWaiting + this.#waitingPages || this.#waitingPages === pagesPerWrite) {
      this.flush();
      this.#firstWaiting = first;
    }
    this.#waiting.set(page, this.#waitingPages * this.pageSize);
    this.#waitingPages++;
    return first;
  }

  /** Writes many pages to the end of the file. @returns their numbers */
  appendAll(pages: Uint8Array): number[] {
    const numbers: number[] = [];
    for (let at = 0; at < pages.length; ) {
      const { first, count } = this.numbers.take((pages.length - at) / this.pageSize);
      const end = at + count * this.pageSize;
      writeAll(this.#fd, pages.subarray(at, end), (first - 1) * this.pageSize);
      for (let index = 0; index < count; index++) numbers.push(first + index);
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
    this.#waitingPages = 0;
  }
}
