/** What a person is about to change of a row, and what others have changed meanwhile. Pure. */
import type { DatasetAnswer } from '../../../src/api/wire/datasets.ts';
import type { Row } from '../../../src/api/wire/rows.ts';
import { textOf } from '../../parts/value.tsx';

export interface Draft {
  /** The row as it was when the person began. */
  readonly base: Row;
  /** By column, as it stands in the form; columns that were not touched are absent. */
  readonly texts: Readonly<Record<string, string>>;
}

export interface Change {
  readonly column: string;
  readonly from: Row['values'][string] | undefined;
  readonly to: string | null;
}

export const editable = ({ columns, key }: DatasetAnswer): DatasetAnswer['columns'] =>
  columns.filter(({ name }) => !key.includes(name));

/** An empty field of a column that is not text is NULL. */
function meant(dataset: DatasetAnswer, column: string, text: string): string | null {
  const type = dataset.columns.find(({ name }) => name === column)?.type;
  return text === '' && type !== 'text' ? null : text;
}

export function changesOf(dataset: DatasetAnswer, { base, texts }: Draft): Change[] {
  return editable(dataset).flatMap(({ name }) => {
    const text = texts[name];
    if (text === undefined) return [];
    const from = base.values[name];
    const to = meant(dataset, name, text);
    return to === textOf(from) ? [] : [{ column: name, from, to }];
  });
}

/** Columns that somebody else has changed since the person began. */
export function changedMeanwhile(dataset: DatasetAnswer, { base }: Draft, now: Row): string[] {
  return editable(dataset)
    .map(({ name }) => name)
    .filter((name) => base.values[name] !== now.values[name]);
}

/** The draft on the row as it is now. @param mine columns whose text stays although others have changed them */
export function rebased(draft: Draft, now: Row, theirs: readonly string[], mine: ReadonlySet<string>): Draft {
  const texts = Object.entries(draft.texts).filter(([name]) => !theirs.includes(name) || mine.has(name));
  return { base: now, texts: Object.fromEntries(texts) };
}
