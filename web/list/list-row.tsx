import { type ReactNode } from 'react';
import { Link, useNavigate } from 'react-router';
import classes from './keyset-list.module.css';

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

export interface ShownColumn<T> extends ListColumn<T> {
  readonly isBelow: boolean;
}

/** Those that there is room for, in the order in which they are shown. */
export function shownColumns<T>(columns: readonly ListColumn<T>[], isNarrow: boolean): ShownColumn<T>[] {
  const beside = columns.filter(({ narrow }) => !isNarrow || narrow === undefined);
  const below = columns.filter(({ narrow }) => isNarrow && narrow === 'below');
  return [
    ...beside.map((column) => ({ ...column, isBelow: false })),
    ...below.map((column) => ({ ...column, isBelow: true })),
  ];
}

export function HeadRow<T>({ columns }: { readonly columns: readonly ShownColumn<T>[] }) {
  return (
    <div role="row" aria-rowindex={1} className={classes.headRow}>
      {columns.map((column) => (
        <Cell key={column.id} role="columnheader" column={column}>
          {column.head}
        </Cell>
      ))}
    </div>
  );
}

interface CellProps {
  readonly role: 'columnheader' | 'gridcell';
  readonly column: Pick<ShownColumn<never>, 'align' | 'isBelow'>;
  readonly children: ReactNode;
}

function Cell({ role, column: { align, isBelow }, children }: CellProps) {
  return (
    <div role={role} className={classes.cell} data-align={align} data-below={isBelow || undefined}>
      {children}
    </div>
  );
}

export interface ListRowProps<T> {
  readonly id: string;
  /** In the list, from 0. */
  readonly index: number;
  /** `undefined`: it is being asked for. */
  readonly item: T | undefined;
  readonly columns: readonly ShownColumn<T>[];
  readonly link: string | undefined;
  readonly isSelected: boolean | undefined;
  readonly isActive: boolean;
  readonly topPx: number;
  readonly onActive: (index: number) => void;
}

export function ListRow<T>(props: ListRowProps<T>) {
  const { id, index, item, columns, link, isSelected, isActive, topPx, onActive } = props;
  const navigate = useNavigate();
  return (
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events -- the grid has the keys
    <div
      id={id}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={isSelected}
      className={classes.row}
      data-active={isActive || undefined}
      data-link={link !== undefined || undefined}
      style={{ transform: `translateY(${topPx}px)` }}
      onClick={(event) => {
        onActive(index);
        const isPlain = !event.defaultPrevented && !event.metaKey && !event.ctrlKey;
        if (link !== undefined && isPlain) void navigate(link);
      }}
    >
      {columns.map((column, at) => (
        <Cell key={column.id} role="gridcell" column={column}>
          {item === undefined ? (
            <span className={classes.placeholder} />
          ) : at === 0 && link !== undefined ? (
            <Link to={link} tabIndex={-1} onClick={(event) => event.stopPropagation()}>
              {column.cell(item)}
            </Link>
          ) : (
            column.cell(item)
          )}
        </Cell>
      ))}
    </div>
  );
}
