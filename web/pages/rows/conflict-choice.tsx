import { Button, Radio } from '@mantine/core';
import { useState } from 'react';
import type { Row } from '../../../src/api/wire/rows.ts';
import { WholeValue } from '../../parts/value.tsx';
import { type Draft, rebased } from './draft.ts';
import classes from './rows.module.css';

export interface ConflictChoiceProps {
  readonly draft: Draft;
  readonly now: Row;
  /** Columns that somebody else has changed. */
  readonly theirs: readonly string[];
  readonly onChosen: (draft: Draft) => void;
}

/** Somebody else, or an import, has changed the row while it was edited here: shows what, and lets choose. */
export function ConflictChoice({ draft, now, theirs, onChosen }: ConflictChoiceProps) {
  const [mine, setMine] = useState<ReadonlySet<string>>(new Set());
  const contested = new Set(theirs.filter((name) => draft.texts[name] !== undefined));
  const choose = (name: string, isMine: boolean): void => {
    const next = new Set(mine);
    if (isMine) next.add(name);
    else next.delete(name);
    setMine(next);
  };
  return (
    <div role="alert" className={classes.conflict}>
      <p>
        <strong>The row has changed since you began.</strong> Nothing is saved yet.
      </p>
      {theirs.map((name) =>
        contested.has(name) ? (
          <fieldset key={name} className={classes.choice}>
            <legend>
              <bdi>{name}</bdi>
            </legend>
            <Radio
              name={`choice of ${name}`}
              label={
                <>
                  theirs: <WholeValue value={now.values[name]} label={`their ${name}`} />
                </>
              }
              checked={!mine.has(name)}
              onChange={() => choose(name, false)}
            />
            <Radio
              name={`choice of ${name}`}
              mt={6}
              label={
                <>
                  yours: <WholeValue value={draft.texts[name]} label={`your ${name}`} />
                </>
              }
              checked={mine.has(name)}
              onChange={() => choose(name, true)}
            />
          </fieldset>
        ) : (
          <div key={name}>
            <strong>
              <bdi>{name}</bdi>
            </strong>{' '}
            is now: <WholeValue value={now.values[name]} label={`their ${name}`} />
          </div>
        ),
      )}
      <Button size="compact-sm" onClick={() => onChosen(rebased(draft, now, theirs, mine))}>
        Go on with this
      </Button>
    </div>
  );
}
