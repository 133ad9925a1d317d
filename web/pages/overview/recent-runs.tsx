import { useQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import { recentRunsQuery } from '../../api/queries.ts';
import { Ago } from '../../parts/ago.tsx';
import { counted, durationText } from '../../parts/format.ts';
import { Section } from '../../parts/page.tsx';
import { StateBadge } from '../../parts/state-badge.tsx';
import { Nothing, Problem, Waiting } from '../../parts/states.tsx';
import { paths } from '../../paths.ts';
import classes from './overview.module.css';

export function RecentRuns() {
  const { data, error, refetch } = useQuery(recentRunsQuery);
  return (
    <Section title="Last runs" actions={<Link to={paths.runs()}>All runs</Link>}>
      {error !== null ? (
        <Problem error={error} onRetry={() => void refetch()} />
      ) : data === undefined ? (
        <Waiting lines={5} />
      ) : data.items.length === 0 ? (
        <Nothing title="Nothing was imported yet." />
      ) : (
        <ul className={classes.lines}>
          {data.items.map(({ run, status, file, source, records, rejected, seconds, startedMs }) => (
            <li key={run}>
              <p className={classes.line}>
                <Link to={paths.run(run)}>run {run}</Link>
                <StateBadge state={status} />
                <span>
                  <bdi>{file}</bdi> <span className="soft">from</span> <bdi>{source}</bdi>
                </span>
                <span className="soft">
                  {counted(records, 'record')} in {durationText(seconds)}
                  {rejected > 0 && (
                    <>
                      , <Link to={paths.rejects(run)}>{counted(rejected, 'reject')}</Link>
                    </>
                  )}
                  , <Ago ms={startedMs} />
                </span>
              </p>
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}
