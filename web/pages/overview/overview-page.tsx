import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense } from 'react';
import { Link } from 'react-router';
import { loadCode } from '../../live/load-code.ts';
import type { Status } from '../../../src/api/wire/status.ts';
import { sensedStatusQuery } from '../../api/queries.ts';
import { Ago } from '../../parts/ago.tsx';
import { counted, numberText } from '../../parts/format.ts';
import { PageFrame, Section } from '../../parts/page.tsx';
import { Nothing, Problem, Waiting } from '../../parts/states.tsx';
import { StateBadge } from '../../parts/state-badge.tsx';
import { paths } from '../../paths.ts';
import { LiveImports } from './live-imports.tsx';
import classes from './overview.module.css';
import { RecentRuns } from './recent-runs.tsx';

const Throughput = lazy(async () => ({
  default: (await loadCode(() => import('./throughput.tsx'))).Throughput,
}));

/** What there is, what happens, and whether all is well. */
export function Page() {
  const { data: status, error, refetch } = useQuery(sensedStatusQuery);
  return (
    <PageFrame
      title="Overview"
      about={
        status && (
          <>
            version {status.version}, started <Ago ms={status.startedMs} />
          </>
        )
      }
    >
      {error !== null ? (
        <Problem error={error} onRetry={() => void refetch()} />
      ) : status === undefined ? (
        <Waiting lines={10} />
      ) : (
        <>
          {status.database.trouble !== null && (
            <div role="alert" className={classes.trouble}>
              <strong>Nothing can be imported at the moment:</strong>{' '}
              <bdi>{status.database.trouble.reason}</bdi>
            </div>
          )}
          <Totals status={status} />
          <div className={classes.columns}>
            <LiveImports status={status} />
            <Sources status={status} />
            <Section title="Throughput of the last hour">
              <Suspense fallback={<div className={classes.chartPlace} />}>
                <Throughput />
              </Suspense>
            </Section>
            <RecentRuns />
          </div>
        </>
      )}
    </PageFrame>
  );
}

function Totals({ status }: { readonly status: Status }) {
  if (status.datasets.length === 0)
    return <Nothing title="There is no table yet.">The first import makes it.</Nothing>;
  return (
    <ul className={classes.totals} aria-label="Totals">
      {status.datasets.map(({ name, rows, groups, countBy }) => (
        <li key={name}>
          <Link to={paths.rows(name)} className={classes.total}>
            <span className={classes.number}>{numberText(rows)}</span>
            <span className="soft">
              {rows === 1 ? 'row' : 'rows'} of <bdi>{name}</bdi>
            </span>
          </Link>
          {countBy.length > 0 && (
            <Link to={paths.counts(name)} className={classes.total}>
              <span className={classes.number}>{numberText(groups)}</span>
              <span className="soft">
                different values of <bdi>{countBy[0]}</bdi>
              </span>
            </Link>
          )}
        </li>
      ))}
    </ul>
  );
}

function Sources({ status: { sources } }: { readonly status: Status }) {
  return (
    <Section title="Sources" actions={<Link to={paths.sources()}>All sources</Link>}>
      {sources.length === 0 ? (
        <Nothing title="There is no source yet.">
          <Link to={paths.sources()}>Add one</Link>, or <Link to={paths.importing()}>import a file</Link>.
        </Nothing>
      ) : (
        <ul className={classes.lines}>
          {sources.map(({ name, state, trouble, sensedMs, filesBy }) => (
            <li key={name}>
              <p className={classes.line}>
                <Link to={paths.source(name)}>
                  <bdi>{name}</bdi>
                </Link>
                <StateBadge state={state} />
                <span className="soft">
                  {counted(
                    Object.values(filesBy).reduce((total, number) => total + number, 0),
                    'file',
                  )}
                  {sensedMs !== null && (
                    <>
                      , sensed <Ago ms={sensedMs} />
                    </>
                  )}
                </span>
              </p>
              {trouble !== null && (
                <p className={classes.why}>
                  <bdi>{trouble.reason}</bdi>
                </p>
              )}
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}
