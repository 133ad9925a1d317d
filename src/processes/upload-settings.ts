import { dialectOf } from '../config/dialect.ts';
import { type OptionName, type OptionValue, options } from '../config/options.ts';
import { LonghaulError } from '../runtime/errors.ts';
import type { UploadSettings } from '../source/upload-record.ts';
import type { TableOptions } from './importer.ts';

/** What is said of one file, each as the option of that name is written. */
export type SaidOfFile = {
  readonly [Name in 'delimiter' | 'quote' | 'escape' | 'encoding' | 'maxRejects']?: string | undefined;
} & { readonly header?: 'true' | 'false' | undefined };

/** How a file is to be read: as is said of it, and what is not said as its table's are. Throws `bad_option`. */
export function uploadSettings(table: TableOptions, said: SaidOfFile): UploadSettings {
  const { dialect } = table;
  const header = said.header === undefined ? dialect.header : said.header === 'true';
  return {
    dialect: dialectOf({
      delimiter: valueOf('delimiter', said, dialect.delimiter),
      quote: valueOf('quote', said, dialect.quote ?? 'none'),
      escape: valueOf('escape', said, dialect.escape ?? 'none'),
      header,
    }),
    columns: header || table.columns === null ? null : [...table.columns],
    encoding: valueOf('encoding', said, table.encoding),
    rejectLimit: valueOf('maxRejects', said, table.rejectLimit),
  };
}

function valueOf<Name extends Exclude<keyof SaidOfFile, 'header'> & OptionName>(
  name: Name,
  said: SaidOfFile,
  otherwise: OptionValue<Name>,
): OptionValue<Name> {
  const text = said[name];
  if (text === undefined) return otherwise;
  const { kind } = options[name];
  const read = kind.read(text) as OptionValue<Name> | null;
  if (read === null)
    throw LonghaulError.of('bad_option', { option: name, value: text, expected: kind.expected });
  return read;
}
