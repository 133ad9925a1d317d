import { Autocomplete, NativeSelect, TextInput } from '@mantine/core';
import type { PreviewAnswer } from '../../../src/api/wire/imports.ts';
import { useDatasets } from '../../parts/datasets.ts';
import { useTyped } from '../../parts/use-typed.ts';
import classes from './import.module.css';
import {
  type Choice,
  delimiters,
  encodings,
  escapes,
  headers,
  quotes,
  type Reading,
  readingOf,
  withValue,
} from './reading.ts';

interface Changed {
  readonly currentTarget: { readonly value: string };
}

/** What a person has said; `reading: null`: as the file looks. */
export interface Said {
  readonly name: string;
  /** Empty: the usual one. */
  readonly dataset: string;
  /** Empty: the master's limit. */
  readonly maxRejects: string;
  readonly reading: Reading | null;
}

export interface DialectFormProps {
  readonly preview: PreviewAnswer;
  readonly said: Said;
  readonly onChange: (part: Partial<Said>) => void;
}

/** How the file is read, and how it can be read otherwise. */
export function DialectForm({ preview, said, onChange }: DialectFormProps) {
  const datasets = useDatasets() ?? [];
  const reading = said.reading ?? readingOf(preview.dialect);
  const change = (part: Partial<Reading>): void => onChange({ reading: { ...reading, ...part } });
  const name = useTyped(said.name, (text) => onChange({ name: text }));
  const dataset = useTyped(said.dataset === '' ? preview.dataset : said.dataset, (text) =>
    onChange({ dataset: text }),
  );
  const encoding = useTyped(reading.encoding, (text) => change({ encoding: text }));
  const choice = (part: keyof Reading, known: readonly Choice[]) => ({
    value: reading[part],
    data: withValue(known, reading[part]),
    onChange: (event: Changed) => change({ [part]: event.currentTarget.value }),
  });
  return (
    <>
      <div className={classes.form}>
        <TextInput
          label="Name of the file"
          description="What versions belong to"
          maxLength={255}
          value={name.value}
          onChange={(event) => name.type(event.currentTarget.value)}
          onBlur={name.flush}
        />
        <Autocomplete
          label="Table"
          description="A new one is made"
          maxLength={200}
          data={datasets.map((each) => each.name)}
          value={dataset.value}
          onChange={dataset.type}
          onBlur={dataset.flush}
        />
        <NativeSelect label="Between fields" {...choice('delimiter', delimiters)} />
        <NativeSelect label="Quote" {...choice('quote', quotes)} />
        <NativeSelect label="A quote inside quotes" {...choice('escape', escapes)} />
        <Autocomplete
          label="Encoding"
          maxLength={40}
          data={encodings}
          value={encoding.value}
          onChange={encoding.type}
          onBlur={encoding.flush}
        />
        <NativeSelect label="First line" {...choice('header', headers)} />
        <TextInput
          label="Rejects at most"
          description="A number, or a part such as 5%"
          maxLength={40}
          placeholder="10 %, and 100 in any case"
          value={said.maxRejects}
          onChange={(event) => onChange({ maxRejects: event.currentTarget.value })}
        />
      </div>
      {preview.sniffed.reasons.length > 0 && (
        <details>
          <summary>Why it is taken to be so</summary>
          <ul className={classes.reasons}>
            {preview.sniffed.reasons.map((reason) => (
              <li key={reason}>{reason}</li>
            ))}
          </ul>
        </details>
      )}
    </>
  );
}
