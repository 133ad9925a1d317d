/** A list of any length out of pages that each say where the next one begins, from its beginning and, where there is one, from its end. Only those near what is seen are kept. */
import { type QueryKey, useQueries } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { type Chain, extended, knownRows, newChain, type Page, pageOf } from './page-chain.ts';

export interface Wanted {
  readonly order: 'asc' | 'desc';
  readonly after: string | undefined;
  readonly limit: number;
}

export interface KeysetSource<T> {
  /** Of the whole list; order and the page's beginning are added. */
  readonly queryKey: QueryKey;
  readonly fetch: (wanted: Wanted, signal: AbortSignal) => Promise<Page<T>>;
  /** Rows a page. */
  readonly pageRows: number;
  /** How many rows there are in all, of a list that can be asked for from its end. */
  readonly total?: number | undefined;
  /** Of any other list: that there are no more. */
  readonly atMost?: number | undefined;
}

export interface KeysetPages<T> {
  readonly item: (index: number) => T | undefined;
  /** Rows that are there, or are being asked for. */
  readonly count: number;
  /** Whether `count` is how many there are. */
  readonly isWhole: boolean;
  readonly isEmpty: boolean;
  /** Whether what is seen is too far from both ends to be asked for. */
  readonly isLost: boolean;
  readonly isFetching: boolean;
  readonly error: unknown;
  readonly retry: () => void;
}

/** How many pages behind the visible ones are asked for before anybody scrolls there. */
const pagesAhead = 2;
/** How far behind what is known pages are still asked for, one after the other, in pages: half a second of scrolling as fast as possible. */
const reachPages = 25;

/** @param first first row that is seen, from 0; `last` the last one */
export function useKeysetPages<T>(source: KeysetSource<T>, first: number, last: number): KeysetPages<T> {
  const { pageRows, total, atMost = Number.POSITIVE_INFINITY } = source;
  const [front, setFront] = useState(newChain);
  const [back, setBack] = useState(newChain);
  const [known, knownBack] = [knownRows(front), knownRows(back)];
  const all = lengthOf(front, back, total);
  // From the end both are counted backwards. A list that is known as a whole needs no other way.
  const [firstBack, lastBack] = [(all ?? 0) - 1 - last, (all ?? 0) - 1 - first];
  const hasBack = all !== null && front.lastRows === null;
  const gapBefore = first - known;
  const gapBehind = hasBack ? firstBack - knownBack : Number.POSITIVE_INFINITY;
  const isNearFront = gapBefore < 0 || gapBefore <= gapBehind;
  const isLost = Math.min(gapBefore, gapBehind) > reachPages * pageRows;
  const isBackSeen = hasBack && (gapBehind < 0 || !isNearFront);
  const atFront = usePages(source, 'asc', {
    ...{ chain: front, onChain: setFront, first, last },
    isSeen: !isLost && isNearFront,
    // What is known from the other end is not asked for from this one.
    most: all === null || knownBack === 0 ? Number.POSITIVE_INFINITY : all - knownBack,
  });
  const atBack = usePages(source, 'desc', {
    ...{ chain: back, onChain: setBack, first: firstBack, last: lastBack },
    isSeen: !isLost && isBackSeen,
    most: all === null ? 0 : all - known,
  });
  const failed = atFront.failed ?? atBack.failed;
  return {
    item: (index) => atFront.item(index) ?? (all === null ? undefined : atBack.item(all - 1 - index)),
    count: all ?? Math.min(known + pageRows, Math.max(atMost, 1)),
    isWhole: all !== null,
    isEmpty: all === 0,
    isLost,
    isFetching: atFront.isFetching || atBack.isFetching,
    error: failed?.error ?? null,
    retry: () => void failed?.refetch(),
  };
}

/** How many rows there are; `null`: nobody knows. A list that was read to its end knows better than a total. */
function lengthOf(front: Chain, back: Chain, total: number | undefined): number | null {
  if (front.lastRows !== null) return knownRows(front);
  if (total === undefined) return null;
  if (back.lastRows !== null) return knownRows(back);
  // Some row is waited for, even where a total that is not of this moment says that there is none.
  return Math.max(total, knownRows(front) + knownRows(back), 1);
}

interface Seen {
  readonly chain: Chain;
  readonly onChain: (change: (chain: Chain) => Chain) => void;
  /** Rows that are seen, counted in the order of the chain. */
  readonly first: number;
  readonly last: number;
  readonly isSeen: boolean;
  /** Rows of this chain, at most. */
  readonly most: number;
}

function usePages<T>(source: KeysetSource<T>, order: Wanted['order'], seen: Seen) {
  const { queryKey, fetch, pageRows } = source;
  const { chain, onChain, first, last, isSeen, most } = seen;
  const from = pageOf(chain, Math.max(0, first));
  const to = Math.min(pageOf(chain, last) + pagesAhead, chain.starts.length - 1);
  const shown = isSeen ? chain.starts.slice(from, to + 1) : [];
  const asked = shown.filter((_, index) => (chain.offsets[from + index] ?? 0) < most);
  const results = useQueries({
    queries: asked.map((after, index) => ({
      queryKey: [...queryKey, order, after ?? null],
      queryFn: ({ signal }: { signal: AbortSignal }) => {
        const limit = Math.min(pageRows, most - (chain.offsets[from + index] ?? 0));
        return fetch({ order, after, limit }, signal);
      },
    })),
  });
  const pages = results.map(({ data }) => data);
  const told = pages.map((page) => `${page?.next ?? ''}:${page?.items.length ?? ''}`).join(' ');
  useEffect(() => {
    onChain((known) => extended(known, from, pages));
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- `told` is what of the pages matters here
  }, [told, from]);
  return {
    item(index: number): T | undefined {
      const page = pageOf(chain, index);
      return pages[page - from]?.items[index - (chain.offsets[page] ?? 0)];
    },
    isFetching: results.some(({ isFetching }) => isFetching),
    failed: results.find(({ error }) => error !== null),
  };
}
