import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from 'react-router';
import type { Upload } from '../../../src/api/wire/imports.ts';
import { ApiProblem } from '../../../src/api/client.ts';
import { uploadQuery } from '../../api/queries.ts';
import { progressKey, usePaces } from '../../live/progress.ts';
import { Ago } from '../../parts/ago.tsx';
import { Fact, Facts } from '../../parts/facts.tsx';
import { bytesText, counted, durationText, numberText } from '../../parts/format.ts';
import { PageFrame, Section } from '../../parts/page.tsx';
import { ProgressLine } from '../../parts/progress-line.tsx';
import { StateBadge } from '../../parts/state-badge.tsx';
import { Problem, Waiting } from '../../parts/states.tsx';
import { paths } from '../../paths.ts';

/** No event says that an upload has begun to be imported, so it is asked about, in milliseconds. */
const askMs = 500;
const underWay = new Set<Upload['state']>(['waiting', 'importing']);

/** What becomes of an upload. */
export function Page() {
  const { id = '' } = useParams();
  const { data, error, refetch } = useQuery({
    ...uploadQuery(id),
    refetchInterval: ({ state }) =>
      state.data !== undefined && underWay.has(state.data.state) ? askMs : false,
  });
  return (
    <PageFrame
      title={data === undefined ? 'Upload' : data.name}
      about={data && <StateBadge state={data.state} />}
      actions={<Link to={paths.importing()}>Import another file</Link>}
    >
      {error !== null ? (
        <Problem error={error} onRetry={() => void refetch()} />
      ) : data === undefined ? (
        <Waiting lines={6} />
      ) : (
        <Became upload={data} />
      )}
    </PageFrame>
  );
}

function Became({ upload }: { readonly upload: Upload }) {
  const { name, dataset, bytes, receivedMs, state, run, problem, version } = upload;
  const pace = usePaces().get(progressKey('upload', name));
  return (
    <>
      {state === 'importing' && (
        <Section title="Import">
          <ProgressLine name={name} known={upload.progress} pace={pace} />
        </Section>
      )}
      {state === 'waiting' && <p role="status">It is here, and waits for its turn.</p>}
      {state === 'already_published' && (
        <p role="status">
          Nothing to do: just these bytes are what was last published of a file of this name.
        </p>
      )}
      {problem !== null && <Problem error={new ApiProblem(problem)} />}
      {run !== null && run.endedMs !== null && (
        <Section title="Result">
          <p role="status" style={{ margin: 0 }}>
            {counted(run.records, 'record')} in {durationText(run.seconds)}: {numberText(run.inserted)}{' '}
            inserted, {numberText(run.updated)} updated, {numberText(run.unchanged)} unchanged,{' '}
            {numberText(run.superseded)} superseded, {numberText(run.kept)} kept.{' '}
            {run.rejected > 0 && (
              <Link to={paths.rejects(run.run)}>{counted(run.rejected, 'record')} rejected</Link>
            )}
          </p>
          <p style={{ margin: 0 }}>
            <Link to={paths.run(run.run)}>Run {run.run}</Link> ·{' '}
            <Link to={paths.rows(run.dataset)}>To the rows</Link>
          </p>
        </Section>
      )}
      <Section title="File">
        <Facts>
          <Fact name="size">{bytesText(bytes)}</Fact>
          <Fact name="table">
            <bdi>{dataset}</bdi>
          </Fact>
          <Fact name="received">
            <Ago ms={receivedMs} />
          </Fact>
          <Fact name="version">
            <code>{version}</code>
          </Fact>
        </Facts>
      </Section>
    </>
  );
}
