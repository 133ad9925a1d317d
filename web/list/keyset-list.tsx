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
import { Link, useNavigate } from 'react-router';
import { Problem } from '../parts/states.tsx';
import classes from './keyset-list.module.css';
import { type KeysetSource, useKeysetPages } from './keyset-pages.ts';
import { gridKey } from './grid-keys.ts';
import { windowBase, windowRows } from './row-window.ts';

export interface ListColumn<T> {
  readonly id: string;
  readonly head: ReactNode;
  readonly cell: (item: T) => ReactNode;
  /** A track of a CSS grid. */
  readonly width: string;
  readonly align?: 'end';
  /** Where there is little room: left out, or on a line of its own below the others. */
  readonly narrow?: 'out' | 'below';
}

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
  /** How many there are in all, where somebody knows before the last page does. */
  readonly total?: number | undefined;
}

const narrowQuery = '(max-width: 48em)';
const rowPx = { one: 36, two: 56 } as const;

/** A list of any length by pages, of which only what is seen is in the document. Another `source.queryKey` is another list: give it a key. */
export function KeysetList<T>(props: KeysetListProps<T>) {
  const { label, source, columns, rowKey, rowLink, isSelected, empty, total } = props;
  const isNarrow = useMediaQuery(narrowQuery, undefined, { getInitialValueInEffect: false });
  const hasBelow = isNarrow && columns.some(({ narrow }) => narrow === 'below');
  const heightPx = hasBelow ? rowPx.two : rowPx.one;
  const scroller = useRef<HTMLDivElement>(null);
  const [seen, setSeen] = useState({ first: 0, last: 0 });
  const [base, setBase] = useState(0);
  const pages = useKeysetPages(source, seen.first, seen.last);
  const count =
    total === undefined || pages.isWhole ? pages.count : Math.min(pages.count, Math.max(total, 1));
  const virtual = useVirtualizer({
    count: Math.min(count - base, windowRows),
    getScrollElement: () => scroller.current,
    estimateSize: () => heightPx,
    overscan: 12,
    scrollPaddingStart: rowPx.one,
  });
  const visible = virtual.getVirtualItems();
  const first = base + (visible.at(0)?.index ?? 0);
  const last = base + (visible.at(-1)?.index ?? 0);
  useEffect(() => setSeen({ first, last }), [first, last]);
  useEffect(() => virtual.measure(), [heightPx, virtual]);
  const nextBase = windowBase(base, first, count);
  useEffect(() => setBase(nextBase), [nextBase]);
  const shownBase = useRef(base);
  useLayoutEffect(() => {
    // What is seen stays where it is when the window moves.
    scroller.current?.scrollBy({ top: (shownBase.current - base) * heightPx, behavior: 'instant' });
    shownBase.current = base;
  }, [base, heightPx]);

  const id = useId();
  const navigate = useNavigate();
  const [active, setActive] = useState<number | null>(null);
  const rowsInView = Math.max(1, Math.floor((virtual.scrollRect?.height ?? 400) / heightPx) - 2);
  const onKeyDown = (event: React.KeyboardEvent): void => {
    if (event.target !== scroller.current) return;
    const item = active === null ? undefined : pages.item(active);
    if (event.key === 'Enter' && item !== undefined && rowLink !== undefined) void navigate(rowLink(item));
    const next = gridKey(event.key, active, count, rowsInView);
    if (next === null) return;
    event.preventDefault();
    setActive(next);
    if (next >= base) virtual.scrollToIndex(next - base);
    else {
      shownBase.current = 0;
      setBase(0);
      virtual.scrollToOffset(0);
    }
  };

  if (pages.error !== null && pages.item(first) === undefined)
    return <Problem error={pages.error} onRetry={pages.retry} />;
  if (pages.isWhole && pages.count === 0) return <>{empty}</>;
  const beside = columns.filter(({ narrow }) => !isNarrow || narrow === undefined);
  const shown = [...beside, ...columns.filter(({ narrow }) => isNarrow && narrow === 'below')];
  const tracks = beside.map(({ width }) => width);
  const style = { '--tracks': tracks.join(' '), '--row': `${heightPx}px` } as CSSProperties;
  const isActiveShown = active !== null && active >= first && active <= last;
  return (
    <div
      ref={scroller}
      role="grid"
      aria-label={label}
      aria-rowcount={pages.isWhole ? pages.count + 1 : (total ?? -2) + 1}
      aria-busy={pages.isFetching}
      aria-activedescendant={isActiveShown ? `${id}-${active}` : undefined}
      tabIndex={0}
      className={classes.scroller}
      style={style}
      onKeyDown={onKeyDown}
    >
      <div role="rowgroup" className={classes.head}>
        <div role="row" aria-rowindex={1} className={classes.headRow}>
          {shown.map(({ id: column, head, align, narrow }) => (
            <div
              key={column}
              role="columnheader"
              className={classes.cell}
              data-align={align}
              data-below={(isNarrow && narrow === 'below') || undefined}
            >
              {head}
            </div>
          ))}
        </div>
      </div>
      <div role="rowgroup" className={classes.body} style={{ height: virtual.getTotalSize() }}>
        {visible.map(({ index: local, start }) => {
          const index = base + local;
          const item = pages.item(index);
          const link = item === undefined ? undefined : rowLink?.(item);
          return (
            // oxlint-disable-next-line jsx-a11y/click-events-have-key-events -- the grid has the keys
            <div
              key={item === undefined ? `at ${index}` : rowKey(item)}
              id={`${id}-${index}`}
              role="row"
              aria-rowindex={index + 2}
              aria-selected={item === undefined || isSelected === undefined ? undefined : isSelected(item)}
              className={classes.row}
              data-active={index === active || undefined}
              data-link={link !== undefined || undefined}
              style={{ transform: `translateY(${start}px)` }}
              onClick={(event) => {
                setActive(index);
                const isPlain = !event.defaultPrevented && !event.metaKey && !event.ctrlKey;
                if (link !== undefined && isPlain) void navigate(link);
              }}
            >
              {shown.map(({ id: column, cell, align, narrow }, at) => (
                <div
                  key={column}
                  role="gridcell"
                  className={classes.cell}
                  data-align={align}
                  data-below={(isNarrow && narrow === 'below') || undefined}
                >
                  {item === undefined ? (
                    <span className={classes.placeholder} />
                  ) : at === 0 && link !== undefined ? (
                    <Link to={link} tabIndex={-1} onClick={(event) => event.stopPropagation()}>
                      {cell(item)}
                    </Link>
                  ) : (
                    cell(item)
                  )}
                </div>
              ))}
            </div>
          );
        })}
      </div>
    </div>
  );
}
