/** A list of any length out of pages that each say where the next one begins. Only those near what is seen are kept. */
import { type QueryKey, useQueries } from '@tanstack/react-query';
import { useEffect, useState } from 'react';

export interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}

export interface KeysetSource<T> {
  /** Of the whole list; the page's beginning is added. */
  readonly queryKey: QueryKey;
  readonly fetch: (after: string | undefined, limit: number, signal: AbortSignal) => Promise<Page<T>>;
  /** Rows a page. */
  readonly pageRows: number;
}

export interface KeysetPages<T> {
  readonly item: (index: number) => T | undefined;
  /** Rows that are there for certain, or are being asked for. */
  readonly count: number;
  /** Whether `count` is how many there are. */
  readonly isWhole: boolean;
  readonly isFetching: boolean;
  readonly error: unknown;
  readonly retry: () => void;
}

/** How many pages behind the visible ones are asked for before anybody scrolls there. */
const pagesAhead = 2;

interface Extent {
  /** Where each known page begins; the first one at the beginning. */
  readonly starts: readonly (string | undefined)[];
  /** Rows of the last page, once that is known. */
  readonly lastRows: number | null;
}

/** @param first first row that is seen, from 0; `last` the last one */
export function useKeysetPages<T>(source: KeysetSource<T>, first: number, last: number): KeysetPages<T> {
  const { queryKey, fetch, pageRows } = source;
  const [{ starts, lastRows }, setExtent] = useState<Extent>({ starts: [undefined], lastRows: null });
  const from = Math.min(Math.max(0, Math.floor(first / pageRows)), starts.length - 1);
  const to = Math.min(Math.floor(last / pageRows) + pagesAhead, starts.length - 1);
  const shown = starts.slice(from, to + 1);
  const results = useQueries({
    queries: shown.map((after) => ({
      queryKey: [...queryKey, after ?? null],
      queryFn: ({ signal }: { signal: AbortSignal }) => fetch(after, pageRows, signal),
    })),
  });
  const pages = results.map(({ data }) => data);
  const seen = pages.map((page) => `${page?.next ?? ''}:${page?.items.length ?? ''}`).join(' ');
  useEffect(() => {
    setExtent((extent) => extended(extent, from, pages));
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- `seen` is what of the pages matters here
  }, [seen, from]);
  const failed = results.find(({ error }) => error !== null);
  return {
    item(index) {
      const page = Math.floor(index / pageRows);
      return pages[page - from]?.items[index - page * pageRows];
    },
    count: (starts.length - 1) * pageRows + (lastRows ?? pageRows),
    isWhole: lastRows !== null,
    isFetching: results.some(({ isFetching }) => isFetching),
    error: failed?.error ?? null,
    retry: () => void failed?.refetch(),
  };
}

/** What the pages that are here say of where others begin. A page that has come anew may say that all behind it has moved. */
export function extended<T>(extent: Extent, from: number, pages: readonly (Page<T> | undefined)[]): Extent {
  let { starts, lastRows } = extent;
  for (const [offset, page] of pages.entries()) {
    if (page === undefined) continue;
    const index = from + offset;
    if (index >= starts.length) break;
    if (page.next === null) {
      if (starts.length === index + 1 && lastRows === page.items.length) continue;
      starts = starts.slice(0, index + 1);
      lastRows = page.items.length;
    } else if (starts[index + 1] !== page.next) {
      starts = [...starts.slice(0, index + 1), page.next];
      lastRows = null;
    }
  }
  return starts === extent.starts && lastRows === extent.lastRows ? extent : { starts, lastRows };
}
