import type { Dialect } from '../csv/dialect.ts';
import { CR, LF } from '../csv/bytes.ts';
import { firstRecordAt, parseHeader } from '../csv/header.ts';
import { LonghaulError } from '../runtime/errors.ts';
import { type ColumnMapping, mapColumns } from '../schema/columns.ts';
import { type DatasetOrPlan, isDataset, knownColumns } from '../schema/dataset-plan.ts';
import type { Dataset } from '../schema/dataset.ts';
import { maxRejectRawBytes } from '../schema/rejects.ts';
import { datasetOf } from './dataset.ts';

/** Delimiters that a wrong guess is told about. */
const commonDelimiters: readonly (readonly [byte: number, option: string])[] = [
  [0x2c, ','],
  [0x3b, ';'],
  [0x09, 'tab'],
  [0x7c, '|'],
];

/** The table that a file goes into, and which of its fields fill which columns. */
export interface FittedFile {
  readonly dataset: Dataset;
  readonly mapping: ColumnMapping;
}

/**
 * Decides from a file's first record whether it can be imported at all, before anything is written. Every way in which
 * a wrong file announces itself here gets its own words.
 */
export function checkHeader(
  bytes: Uint8Array,
  dialect: Dialect,
  datasetOrPlan: DatasetOrPlan,
  file: string,
): FittedFile {
  const names = readHeader(bytes, dialect, file);
  const dataset = forHeader(datasetOrPlan, names, dialect, file);
  const mapped = mapColumns(dataset, names);
  switch (mapped.kind) {
    case 'mapping':
      return { dataset, mapping: mapped.mapping };
    case 'repeated':
      throw LonghaulError.of('header_repeated_column', { file, column: mapped.column });
    case 'missing':
      throw LonghaulError.of('header_missing_column', {
        file,
        missing: mapped.columns,
        found: names,
        advice: advise(dialect, mapped.columns, names),
      });
  }
}

/** The names of the columns. Throws if the file begins like something else than a CSV. */
export function readHeader(bytes: Uint8Array, dialect: Dialect, file: string): readonly string[] {
  refuseOtherFormats(bytes, file);
  // Not where there is no header: JSON may well be a record's first field.
  if (/^\uFEFF?\s*(\{\s*(["}]|$)|\[\s*(["{[\]]|$))/.test(startOf(bytes)))
    throw LonghaulError.of('looks_like_json', { file });
  const header = parseHeader(bytes, dialect);
  switch (header.kind) {
    case 'no_header':
      throw LonghaulError.of('file_empty', { file });
    case 'stray_quote':
      throw unreadable(file, `in column ${header.column + 1} something follows a closing quote`);
    case 'bad_encoding':
      throw unreadable(file, `column ${header.column + 1} holds bytes that are not valid in its encoding`);
    case 'unterminated_quote':
      throw LonghaulError.of('unterminated_quote', { file, line: 1, byteOffset: header.byteOffset });
    case 'header':
      return header.names;
  }
}

/** A new dataset gets its columns from the header, but for fields without a name. */
function forHeader(
  dataset: DatasetOrPlan,
  header: readonly string[],
  dialect: Dialect,
  file: string,
): Dataset {
  if (isDataset(dataset)) return dataset;
  const named = [...new Set(header.filter((name) => name !== ''))];
  const missing = (dataset.key ?? []).filter((column) => !named.includes(column));
  const advice = missing.length === 0 ? null : adviseDelimiter(dialect, missing, named);
  if (advice !== null)
    throw LonghaulError.of('header_missing_column', { file, missing, found: named, advice });
  return datasetOf(dataset, knownColumns(dataset) ?? named);
}

/** Throws if the bytes that the file begins with are something else than CSV. */
export function refuseOtherFormats(bytes: Uint8Array, file: string): void {
  if (/^\uFEFF?\s*<(!doctype\s+html|html|head|body)\b/i.test(startOf(bytes))) {
    throw LonghaulError.of('looks_like_html', { file });
  }
  const nul = bytes.indexOf(0);
  if (nul === -1) return;
  const known = binaryFormats.find(
    ({ at, magic }) => latin1(bytes.subarray(at, at + magic.length)) === magic,
  );
  throw LonghaulError.of('looks_binary', { file, found: known?.name ?? `byte ${nul} is NUL` });
}

function startOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.subarray(0, 1024)).toString('utf8');
}

/** What is given instead of a CSV often enough to be told by its name. */
const binaryFormats = [
  { name: 'it is a tar archive', at: 257, magic: 'ustar' },
  { name: 'it is an SQLite database', at: 0, magic: 'SQLite format 3\0' },
] as const;

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}

/**
 * From the beginning of a file, which `bytes` begin with, to the end of its first line that is not empty: what tells the
 * format where there is no header. Of a line not more than is held of a record that is too long.
 */
export function firstLine(bytes: Uint8Array): Uint8Array {
  const start = firstRecordAt(bytes);
  const line = bytes.subarray(start, start + maxRejectRawBytes);
  const end = line.findIndex((byte) => byte === LF || byte === CR);
  return bytes.subarray(0, start + (end === -1 ? line.length : end));
}

function unreadable(file: string, reason: string): LonghaulError {
  return LonghaulError.of('header_unreadable', { file, reason });
}

function adviseDelimiter(
  dialect: Dialect,
  missing: readonly string[],
  found: readonly string[],
): string | null {
  const other = commonDelimiters.find(
    ([byte]) =>
      byte !== dialect.delimiter &&
      found.some(
        (name) =>
          missing.every((column) => name.includes(column)) && name.includes(String.fromCharCode(byte)),
      ),
  );
  if (other === undefined || found.length > missing.length) return null;
  return `the columns look separated by "${other[1]}": add --delimiter "${other[1]}"`;
}

function advise(dialect: Dialect, missing: readonly string[], found: readonly string[]): string {
  const delimiter = adviseDelimiter(dialect, missing, found);
  if (delimiter !== null) return delimiter;
  if (/^sep=/i.test(found[0] ?? '')) {
    return 'the first line is a note for Excel: remove it, for example by tail -n +2 FILE | longhaul import - --as NAME';
  }
  const close = missing.find((column) => found.some((name) => alike(name) === alike(column)));
  if (close !== undefined) {
    const name = found.find((candidate) => alike(candidate) === alike(close));
    return `names must be equal to the letter: rename "${name}" to "${close}" in the file`;
  }
  return 'see whether this is the right file; its first line must name the columns';
}

function alike(name: string): string {
  return name.trim().toLowerCase();
}
