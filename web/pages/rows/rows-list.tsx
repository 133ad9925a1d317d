import type { DatasetAnswer } from '../../../src/api/wire/datasets.ts';
import type { Row } from '../../../src/api/wire/rows.ts';
import { api } from '../../api/client.ts';
import { keys } from '../../api/queries.ts';
import { KeysetList } from '../../list/keyset-list.tsx';
import type { KeysetSource } from '../../list/keyset-pages.ts';
import type { ListColumn } from '../../list/list-row.tsx';
import { capitalized } from '../../parts/format.ts';
import { Nothing } from '../../parts/states.tsx';
import { ShortValue } from '../../parts/value.tsx';
import { paths, type RowsView } from '../../paths.ts';

export interface RowsListProps {
  readonly dataset: DatasetAnswer;
  readonly view: RowsView;
  /** The one that is open. */
  readonly row: string | null;
}

/** Rows a request: what 400 kB hold, and ten windows. */
const pageRows = 400;

export function RowsList({ dataset, view, row }: RowsListProps) {
  const { name } = dataset;
  const { q, by, match } = view;
  const isFiltered = q !== undefined && q !== '';
  const query = isFiltered ? { q, by, match } : {};
  const source: KeysetSource<Row> = {
    queryKey: [...keys.rows(name), query],
    pageRows,
    fetch: (wanted, signal) =>
      api('rows', { params: { dataset: name }, query: { ...query, ...wanted } }, signal),
    total: isFiltered ? undefined : dataset.rows,
  };
  return (
    <KeysetList
      key={JSON.stringify(source.queryKey)}
      label={`${capitalized(name)}: rows`}
      source={source}
      columns={columnsOf(dataset)}
      rowKey={({ id }) => id}
      rowLink={({ id }) => paths.rows(name, { ...view, row: id })}
      isSelected={({ id }) => id === row}
      empty={
        isFiltered ? (
          <Nothing title="Nothing is found.">
            No row whose {by ?? dataset.key[0]} {match === 'exact' ? 'is' : 'begins with'} “<bdi>{q}</bdi>”.
            Upper and lower case matter.
          </Nothing>
        ) : (
          <Nothing title="There are no rows yet.">They appear when the first import is published.</Nothing>
        )
      }
    />
  );
}

/** The key first, because rows are in its order; where there is little room, only it and what is counted are beside each other. */
function columnsOf({ columns, key, countBy }: DatasetAnswer): ListColumn<Row>[] {
  const first = key.length > 0 ? key : columns.slice(0, 1).map(({ name }) => name);
  const rest = columns.filter(({ name }) => !first.includes(name));
  const order = [...columns.filter(({ name }) => first.includes(name)), ...rest];
  const beside = new Set([...first, ...countBy].slice(0, 2));
  const below = rest.find(({ name }) => !beside.has(name))?.name;
  return order.map(({ name, type }) => ({
    id: name,
    head: <bdi>{name}</bdi>,
    cell: (row: Row) => <ShortValue value={row.values[name]} />,
    width: name === below ? 'minmax(0, 3fr)' : 'minmax(0, 1.2fr)',
    ...(type === 'integer' || type === 'real' ? { align: 'end' as const } : {}),
    ...(beside.has(name) ? {} : { narrow: name === below ? ('below' as const) : ('out' as const) }),
  }));
}
