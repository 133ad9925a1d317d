import { useIsFetching, useQueryClient } from '@tanstack/react-query';
import type { RejectAnswer } from '../../../src/api/wire/runs.ts';
import { keys } from '../../api/queries.ts';
import type { Page } from '../../list/page-chain.ts';
import { Fact, Facts } from '../../parts/facts.tsx';
import { bytesText, numberText } from '../../parts/format.ts';
import { Nothing, Waiting } from '../../parts/states.tsx';
import { WholeValue } from '../../parts/value.tsx';
import classes from './runs.module.css';

/** One reject, out of the pages that the list has loaded. @param at the byte at which its record begins */
export function RejectDetail({ run, at }: { readonly run: number; readonly at: string }) {
  const client = useQueryClient();
  const isFetching = useIsFetching({ queryKey: keys.rejects(run) }) > 0;
  const pages = client.getQueriesData<Page<RejectAnswer>>({ queryKey: keys.rejects(run) });
  const reject = pages
    .flatMap(([, page]) => page?.items ?? [])
    .find(({ byteOffset }) => String(byteOffset) === at);
  return (
    <aside className={classes.detail} aria-label="The reject that is open">
      {reject === undefined ? (
        isFetching ? (
          <Waiting lines={6} />
        ) : (
          <Nothing title="Choose a reject in the list." />
        )
      ) : (
        <div className={classes.reject}>
          <h2>Line {numberText(reject.line)}</h2>
          <p style={{ margin: 0 }}>{reject.reason}</p>
          <Facts>
            <Fact name="code">
              <code>{reject.code}</code>
            </Fact>
            <Fact name="byte">
              <span className="number">{numberText(reject.byteOffset)}</span>, {bytesText(reject.byteLength)}{' '}
              long
            </Fact>
            {reject.column !== null && (
              <Fact name="column">
                <bdi>{reject.column}</bdi>
              </Fact>
            )}
            {reject.value !== null && (
              <Fact name="value">
                <WholeValue value={reject.value} label="value" />
              </Fact>
            )}
          </Facts>
          <h3>Raw text</h3>
          <pre className={classes.raw} tabIndex={0} aria-label="Raw text of the record">
            <bdi>{reject.raw}</bdi>
          </pre>
        </div>
      )}
    </aside>
  );
}
