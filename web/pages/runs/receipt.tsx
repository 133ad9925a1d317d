import { Link } from 'react-router';
import type { Run } from '../../../src/api/wire/runs.ts';
import { Ago } from '../../parts/ago.tsx';
import { Fact, Facts } from '../../parts/facts.tsx';
import { bytesText, counted, durationText, numberText, percentText, words } from '../../parts/format.ts';
import { Section } from '../../parts/page.tsx';
import { paths } from '../../paths.ts';
import { useRun } from './run-page.tsx';
import classes from './runs.module.css';

const outcomes = ['inserted', 'updated', 'unchanged', 'superseded', 'kept', 'rejected'] as const;

/** The account of a run: what became of each record, and that the sums meet. */
export function Page() {
  const run = useRun();
  return (
    <>
      {run.error !== null && (
        <Section title="Why it has failed">
          <p role="alert" style={{ margin: 0 }}>
            <bdi>{run.error.message}</bdi> <code>{run.error.code}</code>
          </p>
        </Section>
      )}
      <div className={classes.columns}>
        <Sums run={run} />
        <Timings run={run} />
        <Content run={run} />
        {run.rejected > 0 && <Reasons run={run} />}
      </div>
    </>
  );
}

function Sums({ run }: { readonly run: Run }) {
  const sum = outcomes.reduce((total, outcome) => total + run[outcome], 0);
  const isOver = run.endedMs !== null;
  return (
    <Section title="Receipt">
      <table className={classes.sums}>
        <caption className="visually-hidden">What became of each record</caption>
        <tbody>
          {outcomes.map((outcome) => (
            <tr key={outcome}>
              <th scope="row">{outcome}</th>
              <td>{numberText(run[outcome])}</td>
              <td className="soft">{run.records === 0 ? '' : percentText(run[outcome] / run.records)}</td>
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row">records</th>
            <td>{numberText(run.records)}</td>
            <td>
              {isOver &&
                (sum === run.records ? (
                  <span className={classes.meets}>the sums meet</span>
                ) : run.status === 'done' ? (
                  <span className={classes.differs}>differs by {numberText(run.records - sum)}</span>
                ) : (
                  <span className="soft">not published</span>
                ))}
            </td>
          </tr>
        </tfoot>
      </table>
    </Section>
  );
}

function Timings({ run }: { readonly run: Run }) {
  return (
    <Section title="Time">
      <Facts>
        <Fact name="started">
          <Ago ms={run.startedMs} />
        </Fact>
        <Fact name="ended">{run.endedMs === null ? 'not yet' : <Ago ms={run.endedMs} />}</Fact>
        <Fact name="took">{durationText(run.seconds)}</Fact>
        <Fact name="speed">
          <span className="number">{numberText(run.recordsPerSecond)}</span> records/s
          {run.seconds > 0 && `, ${bytesText(run.bytes / run.seconds)}/s`}
        </Fact>
        <Fact name="peak memory">{bytesText(run.peakRssBytes)}</Fact>
        <Fact name="chunks">
          <Link to={paths.chunks(run.run)}>{numberText(run.chunks)}</Link>
          {run.chunksTakenOver > 0 && `, ${numberText(run.chunksTakenOver)} taken over from before`}
        </Fact>
      </Facts>
    </Section>
  );
}

function Content({ run }: { readonly run: Run }) {
  return (
    <Section title="Content">
      <Facts>
        <Fact name="file">
          <bdi>{run.file}</bdi>, {bytesText(run.bytes)}
        </Fact>
        <Fact name="source">
          <Link to={paths.runs({ source: run.source })}>
            <bdi>{run.source}</bdi>
          </Link>
        </Fact>
        <Fact name="version">{run.version === null ? 'not known' : <code>{run.version}</code>}</Fact>
        <Fact name="publish number">
          {run.publishNumber === null ? 'not published' : numberText(run.publishNumber)}
        </Fact>
        {run.blankLines > 0 && <Fact name="blank lines">{numberText(run.blankLines)}</Fact>}
        {run.removed > 0 && <Fact name="removed">{counted(run.removed, 'row')}</Fact>}
        {run.ignoredColumns.length > 0 && (
          <Fact name="columns left out">
            <bdi>{run.ignoredColumns.join(', ')}</bdi>
          </Fact>
        )}
        {run.rows !== null && (
          <Fact name="table after it">
            {counted(run.rows, 'row')}
            {run.groups !== null && `, ${counted(run.groups, 'group')}`}
          </Fact>
        )}
        {run.checksum !== null && (
          <Fact name="checksum">
            <code>{run.checksum}</code>
          </Fact>
        )}
      </Facts>
    </Section>
  );
}

function Reasons({ run }: { readonly run: Run }) {
  const entries = Object.entries(run.rejectedBy).toSorted(([, a], [, b]) => b - a);
  return (
    <Section title="Refused, by reason">
      <table className={classes.sums}>
        <tbody>
          {entries.map(([code, number]) => (
            <tr key={code}>
              <th scope="row">
                <Link to={paths.rejects(run.run, { code })}>{words(code)}</Link>
              </th>
              <td>{numberText(number)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Section>
  );
}
