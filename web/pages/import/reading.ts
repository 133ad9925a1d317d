/** How a file is to be read, as the form has it. Pure. */
import type { PreviewAnswer } from '../../../src/api/wire/imports.ts';

export interface Reading {
  readonly delimiter: string;
  readonly quote: string;
  readonly escape: string;
  readonly encoding: string;
  readonly header: 'true' | 'false';
}

/** What a master calls a quote or an escape that there is not. */
const none = 'none';

type Dialect = PreviewAnswer['dialect'];

export function readingOf({ delimiter, quote, escape, encoding, header }: Dialect): Reading {
  return {
    ...{ delimiter, encoding, quote: quote ?? none, escape: escape ?? none },
    header: header ? 'true' : 'false',
  };
}

/** What the file looks like, if it is not how it was read. */
export function better({ sniffed, dialect }: PreviewAnswer): Reading | null {
  const looks = readingOf(sniffed);
  const read = readingOf(dialect);
  const differs = (Object.keys(looks) as (keyof Reading)[]).some((name) => looks[name] !== read[name]);
  return differs ? looks : null;
}

export interface Choice {
  readonly value: string;
  readonly label: string;
}

export const delimiters: readonly Choice[] = [
  { value: ',', label: 'comma  ,' },
  { value: ';', label: 'semicolon  ;' },
  { value: '\t', label: 'tab' },
  { value: '|', label: 'pipe  |' },
  { value: ' ', label: 'space' },
];
export const quotes: readonly Choice[] = [
  { value: '"', label: 'double  "' },
  { value: "'", label: "single  '" },
  { value: none, label: 'none' },
];
export const escapes: readonly Choice[] = [
  { value: none, label: 'written twice' },
  { value: '\\', label: 'backslash  \\' },
];
export const headers: readonly Choice[] = [
  { value: 'true', label: 'names the columns' },
  { value: 'false', label: 'is a record' },
];
export const encodings = [
  'utf-8',
  'windows-1252',
  'utf-16le',
  'utf-16be',
  'iso-8859-2',
  'shift_jis',
  'gb18030',
];

/** `list` with `value`, whatever it is. */
export function withValue(list: readonly Choice[], value: string): Choice[] {
  return list.some((each) => each.value === value) ? [...list] : [...list, { value, label: value }];
}
