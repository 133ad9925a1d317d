/** Pages of a list, each found by where the one before it ends: what is known of where they begin. Pure. */

export interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}

export interface Chain {
  /** Where each known page begins; the first one at the end of the list that the chain begins at. */
  readonly starts: readonly (string | undefined)[];
  /** Of each of them: how many rows come before it. Pages need not be of one size: large rows make small ones. */
  readonly offsets: readonly number[];
  /** Rows of the last page, if nothing comes behind it. */
  readonly lastRows: number | null;
}

export const newChain: Chain = { starts: [undefined], offsets: [0], lastRows: null };

/** Rows that are known to be there. */
export function knownRows({ offsets, lastRows }: Chain): number {
  return (offsets.at(-1) ?? 0) + (lastRows ?? 0);
}

/** The page that a row is on, or would be if the last known page went on for ever. @param row from 0 */
export function pageOf({ offsets }: Chain, row: number): number {
  let low = 0;
  let high = offsets.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((offsets[middle] ?? 0) <= row) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** What the pages that are here say of where others begin. A page that has come anew may say that all behind it has moved. @param from page that is the first of `pages` */
export function extended<T>(chain: Chain, from: number, pages: readonly (Page<T> | undefined)[]): Chain {
  let { starts, offsets, lastRows } = chain;
  for (const [index, page] of pages.entries()) {
    if (page === undefined) continue;
    const at = from + index;
    if (at >= starts.length) break;
    const rows = page.items.length;
    const end = (offsets[at] ?? 0) + rows;
    if (page.next === null) {
      if (starts.length === at + 1 && lastRows === rows) continue;
      starts = starts.slice(0, at + 1);
      offsets = offsets.slice(0, at + 1);
      lastRows = rows;
    } else if (starts[at + 1] !== page.next || offsets[at + 1] !== end) {
      starts = [...starts.slice(0, at + 1), page.next];
      offsets = [...offsets.slice(0, at + 1), end];
      lastRows = null;
    }
  }
  return starts === chain.starts && lastRows === chain.lastRows ? chain : { starts, offsets, lastRows };
}
