import { useMediaQuery } from '@mantine/hooks';
import { useVirtualizer } from '@tanstack/react-virtual';
import {
  type CSSProperties,
  type ReactNode,
  useEffect,
  useId,
  useLayoutEffect,
  useRef,
  useState,
} from 'react';
import { useNavigate } from 'react-router';
import { counted } from '../parts/format.ts';
import { Problem } from '../parts/states.tsx';
import { gridKey } from './grid-keys.ts';
import classes from './keyset-list.module.css';
import { type KeysetSource, useKeysetPages } from './keyset-pages.ts';
import { HeadRow, type ListColumn, ListRow, shownColumns } from './list-row.tsx';
import { moved, placeOf, rowAt, wholeWindow, windowOf, windowRows } from './row-window.ts';

export interface KeysetListProps<T> {
  readonly label: string;
  readonly source: KeysetSource<T>;
  readonly columns: readonly ListColumn<T>[];
  readonly rowKey: (item: T) => string;
  /** Where a row leads to. */
  readonly rowLink?: (item: T) => string;
  readonly isSelected?: (item: T) => boolean;
  /** In place of a list without rows. */
  readonly empty: ReactNode;
}

const narrowQuery = '(max-width: 48em)';
const rowPx = { one: 36, two: 56 } as const;

/** A list of any length by pages, of which only what is seen is in the document. Another `source.queryKey` is another list: give it a key. */
export function KeysetList<T>(props: KeysetListProps<T>) {
  const { label, source, columns, rowKey, rowLink, isSelected, empty } = props;
  const isNarrow = useMediaQuery(narrowQuery, undefined, { getInitialValueInEffect: false });
  const shown = shownColumns(columns, isNarrow);
  const heightPx = shown.some(({ isBelow }) => isBelow) ? rowPx.two : rowPx.one;
  const scroller = useRef<HTMLDivElement>(null);
  const [seen, setSeen] = useState({ first: 0, last: 0 });
  const [window, setWindow] = useState(wholeWindow);
  const pages = useKeysetPages(source, seen.first, seen.last);
  const { count } = pages;
  const virtual = useVirtualizer({
    count: Math.min(count, windowRows),
    getScrollElement: () => scroller.current,
    estimateSize: () => heightPx,
    overscan: 12,
    scrollPaddingStart: rowPx.one,
  });
  const visible = virtual.getVirtualItems();
  const [firstPlace, lastPlace] = [visible.at(0)?.index ?? 0, visible.at(-1)?.index ?? 0];
  const [first, last] = [rowAt(window, count, firstPlace), rowAt(window, count, lastPlace)];
  useEffect(() => setSeen({ first, last }), [first, last]);
  useEffect(() => virtual.measure(), [heightPx, virtual]);
  // Not for a window that has just moved: what is scrolled follows it, and is then seen at another place.
  useEffect(
    () =>
      setWindow((known) =>
        moved(known, count, rowAt(known, count, firstPlace), rowAt(known, count, lastPlace)),
      ),
    [count, firstPlace, lastPlace],
  );
  const shownWindow = useRef(window);
  useLayoutEffect(() => {
    // What is seen stays where it is when a window moves.
    const rows = shownWindow.current.above - window.above + window.below - shownWindow.current.below;
    if (rows !== 0) scroller.current?.scrollBy({ top: rows * heightPx, behavior: 'instant' });
    shownWindow.current = window;
  }, [window, heightPx]);

  const id = useId();
  const navigate = useNavigate();
  const [active, setActive] = useState<number | null>(null);
  const rowsInView = Math.max(1, Math.floor((virtual.scrollRect?.height ?? 400) / heightPx) - 2);
  const goTo = (row: number): void => {
    setActive(row);
    const place = placeOf(window, count, row);
    if (place !== null) return virtual.scrollToIndex(place);
    const there = windowOf(count, row);
    shownWindow.current = there;
    setWindow(there);
    virtual.scrollToIndex(placeOf(there, count, row) ?? 0);
  };
  const onKeyDown = (event: React.KeyboardEvent): void => {
    if (event.target !== scroller.current) return;
    const item = active === null ? undefined : pages.item(active);
    if (event.key === 'Enter' && item !== undefined && rowLink !== undefined) void navigate(rowLink(item));
    const next = gridKey(event.key, active, count, rowsInView);
    if (next === null) return;
    event.preventDefault();
    goTo(next);
  };

  if (pages.error !== null && pages.item(first) === undefined)
    return <Problem error={pages.error} onRetry={pages.retry} />;
  if (pages.isEmpty) return <>{empty}</>;
  const tracks = shown.filter(({ isBelow }) => !isBelow).map(({ width }) => width);
  const style = { '--tracks': tracks.join(' '), '--row': `${heightPx}px` } as CSSProperties;
  const isActiveShown = active !== null && active >= first && active <= last;
  return (
    <div className={classes.list}>
      <div
        ref={scroller}
        role="grid"
        aria-label={label}
        aria-rowcount={pages.isWhole ? count + 1 : -1}
        aria-busy={pages.isFetching}
        aria-activedescendant={isActiveShown ? `${id}-${active}` : undefined}
        tabIndex={0}
        className={classes.scroller}
        style={style}
        onKeyDown={onKeyDown}
      >
        <div role="rowgroup" className={classes.head}>
          <HeadRow columns={shown} />
        </div>
        <div role="rowgroup" className={classes.body} style={{ height: virtual.getTotalSize() }}>
          {visible.map(({ index: place, start }) => {
            const index = rowAt(window, count, place);
            const item = pages.item(index);
            return (
              <ListRow
                key={item === undefined ? `at ${index}` : rowKey(item)}
                id={`${id}-${index}`}
                index={index}
                item={item}
                columns={shown}
                link={item === undefined ? undefined : rowLink?.(item)}
                isSelected={item === undefined ? undefined : isSelected?.(item)}
                isActive={index === active}
                topPx={start}
                onActive={setActive}
              />
            );
          })}
        </div>
      </div>
      {pages.isLost && (
        <p role="status" className={classes.lost}>
          The middle of {counted(count, 'row')} is found by searching. A list is read from its beginning
          (Home) or from its end (End).
        </p>
      )}
    </div>
  );
}
