import { CloseButton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { Link } from 'react-router';
import type { DatasetAnswer } from '../../../src/api/wire/datasets.ts';
import type { Row } from '../../../src/api/wire/rows.ts';
import { hasCode } from '../../api/problem.ts';
import { rowQuery } from '../../api/queries.ts';
import { Fact, Facts } from '../../parts/facts.tsx';
import { Nothing, Problem, Waiting } from '../../parts/states.tsx';
import { WholeValue } from '../../parts/value.tsx';
import { paths } from '../../paths.ts';
import { EditForm } from './edit-form.tsx';
import { RowStory } from './row-story.tsx';
import classes from './rows.module.css';

export interface RowPanelProps {
  readonly dataset: DatasetAnswer;
  readonly id: string;
  readonly onClose: () => void;
}

/** One row: its values, to be edited, and where they come from. */
export function RowPanel({ dataset, id, onClose }: RowPanelProps) {
  const { data: row, error, refetch } = useQuery(rowQuery(dataset.name, id));
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus({ preventScroll: true }), []);
  return (
    <aside
      className={classes.panel}
      aria-label="The row that is open"
      onKeyDown={(event) => {
        if (event.key === 'Escape' && !event.defaultPrevented) onClose();
      }}
    >
      <div className={classes.panelHead}>
        <h2 ref={heading} tabIndex={-1}>
          <bdi>{id}</bdi>
        </h2>
        <CloseButton aria-label="Close the row" title="Close (Escape)" onClick={onClose} />
      </div>
      {error !== null ? (
        <Unknown error={error} dataset={dataset} id={id} onRetry={() => void refetch()} />
      ) : row === undefined ? (
        <Waiting lines={8} />
      ) : (
        <>
          {dataset.key.length === 0 ? (
            <Values dataset={dataset} row={row} />
          ) : (
            <EditForm dataset={dataset} row={row} />
          )}
          <RowStory dataset={dataset} row={row} onDone={() => heading.current?.focus()} />
        </>
      )}
    </aside>
  );
}

function Values({ dataset, row }: { readonly dataset: DatasetAnswer; readonly row: Row }) {
  return (
    <Facts>
      {dataset.columns.map(({ name }) => (
        <Fact key={name} name={<bdi>{name}</bdi>}>
          <WholeValue value={row.values[name]} label={name} />
        </Fact>
      ))}
    </Facts>
  );
}

interface UnknownProps {
  readonly error: unknown;
  readonly dataset: DatasetAnswer;
  readonly id: string;
  readonly onRetry: () => void;
}

function Unknown({ error, dataset, id, onRetry }: UnknownProps) {
  if (!hasCode(error, 'row_not_found')) return <Problem error={error} onRetry={onRetry} />;
  const [key = 'key'] = dataset.key;
  const start = Array.from(id).slice(0, 3).join('');
  return (
    <div role="alert">
      <Nothing title={`There is no row with this ${key}.`}>
        Upper and lower case, and spaces, matter.{' '}
        <Link to={paths.rows(dataset.name, { q: start })}>
          Rows that begin with “<bdi>{start}</bdi>”
        </Link>
      </Nothing>
    </div>
  );
}
