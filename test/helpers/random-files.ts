/** Random product files: small alphabets, so that keys and names meet, and everything that can be wrong with a record. */
import fc from 'fast-check';
import { bytesOf } from '../../src/csv/cases.ts';
import { type Dialect, defaultDialect } from '../../src/csv/dialect.ts';

export interface RandomContent {
  readonly bytes: Uint8Array;
  readonly dialect: Dialect;
  /** What the fields are where the dialect has no header, else `null`. */
  readonly columns: readonly string[] | null;
}

// `size: 'max'` everywhere: without it fast-check stays near 10 elements, whatever maxLength says.

/** Beyond U+FFFF and just below: where the order of UTF-16 is not that of UTF-8. Keys that are prefixes of others. */
const sku = fc.constantFrom(
  'a',
  'b',
  'ab',
  'a b',
  'abcdefgh',
  'abcdefghi',
  '\uffee',
  '\u{10000}',
  'é',
  '""',
  '\uFEFF',
);
const name = fc.constantFrom('Ann', 'Bob', '', 'Ann ', 'Ann, Bob', 'é\n"\u{10000}');
const description = fc.constantFrom(
  '',
  '1',
  '2',
  'a\nb',
  'a\r\n\r\nb',
  '"',
  ',',
  '\n',
  'long enough to be more than a word',
);

const quoted = (value: string): string => `"${value.replaceAll('"', '""')}"`;

/** As a program would write it: quoted where it must be. */
function written(value: string, alwaysQuoted: boolean): string {
  return alwaysQuoted || /[",;\r\n]/.test(value) ? quoted(value) : value;
}

interface Header {
  readonly names: readonly string[];
}

const header: fc.Arbitrary<Header> = fc.constantFrom(
  { names: ['name', 'sku', 'description'] },
  { names: ['name', 'sku', 'description'] },
  { names: ['description', 'name', 'sku'] },
  { names: ['colour', 'sku', '', 'name', '__proto__', 'description'] },
);

/** One good record as its fields, in the order of the header. */
function fieldsOf(
  values: Readonly<Record<'name' | 'sku' | 'description', string>>,
  { names }: Header,
): string[] {
  return names.map((column) => new Map(Object.entries(values)).get(column) ?? 'other');
}

/** Takes the fields as written and the delimiter; returns the line. U+00FF stands for the byte FF. */
type Damage = (fields: readonly string[], delimiter: string) => string;

const join: Damage = (fields, delimiter) => fields.join(delimiter);
const damages: readonly Damage[] = [
  (fields, delimiter) => fields.slice(1).join(delimiter),
  (fields, delimiter) => [...fields, 'more'].join(delimiter),
  (fields, delimiter) => ['"a" b', ...fields.slice(1)].join(delimiter),
  (fields, delimiter) => [`${fields[0]}\u00ff`, ...fields.slice(1)].join(delimiter),
  (fields, delimiter) => [...fields.slice(0, -1), '\0'].join(delimiter),
  (fields, delimiter) => fields.map(() => '').join(delimiter),
  (fields, delimiter) => [...fields.slice(0, -1), 'x'.repeat(300)].join(delimiter),
  (fields, delimiter) => [...fields.slice(0, -1), quoted('y\n'.repeat(150))].join(delimiter),
];

const record = fc.record({
  sku,
  name,
  description,
  alwaysQuoted: fc.boolean(),
  damage: fc.option(fc.constantFrom(...damages), { freq: 6, nil: null }),
  blankLinesAfter: fc.constantFrom(0, 0, 0, 0, 1, 2),
});

const wholeFile = fc.record({
  header,
  records: fc.array(record, { maxLength: 14, size: 'max' }),
  start: fc.constantFrom('', '', '', '\uFEFF', '\n\r\n'),
  lineEnd: fc.constantFrom('\n', '\n', '\r\n', '\r'),
  hasLastLineEnd: fc.boolean(),
  delimiter: fc.constantFrom(',', ',', ';'),
});

const hopelessTexts = [
  '',
  '\n\n',
  'name,sku\nn,s\n',
  'name,sku,sku\n',
  '<html>\n',
  ' {"name": "n"}\n',
  'name,sku,description\nn,s,"',
];

/** Without a header each of these is one that no import can accept, in its own way. */
const hopelessRecords = ['', '\uFEFF\r\n', '\n <html>\r"', 'a\0,"\n,\n', '\uFEFF\nn,s,"', 'n,s,d\nn,"'];

/** With `hasHeader` false the same records and nothing that names their fields. */
function contentOf(hasHeader: boolean): fc.Arbitrary<RandomContent> {
  const whole = wholeFile.map(({ header: { names }, records, start, lineEnd, hasLastLineEnd, delimiter }) => {
    const lines = records.map(({ alwaysQuoted, damage, blankLinesAfter, ...values }) => {
      const fields = fieldsOf(values, { names }).map((value) => written(value, alwaysQuoted));
      return (damage ?? join)(fields, delimiter) + lineEnd.repeat(1 + blankLinesAfter);
    });
    const text = start + (hasHeader ? names.join(delimiter) + lineEnd : '') + lines.join('');
    const dialect = { ...defaultDialect, delimiter: delimiter.charCodeAt(0), header: hasHeader };
    const bytes = bytesOf(hasLastLineEnd ? text : text.slice(0, text.length - lineEnd.length));
    return { bytes, dialect, columns: hasHeader ? null : names };
  });
  /** Files that no import can accept, as a whole or because of their end. */
  const hopeless = fc.constantFrom(...(hasHeader ? hopelessTexts : hopelessRecords)).map((text) => ({
    bytes: bytesOf(text),
    dialect: { ...defaultDialect, header: hasHeader },
    columns: hasHeader ? null : ['name', 'sku', 'description'],
  }));
  return fc.oneof({ weight: 15, arbitrary: whole }, { weight: 1, arbitrary: hopeless });
}

export const randomContent = contentOf(true);
export const headlessContent = contentOf(false);
