import { useInfiniteQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import type { Chunk } from '../../../src/api/wire/runs.ts';
import { api } from '../../api/client.ts';
import { keys } from '../../api/queries.ts';
import { Fact, Facts } from '../../parts/facts.tsx';
import { bytesText, counted, numberText, words } from '../../parts/format.ts';
import { Section } from '../../parts/page.tsx';
import { Nothing, Problem, Waiting } from '../../parts/states.tsx';
import { useRun } from './run-page.tsx';
import classes from './runs.module.css';

/** Chunks a request. */
const pageRows = 1000;

/** The file as its chunks, in their order: a square each. */
export function Page() {
  const { run } = useRun();
  const { data, error, hasNextPage, isFetchingNextPage, fetchNextPage, refetch } = useInfiniteQuery({
    queryKey: keys.chunks(run),
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam, signal }) =>
      api('chunks', { params: { run }, query: { after: pageParam, limit: pageRows } }, signal),
    getNextPageParam: ({ next }) => next,
  });
  useEffect(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  const [chosen, setChosen] = useState<number | null>(null);
  const chunks = data?.pages.flatMap(({ items }) => items);
  if (error !== null) return <Problem error={error} onRetry={() => void refetch()} />;
  if (chunks === undefined) return <Waiting lines={4} />;
  if (chunks.length === 0) return <Nothing title="No chunk is staged." />;
  const chunk = chunks.find(({ index }) => index === chosen);
  return (
    <Section title={`Chunk map: ${counted(chunks.length, 'chunk')}`}>
      <ol className={classes.map} aria-label="Chunks in the order of the file">
        {chunks.map((each) => (
          <li key={each.index}>
            <button
              type="button"
              className={classes.chunk}
              aria-pressed={each.index === chosen}
              data-rejects={rejectsOf(each) > 0 || undefined}
              aria-label={`chunk ${each.index}: ${counted(each.records, 'record')}, ${counted(rejectsOf(each), 'reject')}`}
              title={`chunk ${each.index}: ${counted(each.records, 'record')}`}
              onClick={() => setChosen(each.index === chosen ? null : each.index)}
            />
          </li>
        ))}
      </ol>
      <p className={classes.legend} style={{ margin: 0 }}>
        <span>
          <span className={classes.chunk} aria-hidden /> all records good
        </span>
        <span>
          <span className={classes.chunk} data-rejects aria-hidden /> with rejects
        </span>
      </p>
      {chunk === undefined ? (
        <p className="soft" style={{ margin: 0 }}>
          Choose a chunk to see what is in it.
        </p>
      ) : (
        <ChunkFacts chunk={chunk} />
      )}
    </Section>
  );
}

function rejectsOf({ rejectedBy }: Chunk): number {
  return Object.values(rejectedBy).reduce((total, number) => total + number, 0);
}

function ChunkFacts({ chunk }: { readonly chunk: Chunk }) {
  return (
    <Facts>
      <Fact name="chunk">{chunk.index} (from 0)</Fact>
      <Fact name="bytes">
        {bytesText(chunk.length)}, from byte <span className="number">{numberText(chunk.offset)}</span>
      </Fact>
      <Fact name="first line">{numberText(chunk.line)}</Fact>
      <Fact name="records">
        {numberText(chunk.records)} = {counted(chunk.rows, 'row')} + {numberText(chunk.superseded)} superseded
        + {numberText(rejectsOf(chunk))} rejected
      </Fact>
      {Object.entries(chunk.rejectedBy).map(([code, number]) => (
        <Fact key={code} name={words(code)}>
          {numberText(number)}
        </Fact>
      ))}
      <Fact name="SHA-256">
        <code>{chunk.sha256}</code>
      </Fact>
    </Facts>
  );
}
