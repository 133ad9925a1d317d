import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { NavLink, Outlet, useOutletContext, useParams } from 'react-router';
import type { Run } from '../../../src/api/wire/runs.ts';
import { api } from '../../api/client.ts';
import { keys, runQuery } from '../../api/queries.ts';
import { ActionButton } from '../../parts/action-button.tsx';
import { counted, partitionsText } from '../../parts/format.ts';
import { PageFrame } from '../../parts/page.tsx';
import { StateBadge } from '../../parts/state-badge.tsx';
import { Nothing, Problem, Waiting } from '../../parts/states.tsx';
import { paths } from '../../paths.ts';
import classes from './runs.module.css';

/** The run that this address is of, for what is shown of it. */
export function useRun(): Run {
  return useOutletContext<Run>();
}

/** One run: its receipt, its chunks, what it has refused. */
export function Page() {
  const { run: text = '' } = useParams();
  const number = /^[1-9]\d{0,15}$/.test(text) ? Number(text) : null;
  if (number === null)
    return (
      <PageFrame title="No such run">
        <Nothing title="Runs have numbers, from 1." />
      </PageFrame>
    );
  return <OneRun key={number} number={number} />;
}

function OneRun({ number }: { readonly number: number }) {
  const { data: run, error, refetch } = useQuery(runQuery(number));
  return (
    <PageFrame
      title={`Run ${number}`}
      about={
        run && (
          <>
            <StateBadge state={run.status} />{' '}
            {run.status === 'publishing' &&
              run.partitions !== null &&
              `${partitionsText(run.partitions)} of `}
            <bdi>{run.file}</bdi> from <bdi>{run.source}</bdi> into <bdi>{run.dataset}</bdi>
          </>
        )
      }
      actions={run && <Actions run={run} />}
    >
      <nav aria-label="Of this run" className={classes.tabs}>
        <NavLink className={classes.tab} end to={paths.run(number)}>
          Receipt
        </NavLink>
        <NavLink className={classes.tab} to={paths.chunks(number)}>
          Chunks
        </NavLink>
        <NavLink className={classes.tab} to={paths.rejects(number)}>
          {run === undefined || run.rejected === 0 ? 'Rejects' : counted(run.rejected, 'reject')}
        </NavLink>
      </nav>
      {error !== null ? (
        <Problem error={error} onRetry={() => void refetch()} />
      ) : run === undefined ? (
        <Waiting lines={8} />
      ) : (
        <Outlet context={run} />
      )}
    </PageFrame>
  );
}

const running = new Set<Run['status']>(['planned', 'staging', 'publishing']);

function Actions({ run }: { readonly run: Run }) {
  const client = useQueryClient();
  const acting = useMutation({
    mutationFn: (route: 'cancelRun' | 'retryRun') => api(route, { params: { run: run.run } }),
    // Its end may have been told before this answer was here.
    onSuccess: (answer) =>
      client.setQueryData<Run>(keys.run(answer.run), (known) =>
        known !== undefined && known.endedMs !== null && answer.endedMs === null ? known : answer,
      ),
  });
  const canRetry = run.status === 'failed' || run.status === 'cancelled';
  return (
    <>
      {running.has(run.status) && (
        <ActionButton
          size="compact-sm"
          variant="default"
          isBusy={acting.isPending}
          onClick={() => acting.mutate('cancelRun')}
        >
          Cancel the run
        </ActionButton>
      )}
      {canRetry && (
        <ActionButton
          size="compact-sm"
          variant="default"
          isBusy={acting.isPending}
          onClick={() => acting.mutate('retryRun')}
        >
          Try once more
        </ActionButton>
      )}
      {acting.error !== null && <Problem error={acting.error} />}
    </>
  );
}
