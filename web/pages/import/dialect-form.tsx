import { Autocomplete, NativeSelect, TextInput } from '@mantine/core';
import type { PreviewAnswer } from '../../../src/api/wire/imports.ts';
import { useDatasets } from '../../parts/datasets.ts';
import { useTyped } from '../../parts/use-typed.ts';
import classes from './import.module.css';
import { delimiters, encodings, escapes, quotes, type Reading, readingOf, withValue } from './reading.ts';

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
  readonly onChange: (said: Said) => void;
}

/** How the file is read, and how it can be read otherwise. */
export function DialectForm({ preview, said, onChange }: DialectFormProps) {
  const datasets = useDatasets() ?? [];
  const reading = said.reading ?? readingOf(preview.dialect);
  const change = (part: Partial<Reading>): void => onChange({ ...said, reading: { ...reading, ...part } });
  const name = useTyped(said.name, (text) => onChange({ ...said, name: text }));
  const dataset = useTyped(said.dataset === '' ? preview.dataset : said.dataset, (text) =>
    onChange({ ...said, dataset: text }),
  );
  const encoding = useTyped(reading.encoding, (text) => change({ encoding: text }));
  return (
    <>
      <div className={classes.form}>
        <TextInput
          label="Name of the file"
          description="What versions belong to"
          maxLength={255}
          value={name.value}
          onChange={(event) => name.type(event.currentTarget.value)}
        />
        <Autocomplete
          label="Table"
          description="A new one is made"
          maxLength={200}
          data={datasets.map((each) => each.name)}
          value={dataset.value}
          onChange={dataset.type}
        />
        <NativeSelect
          label="Between fields"
          value={reading.delimiter}
          data={withValue(delimiters, reading.delimiter)}
          onChange={(event) => change({ delimiter: event.currentTarget.value })}
        />
        <NativeSelect
          label="Quote"
          value={reading.quote}
          data={withValue(quotes, reading.quote)}
          onChange={(event) => change({ quote: event.currentTarget.value })}
        />
        <NativeSelect
          label="A quote inside quotes"
          value={reading.escape}
          data={withValue(escapes, reading.escape)}
          onChange={(event) => change({ escape: event.currentTarget.value })}
        />
        <Autocomplete
          label="Encoding"
          data={encodings}
          value={encoding.value}
          onChange={encoding.type}
          maxLength={40}
        />
        <NativeSelect
          label="First line"
          value={reading.header}
          data={[
            { value: 'true', label: 'names the columns' },
            { value: 'false', label: 'is a record' },
          ]}
          onChange={(event) => change({ header: event.currentTarget.value === 'true' ? 'true' : 'false' })}
        />
        <TextInput
          label="Rejects at most"
          description="A number, or a part such as 5%"
          maxLength={40}
          placeholder="10 %, and 100 in any case"
          value={said.maxRejects}
          onChange={(event) => onChange({ ...said, maxRejects: event.currentTarget.value })}
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
