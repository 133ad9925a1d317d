import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { sensedStatusQuery } from '../../api/queries.ts';
import { counted } from '../../parts/format.ts';
import { PageFrame } from '../../parts/page.tsx';
import { Nothing, Problem, Waiting } from '../../parts/states.tsx';
import { AddSource } from './add-source.tsx';
import { SourceCard } from './source-card.tsx';
import classes from './sources.module.css';

/** Where files come from: how each source is, and what can be done with it. */
export function Page() {
  const { data: status, error, refetch } = useQuery(sensedStatusQuery);
  const [isAdding, setAdding] = useState(false);
  return (
    <PageFrame
      title="Sources"
      about={status && counted(status.sources.length, 'source')}
      actions={
        <Button size="compact-sm" onClick={() => setAdding(true)}>
          Add a source
        </Button>
      }
    >
      <AddSource opened={isAdding} onClose={() => setAdding(false)} />
      {error !== null ? (
        <Problem error={error} onRetry={() => void refetch()} />
      ) : status === undefined ? (
        <Waiting lines={8} />
      ) : status.sources.length === 0 ? (
        <Nothing title="There is no source yet.">
          A source is a server of ours, the address of a CSV, or a file or folder of the master's machine.
        </Nothing>
      ) : (
        <ul className={classes.list} aria-label="Sources">
          {status.sources.map((source) => (
            <li key={source.name}>
              <SourceCard source={source} />
            </li>
          ))}
        </ul>
      )}
    </PageFrame>
  );
}
