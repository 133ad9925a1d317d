import { Button, Textarea, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { DatasetAnswer } from '../../../src/api/wire/datasets.ts';
import type { Row } from '../../../src/api/wire/rows.ts';
import { api } from '../../api/client.ts';
import { hasCode } from '../../api/problem.ts';
import { keys } from '../../api/queries.ts';
import { ActionButton } from '../../parts/action-button.tsx';
import { counted } from '../../parts/format.ts';
import { Problem } from '../../parts/states.tsx';
import { ShortValue, textOf } from '../../parts/value.tsx';
import { ConflictChoice } from './conflict-choice.tsx';
import { type Change, changedMeanwhile, changesOf, type Draft, editable } from './draft.ts';
import classes from './rows.module.css';

/** Changes a row; what somebody else does to it meanwhile is shown, and never overwritten unseen. */
export function EditForm({ dataset, row }: { readonly dataset: DatasetAnswer; readonly row: Row }) {
  const client = useQueryClient();
  const [kept, setDraft] = useState<Draft>({ base: row, texts: {} });
  const isUntouched = changesOf(dataset, kept).length === 0;
  // Whoever has changed nothing sees the row as it is.
  const draft = isUntouched && kept.base.hash !== row.hash ? { base: row, texts: {} } : kept;
  const changes = changesOf(dataset, draft);
  const theirs = changes.length === 0 ? [] : changedMeanwhile(dataset, draft, row);
  const saving = useMutation({
    mutationFn: () =>
      api('changeRow', {
        params: { dataset: dataset.name, key: row.id },
        headers: { 'if-match': `"${row.hash}"` },
        body: { values: Object.fromEntries(changes.map(({ column, to }) => [column, to])) },
      }),
    onSuccess: (saved) => {
      client.setQueryData(keys.row(dataset.name, row.id), saved);
      void client.invalidateQueries({ queryKey: keys.story(dataset.name, row.id) });
      setDraft({ base: saved, texts: {} });
      notifications.show({ message: 'Saved. Counts and lists follow.', color: 'teal' });
    },
    onError: (error) => {
      if (hasCode(error, 'edit_outdated') || hasCode(error, 'row_not_found'))
        void client.invalidateQueries({ queryKey: keys.row(dataset.name, row.id) });
    },
  });
  const change = (column: string, text: string): void => {
    saving.reset();
    setDraft({ base: draft.base, texts: { ...draft.texts, [column]: text } });
  };
  const isOutdated = hasCode(saving.error, 'edit_outdated');
  return (
    <form
      aria-label="Edit the row"
      className={classes.form}
      onSubmit={(event) => {
        event.preventDefault();
        if (changes.length > 0 && theirs.length === 0) saving.mutate();
      }}
    >
      {editable(dataset).map(({ name, type }) => (
        <Field
          key={name}
          name={name}
          isText={type === 'text'}
          text={draft.texts[name] ?? textOf(draft.base.values[name]) ?? ''}
          changed={changes.find(({ column }) => column === name)}
          onChange={(text) => change(name, text)}
        />
      ))}
      {theirs.length > 0 && (
        <ConflictChoice
          draft={draft}
          now={row}
          theirs={theirs}
          onChosen={(next) => {
            saving.reset();
            setDraft(next);
          }}
        />
      )}
      {saving.error !== null && !isOutdated && <Problem error={saving.error} />}
      <div className={classes.formFoot}>
        <ActionButton
          type="submit"
          disabled={changes.length === 0 || theirs.length > 0}
          isBusy={saving.isPending}
        >
          {changes.length === 0 ? 'Save' : `Save ${counted(changes.length, 'change')}`}
        </ActionButton>
        {changes.length > 0 && (
          <Button variant="default" onClick={() => setDraft({ base: row, texts: {} })}>
            Undo
          </Button>
        )}
        <span className="soft" aria-live="polite">
          {changes.length > 0 &&
            theirs.length === 0 &&
            'An edit survives imports until a file changes the row.'}
        </span>
      </div>
    </form>
  );
}

interface FieldProps {
  readonly name: string;
  readonly isText: boolean;
  readonly text: string;
  readonly changed: Change | undefined;
  readonly onChange: (text: string) => void;
}

function Field({ name, isText, text, changed, onChange }: FieldProps) {
  const props = {
    label: <bdi>{name}</bdi>,
    value: text,
    dir: 'auto' as const,
    spellCheck: false,
    description: changed && (
      <span className={classes.was}>
        was: <ShortValue value={changed.from} />
      </span>
    ),
    inputWrapperOrder: ['label' as const, 'input' as const, 'description' as const, 'error' as const],
    onChange: (event: { currentTarget: { value: string } }) => onChange(event.currentTarget.value),
  };
  return isText ? <Textarea autosize minRows={1} maxRows={10} {...props} /> : <TextInput {...props} />;
}
