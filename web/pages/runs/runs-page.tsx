import { NativeSelect } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { Run } from '../../../src/api/wire/runs.ts';
import { api } from '../../api/client.ts';
import { keys, statusQuery } from '../../api/queries.ts';
import { KeysetList } from '../../list/keyset-list.tsx';
import type { KeysetSource } from '../../list/keyset-pages.ts';
import type { ListColumn } from '../../list/list-row.tsx';
import { Ago } from '../../parts/ago.tsx';
import { durationText, numberText, words } from '../../parts/format.ts';
import page from '../../parts/page.module.css';
import { PageFrame } from '../../parts/page.tsx';
import { StateBadge } from '../../parts/state-badge.tsx';
import { Nothing } from '../../parts/states.tsx';
import { oneOf, useView } from '../../parts/use-view.ts';
import { paths } from '../../paths.ts';

const states = ['planned', 'staging', 'publishing', 'done', 'failed', 'cancelled', 'outdated'] as const;
/** Runs a request. */
const pageRows = 100;

const columns: readonly ListColumn<Run>[] = [
  { id: 'run', head: 'run', cell: ({ run }) => numberText(run), width: '60px' },
  {
    id: 'state',
    head: 'state',
    cell: ({ status }) => <StateBadge state={status} />,
    width: 'minmax(100px, 0.4fr)',
  },
  {
    id: 'file',
    head: 'file',
    cell: ({ file, source }) => (
      <>
        <bdi>{file}</bdi> <span className="soft">from</span> <bdi>{source}</bdi>
      </>
    ),
    width: 'minmax(0, 2fr)',
    narrow: 'below',
  },
  {
    id: 'dataset',
    head: 'table',
    cell: ({ dataset }) => <bdi>{dataset}</bdi>,
    width: 'minmax(0, 0.8fr)',
    narrow: 'out',
  },
  {
    id: 'records',
    head: 'records',
    cell: (run) => numberText(run.records),
    width: '100px',
    align: 'end',
    narrow: 'out',
  },
  {
    id: 'inserted',
    head: 'inserted',
    cell: (run) => numberText(run.inserted),
    width: '90px',
    align: 'end',
    narrow: 'out',
  },
  {
    id: 'updated',
    head: 'updated',
    cell: (run) => numberText(run.updated),
    width: '90px',
    align: 'end',
    narrow: 'out',
  },
  {
    id: 'rejected',
    head: 'rejected',
    cell: (run) => numberText(run.rejected),
    width: '80px',
    align: 'end',
    narrow: 'out',
  },
  {
    id: 'took',
    head: 'took',
    cell: ({ seconds }) => durationText(seconds),
    width: '80px',
    align: 'end',
    narrow: 'out',
  },
  {
    id: 'started',
    head: 'started',
    cell: ({ startedMs }) => <Ago ms={startedMs} />,
    width: '90px',
    align: 'end',
  },
];

/** What each import did, the newest first. */
export function Page() {
  const [params, change] = useView();
  const { data: status } = useQuery(statusQuery);
  const view = {
    dataset: params.get('dataset') ?? undefined,
    source: params.get('source') ?? undefined,
    status: oneOf(states, params.get('status')),
  };
  const source: KeysetSource<Run> = {
    queryKey: [...keys.runs, view],
    pageRows,
    fetch: ({ after, limit }, signal) => api('runs', { query: { ...view, after, limit } }, signal),
  };
  const isFiltered = Object.values(view).some((value) => value !== undefined);
  const choices = (name: 'dataset' | 'source', known: readonly string[]): string[] => {
    const chosen = view[name];
    return chosen === undefined || known.includes(chosen) ? [...known] : [...known, chosen];
  };
  return (
    <PageFrame title="Runs" filled>
      <search className={page.filters}>
        <NativeSelect
          aria-label="State"
          value={view.status ?? ''}
          data={[
            { value: '', label: 'any state' },
            ...states.map((value) => ({ value, label: words(value) })),
          ]}
          onChange={(event) => change({ status: event.currentTarget.value })}
        />
        <NativeSelect
          aria-label="Table"
          value={view.dataset ?? ''}
          data={[
            { value: '', label: 'any table' },
            ...choices('dataset', status?.datasets.map(({ name }) => name) ?? []),
          ]}
          onChange={(event) => change({ dataset: event.currentTarget.value })}
        />
        <NativeSelect
          aria-label="Source"
          value={view.source ?? ''}
          data={[
            { value: '', label: 'any source' },
            ...choices('source', [...(status?.sources.map(({ name }) => name) ?? []), 'upload']),
          ]}
          onChange={(event) => change({ source: event.currentTarget.value })}
        />
      </search>
      <KeysetList
        key={JSON.stringify(source.queryKey)}
        label="Runs"
        source={source}
        columns={columns}
        rowKey={({ run }) => String(run)}
        rowLink={({ run }) => paths.run(run)}
        empty={
          isFiltered ? (
            <Nothing title="No run is like that." />
          ) : (
            <Nothing title="Nothing was imported yet.">A run appears for each version of a file.</Nothing>
          )
        }
      />
    </PageFrame>
  );
}
