import { NativeSelect } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from 'react-router';
import type { FileAnswer } from '../../../src/api/wire/sources.ts';
import { api } from '../../api/client.ts';
import { keys, sensedStatusQuery } from '../../api/queries.ts';
import { KeysetList } from '../../list/keyset-list.tsx';
import type { KeysetSource } from '../../list/keyset-pages.ts';
import type { ListColumn } from '../../list/list-row.tsx';
import { bytesText, words } from '../../parts/format.ts';
import { PageFrame } from '../../parts/page.tsx';
import { StateBadge } from '../../parts/state-badge.tsx';
import { Nothing, Problem, Waiting } from '../../parts/states.tsx';
import { oneOf, useView } from '../../parts/use-view.ts';
import { paths } from '../../paths.ts';
import { SourceActions } from './source-actions.tsx';
import { SourceAbout } from './source-card.tsx';
import classes from './sources.module.css';

const states = [
  ...(['preparing', 'refused', 'queued', 'reading', 'waiting', 'importing', 'published'] as const),
  ...(['retrying', 'failed'] as const),
];
/** Files a request. */
const pageRows = 200;

const columns: readonly ListColumn<FileAnswer>[] = [
  { id: 'file', head: 'file', cell: ({ name }) => <bdi>{name}</bdi>, width: 'minmax(0, 1.5fr)' },
  { id: 'state', head: 'state', cell: ({ state }) => <StateBadge state={state} />, width: '110px' },
  {
    id: 'size',
    head: 'size',
    cell: ({ bytes }) => (bytes === null ? '' : bytesText(bytes)),
    width: '90px',
    align: 'end',
    narrow: 'out',
  },
  {
    id: 'run',
    head: 'published by',
    cell: ({ published }) =>
      published === null ? '' : <Link to={paths.run(published.run)}>run {published.run}</Link>,
    width: '100px',
    narrow: 'out',
  },
  {
    id: 'why',
    head: 'why',
    cell: ({ trouble }) => <bdi>{trouble?.reason ?? ''}</bdi>,
    width: 'minmax(0, 2fr)',
    narrow: 'below',
  },
];

/** One source and all its files. */
export function Page() {
  const { source: name = '' } = useParams();
  const { data: status, error, refetch } = useQuery(sensedStatusQuery);
  const [params, change] = useView();
  const state = oneOf(states, params.get('state'));
  const source = status?.sources.find((each) => each.name === name);
  const list: KeysetSource<FileAnswer> = {
    queryKey: [...keys.files(name), state ?? null],
    pageRows,
    fetch: ({ after, limit }, signal) =>
      api('files', { params: { source: name }, query: { state, after, limit } }, signal),
  };
  return (
    <PageFrame
      title={name}
      documentTitle={`Source ${name}`}
      about={source && <StateBadge state={source.state} />}
      actions={source && <SourceActions source={source} />}
      filled
    >
      {error !== null ? (
        <Problem error={error} onRetry={() => void refetch()} />
      ) : status === undefined ? (
        <Waiting lines={8} />
      ) : source === undefined ? (
        <Nothing title={`There is no source “${name}”.`}>
          <Link to={paths.sources()}>All sources</Link>
        </Nothing>
      ) : (
        <>
          <div>
            <SourceAbout source={source} />
            {source.trouble !== null && (
              <p className={classes.trouble}>
                <bdi>{source.trouble.reason}</bdi>
              </p>
            )}
          </div>
          <search>
            <NativeSelect
              aria-label="State"
              value={state ?? ''}
              className={classes.stateChoice}
              data={[
                { value: '', label: 'any state' },
                ...states.map((value) => ({ value, label: words(value) })),
              ]}
              onChange={(event) => change({ state: event.currentTarget.value })}
            />
          </search>
          <KeysetList
            key={JSON.stringify(list.queryKey)}
            label={`Files of ${name}`}
            source={list}
            columns={columns}
            rowKey={(file) => file.name}
            empty={
              <Nothing title={state === undefined ? 'It offers no file.' : 'No file is in this state.'} />
            }
          />
        </>
      )}
    </PageFrame>
  );
}
