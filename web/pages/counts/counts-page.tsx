import { CloseButton, NativeSelect, TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { lazy, Suspense } from 'react';
import { useParams } from 'react-router';
import { loadCode } from '../../live/load-code.ts';
import type { DatasetAnswer } from '../../../src/api/wire/datasets.ts';
import { DatasetPicker } from '../../parts/dataset-picker.tsx';
import { useDatasets } from '../../parts/datasets.ts';
import { counted } from '../../parts/format.ts';
import page from '../../parts/page.module.css';
import { PageFrame } from '../../parts/page.tsx';
import { Nothing, Waiting } from '../../parts/states.tsx';
import { useTyped } from '../../parts/use-typed.ts';
import { oneOf, useView } from '../../parts/use-view.ts';
import { type CountsView, paths } from '../../paths.ts';
import classes from './counts.module.css';
import { CountsList } from './counts-list.tsx';

const Distribution = lazy(async () => ({
  default: (await loadCode(() => import('./distribution.tsx'))).Distribution,
}));

const sorts = [
  { value: '-number', label: 'the most first' },
  { value: 'number', label: 'the fewest first' },
  { value: 'value', label: 'by value' },
] as const;

/** How many rows have each value of a counted column. */
export function Page() {
  const { dataset: name = '' } = useParams();
  const datasets = useDatasets();
  const dataset = datasets?.find((each) => each.name === name);
  return (
    <PageFrame
      title="Counts"
      documentTitle={`Counts of ${name}`}
      about={
        dataset && (
          <span>
            {counted(dataset.groups, 'group')} in {counted(dataset.rows, 'row')} of <bdi>{name}</bdi>
          </span>
        )
      }
      actions={<DatasetPicker to={(each) => paths.counts(each)} />}
      filled
    >
      {datasets === undefined ? (
        <Waiting lines={12} />
      ) : dataset === undefined || dataset.countBy.length === 0 ? (
        <Nothing title={dataset === undefined ? `There is no table “${name}” yet.` : 'No column is counted.'}>
          {dataset === undefined
            ? 'It is made by its first import.'
            : 'Which ones are is said when a table is made.'}
        </Nothing>
      ) : (
        <Counts dataset={dataset} />
      )}
    </PageFrame>
  );
}

function Counts({ dataset }: { readonly dataset: DatasetAnswer }) {
  const [params, change] = useView();
  const view: CountsView = {
    by: oneOf(dataset.countBy, params.get('by')),
    sort: oneOf(['-number', 'number', 'value'], params.get('sort')),
    q: params.get('q') ?? undefined,
    number: /^[1-9]\d*$/.exec(params.get('number') ?? '')?.[0],
  };
  const by = view.by ?? dataset.countBy[0] ?? '';
  const typed = useTyped(view.q ?? '', (q) => change({ q }));
  return (
    <>
      <search className={page.filters}>
        <TextInput
          className={page.searchText}
          type="search"
          aria-label={`Search by ${by}`}
          placeholder={`${by}: begin to type`}
          leftSection={<IconSearch size={16} aria-hidden />}
          rightSection={
            typed.value === '' ? null : (
              <CloseButton size="sm" aria-label="Clear the search" onClick={() => change({ q: undefined })} />
            )
          }
          value={typed.value}
          onChange={(event) => typed.type(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === 'Enter') typed.flush();
          }}
          maxLength={8192}
          autoComplete="off"
          spellCheck={false}
        />
        {dataset.countBy.length > 1 && (
          <NativeSelect
            aria-label="Counted column"
            value={by}
            data={[...dataset.countBy]}
            onChange={(event) => change({ by: event.currentTarget.value, q: undefined, number: undefined })}
          />
        )}
        <NativeSelect
          aria-label="Order"
          value={view.q === undefined ? (view.sort ?? '-number') : 'value'}
          disabled={view.q !== undefined}
          data={[...sorts]}
          onChange={(event) => change({ sort: event.currentTarget.value })}
        />
        {view.number !== undefined && (
          <span className={classes.filter}>
            just {counted(Number(view.number), 'row')} each
            <CloseButton size="xs" aria-label="All numbers" onClick={() => change({ number: undefined })} />
          </span>
        )}
      </search>
      <div className={classes.columns}>
        <CountsList dataset={dataset} by={by} view={view} />
        <Suspense fallback={<div className={classes.chart} />}>
          <Distribution dataset={dataset.name} by={by} />
        </Suspense>
      </div>
    </>
  );
}
