import { Button } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { Link } from 'react-router';
import type { DatasetAnswer } from '../../../src/api/wire/datasets.ts';
import type { Row, StoryAnswer } from '../../../src/api/wire/rows.ts';
import { api } from '../../api/client.ts';
import { keys, storyQuery } from '../../api/queries.ts';
import { ActionButton } from '../../parts/action-button.tsx';
import { Ago } from '../../parts/ago.tsx';
import { numberText } from '../../parts/format.ts';
import { StateBadge } from '../../parts/state-badge.tsx';
import { Problem, Waiting } from '../../parts/states.tsx';
import { ShortValue } from '../../parts/value.tsx';
import { paths } from '../../paths.ts';
import classes from './rows.module.css';

type Edit = StoryAnswer['edits'][number];
type Origin = StoryAnswer['origin'];

export interface RowStoryProps {
  readonly dataset: DatasetAnswer;
  readonly row: Row;
  /** What was pressed last has gone. */
  readonly onDone: () => void;
}

/** Where a row comes from: the record that brought it, and what people made of it. */
export function RowStory({ dataset, row, onDone }: RowStoryProps) {
  const { data: story, error, refetch } = useQuery(storyQuery(dataset.name, row.id));
  return (
    <section aria-label="Story of the row" className={classes.form}>
      <h3>Story</h3>
      {error !== null ? (
        <Problem error={error} onRetry={() => void refetch()} />
      ) : story === undefined ? (
        <Waiting lines={3} />
      ) : (
        <ol className={classes.story}>
          {story.edits.map((edit) => (
            <li key={edit.edit} className={classes.step}>
              <EditStep dataset={dataset} row={row} edit={edit} onDone={onDone} />
            </li>
          ))}
          <li className={classes.step}>
            <p>
              {story.edits.length === 0 ? 'Brought by ' : 'Before any edit, brought by '}
              <Brought origin={story.origin} />
            </p>
          </li>
        </ol>
      )}
    </section>
  );
}

function Brought({ origin: { run, line, source, file, publishedMs } }: { readonly origin: Origin }) {
  return (
    <>
      line <span className="number">{numberText(line)}</span> of{' '}
      {file === null ? (
        'a file that is not known any more'
      ) : (
        <>
          <strong>
            <bdi>{file}</bdi>
          </strong>{' '}
          from <bdi>{source}</bdi>
        </>
      )}
      , <Link to={paths.run(run)}>run {run}</Link>
      {publishedMs !== null && (
        <>
          , <Ago ms={publishedMs} />
        </>
      )}
    </>
  );
}

interface EditStepProps extends RowStoryProps {
  readonly edit: Edit;
}

const endings = { standing: '', replaced: 'replaced', taken_back: 'taken back', ended: 'ended by' } as const;

function EditStep({ dataset, row, edit, onDone }: EditStepProps) {
  const changed = dataset.columns.filter(({ name }) => edit.values[name] !== edit.withoutIt.values[name]);
  return (
    <>
      <p>
        Edited <Ago ms={edit.editedMs} /> <StateBadge state={edit.state} />
        {edit.endedMs !== null && (
          <span className="soft">
            {' '}
            {endings[edit.state]}{' '}
            {edit.endedBy !== null && <Link to={paths.run(edit.endedBy.run)}>run {edit.endedBy.run}</Link>}{' '}
            <Ago ms={edit.endedMs} />
          </span>
        )}
      </p>
      {changed.map(({ name }) => (
        <p key={name} className="soft">
          <bdi>{name}</bdi>: <ShortValue value={edit.values[name]} />, without it{' '}
          <ShortValue value={edit.withoutIt.values[name]} />
        </p>
      ))}
      {edit.state === 'standing' && <TakeBack dataset={dataset} row={row} onDone={onDone} />}
    </>
  );
}

function TakeBack({ dataset, row, onDone }: Omit<EditStepProps, 'edit'>) {
  const [isAsked, setAsked] = useState(false);
  if (isAsked) return <Confirm dataset={dataset} row={row} onDone={onDone} onKept={() => setAsked(false)} />;
  return (
    <Button size="compact-sm" variant="default" onClick={() => setAsked(true)}>
      Take the edit back
    </Button>
  );
}

function Confirm({
  dataset,
  row,
  onDone,
  onKept,
}: Omit<EditStepProps, 'edit'> & { readonly onKept: () => void }) {
  const client = useQueryClient();
  const first = useRef<HTMLButtonElement>(null);
  // The button that was pressed has gone: whoever uses the keyboard goes on here.
  useEffect(() => first.current?.focus(), []);
  const takingBack = useMutation({
    mutationFn: () =>
      api('takeBackEdit', {
        params: { dataset: dataset.name, key: row.id },
        headers: { 'if-match': `"${row.hash}"` },
      }),
    onSuccess: (saved) => {
      client.setQueryData(keys.row(dataset.name, row.id), saved);
      notifications.show({
        message: 'The edit is taken back: the row is what the files say.',
        color: 'teal',
      });
      onDone();
    },
    onSettled: () => {
      void client.invalidateQueries({ queryKey: keys.story(dataset.name, row.id) });
    },
  });
  return (
    <>
      <div className={classes.formFoot}>
        <ActionButton
          ref={first}
          size="compact-sm"
          color="red"
          isBusy={takingBack.isPending}
          onClick={() => takingBack.mutate()}
        >
          Yes, take it back
        </ActionButton>
        <Button size="compact-sm" variant="default" onClick={onKept}>
          Keep it
        </Button>
      </div>
      {takingBack.error !== null && <Problem error={takingBack.error} />}
    </>
  );
}
