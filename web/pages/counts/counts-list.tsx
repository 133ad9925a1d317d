import type { Count } from '../../../src/api/wire/counts.ts';
import type { DatasetAnswer } from '../../../src/api/wire/datasets.ts';
import { api } from '../../api/client.ts';
import { keys } from '../../api/queries.ts';
import { KeysetList } from '../../list/keyset-list.tsx';
import type { KeysetSource } from '../../list/keyset-pages.ts';
import type { ListColumn } from '../../list/list-row.tsx';
import { numberText, percentText } from '../../parts/format.ts';
import { Nothing } from '../../parts/states.tsx';
import { ShortValue, textOf } from '../../parts/value.tsx';
import { type CountsView, paths } from '../../paths.ts';

export interface CountsListProps {
  readonly dataset: DatasetAnswer;
  readonly by: string;
  readonly view: CountsView;
}

/** Counts a request. */
const pageRows = 400;

export function CountsList({ dataset, by, view: { sort, q, number } }: CountsListProps) {
  const query = {
    by,
    sort,
    q: q === '' ? undefined : q,
    number: number === undefined ? undefined : Number(number),
  };
  const isFiltered = query.q !== undefined || query.number !== undefined;
  const source: KeysetSource<Count> = {
    queryKey: [...keys.counts(dataset.name), query],
    pageRows,
    fetch: (wanted, signal) =>
      api('counts', { params: { dataset: dataset.name }, query: { ...query, ...wanted } }, signal),
    total: isFiltered || by !== dataset.countBy[0] ? undefined : dataset.groups,
  };
  const columns: ListColumn<Count>[] = [
    {
      id: 'value',
      head: <bdi>{by}</bdi>,
      cell: ({ value }) => <ShortValue value={value} />,
      width: 'minmax(0, 1fr)',
    },
    { id: 'number', head: 'rows', cell: (count) => numberText(count.number), width: '90px', align: 'end' },
    {
      id: 'part',
      head: 'of all',
      cell: (count) => (dataset.rows === 0 ? '' : percentText(count.number / dataset.rows)),
      width: '70px',
      align: 'end',
      narrow: 'out',
    },
  ];
  return (
    <KeysetList
      key={JSON.stringify(source.queryKey)}
      label={`Counts by ${by}`}
      source={source}
      columns={columns}
      rowKey={({ value }) => `${typeof value} ${String(value)}`}
      rowLink={({ value }) => paths.rows(dataset.name, { by, match: 'exact', q: textOf(value) ?? '' })}
      empty={
        isFiltered ? (
          <Nothing title="Nothing is found.">
            No <bdi>{by}</bdi> {query.q === undefined ? 'has just so many rows' : `begins so`}.
          </Nothing>
        ) : (
          <Nothing title="There is nothing to count yet.">Counts appear with the first rows.</Nothing>
        )
      }
    />
  );
}
