/**
 * The slow, obvious importer: it says what a table must look like, and the fast one is compared with it.
 *
 * It holds everything in memory, does one thing after the other, and implements section 4 of the design and the
 * reject reasons of section 6, nothing else. It knows no chunks, no hashes, no sorting, no database.
 */
import type { Dialect } from '../csv/dialect.ts';
import type { Dataset } from '../schema/dataset.ts';
import type { RejectLimit } from '../schema/reject-limit.ts';
import {
  maxRejectRawBytes,
  maxRejectValueLength,
  type Reject,
  type RejectCode,
  type RejectCounts,
} from '../schema/rejects.ts';
import { type ReferenceCsv, type ReferenceRecord, readCsv } from './csv.ts';
import { readValue } from './values.ts';

export interface ReferenceFile {
  /** What its versions belong to. */
  readonly name: string;
  /** Decompressed. */
  readonly content: Uint8Array;
  readonly dialect: Dialect;
  /** What the fields are where the dialect has no header, else `null`. */
  readonly columns: readonly string[] | null;
  readonly maxRecordBytes: number;
  readonly rejectLimit: RejectLimit;
}

/** Null is NULL. */
export type ReferenceValue = string | null;

export interface ReferenceRow {
  /** In the order of the dataset's columns, as canonical texts. */
  readonly values: readonly ReferenceValue[];
  /** Which import last changed the row, from 0 in the order of all calls. */
  readonly import: number;
  readonly line: number;
}

export interface ReferenceSums {
  readonly records: number;
  readonly blankLines: number;
  readonly inserted: number;
  readonly updated: number;
  readonly unchanged: number;
  readonly superseded: number;
  readonly kept: number;
  readonly rejected: number;
  readonly rejectedBy: RejectCounts;
}

export type ReferenceOutcome =
  | {
      readonly kind: 'published';
      readonly sums: ReferenceSums;
      readonly rejects: readonly Reject[];
      readonly ignoredColumns: readonly string[];
    }
  | { readonly kind: 'already_published' }
  | { readonly kind: 'failed'; readonly code: string };

/** An edit, standing or not, for a row's story. */
export interface ReferenceEdit {
  /** The whole row, in the order of the dataset's columns. */
  readonly values: readonly ReferenceValue[];
  /** `replaced`: by a further edit of the same row. */
  state: 'standing' | 'replaced' | 'taken_back' | 'ended';
  /** The import whose record ended it. */
  endedByImport: number | null;
  /** What the row would be without it. */
  covered: ReferenceRow;
  /** For each file the record that it covers. */
  remembered: ReadonlyMap<string, readonly ReferenceValue[]>;
}

export type ReferenceEditOutcome = 'done' | 'row_not_found' | 'edit_changes_nothing' | 'edit_not_standing';

/** The table of a dataset, as the replay of what was imported so far. */
export class ReferenceTable {
  readonly #dataset: Dataset;
  readonly #rows = new Map<string, ReferenceRow>();
  readonly #published = new Map<string, { readonly file: ReferenceFile; readonly import: number }>();
  /** For each key its edits, the last one last. */
  readonly #edits = new Map<string, ReferenceEdit[]>();
  readonly #fileOfImport: string[] = [];

  constructor(dataset: Dataset) {
    this.#dataset = dataset;
  }

  /** All rows, in the order of their keys' bytes; without a key in that of their imports and lines. */
  get rows(): ReferenceRow[] {
    if (this.#dataset.key.length === 0)
      return [...this.#rows.values()].sort((a, b) => a.import - b.import || a.line - b.line);
    const keys = [...this.#rows.keys()].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    return keys.map((key) => this.#rows.get(key)!);
  }

  /** How many rows have each value of a column, counted from nothing. NULL is no value. */
  counts(column: string): Map<string, number> {
    const at = this.#dataset.columns.findIndex(({ name }) => name === column);
    const groups = Map.groupBy(this.#rows.values(), (row) => row.values[at] ?? null);
    const counts = new Map<string, number>();
    for (const [value, rows] of groups) if (value !== null) counts.set(value, rows.length);
    return counts;
  }

  importFile(file: ReferenceFile): ReferenceOutcome {
    const number = this.#fileOfImport.push(file.name) - 1;
    const last = this.#published.get(file.name);
    if (last !== undefined && isSameVersion(last.file, file)) return { kind: 'already_published' };

    const csv = readCsv(file.content, file.dialect, file.maxRecordBytes, file.columns?.length);
    const header =
      file.columns === null
        ? readHeader(csv, file.content, this.#dataset)
        : withoutHeader(csv, file.content, file.columns, this.#dataset);
    if (typeof header === 'string') return { kind: 'failed', code: header };
    if (csv.openQuote !== null) return { kind: 'failed', code: 'unterminated_quote' };

    const good: { key: string; row: ReferenceRow }[] = [];
    const rejects: Reject[] = [];
    for (const record of csv.records) {
      const raw = file.content.slice(record.byteOffset, record.byteOffset + record.byteLength);
      const { line, byteOffset, byteLength } = record;
      const reject = (code: RejectCode, column: string | null, value: string | null): void => {
        rejects.push({
          code,
          line,
          byteOffset,
          byteLength,
          raw: raw.slice(0, maxRejectRawBytes),
          column,
          value,
        });
      };
      const code = reasonToReject(record, raw, header, this.#dataset);
      if (code !== null) {
        reject(code, null, null);
        continue;
      }
      const texts = header.fieldOfColumn.map((field) => text(record.fields[field]!));
      const values = this.#dataset.columns.map(({ type }, column) => readValue(type, texts[column]!));
      // The first column of the layout that is wrong; keys are text, so that is the first one of all.
      const wrong = values.indexOf(undefined);
      if (wrong !== -1) {
        reject('bad_value', this.#dataset.columns[wrong]!.name, texts[wrong]!.slice(0, maxRejectValueLength));
        continue;
      }
      const row = { values: values as ReferenceValue[], import: number, line };
      good.push({ key: keyOf(row, this.#dataset), row });
    }
    if (tooMany(rejects.length, csv.records.length, file.rejectLimit)) {
      return { kind: 'failed', code: 'reject_limit' };
    }

    if (this.#dataset.key.length === 0 && last !== undefined) {
      for (const [key, row] of this.#rows) if (row.import === last.import) this.#rows.delete(key);
    }
    const changes = this.#bringIn(good, file.name);
    this.#published.set(file.name, { file, import: number });
    const rejectedBy: RejectCounts = {};
    for (const { code } of rejects) rejectedBy[code] = (rejectedBy[code] ?? 0) + 1;
    return {
      kind: 'published',
      sums: {
        records: csv.records.length,
        blankLines: csv.blankLines,
        ...changes,
        rejected: rejects.length,
        rejectedBy,
      },
      rejects,
      ignoredColumns: header.ignored,
    };
  }

  /** A person's change of some columns of one row. The key as `keyOf` writes it. */
  edit(key: string, change: ReadonlyMap<string, ReferenceValue>): ReferenceEditOutcome {
    const row = this.#rows.get(key);
    if (row === undefined) return 'row_not_found';
    const values = this.#dataset.columns.map(({ name }, column) =>
      change.has(name) ? (change.get(name) ?? null) : (row.values[column] ?? null),
    );
    if (sameValues(values, row.values)) return 'edit_changes_nothing';
    const standing = this.#standing(key);
    if (standing !== undefined) standing.state = 'replaced';
    const edit: ReferenceEdit = {
      values,
      state: 'standing',
      endedByImport: null,
      covered: standing?.covered ?? row,
      remembered: standing?.remembered ?? new Map([[this.#fileOfImport[row.import]!, row.values]]),
    };
    this.#edits.set(key, [...this.edits(key), edit]);
    this.#rows.set(key, { ...row, values });
    return 'done';
  }

  /** The row becomes what the files say. */
  takeBack(key: string): ReferenceEditOutcome {
    if (!this.#rows.has(key)) return 'row_not_found';
    const edit = this.#standing(key);
    if (edit === undefined) return 'edit_not_standing';
    edit.state = 'taken_back';
    this.#rows.set(key, edit.covered);
    return 'done';
  }

  /** All edits that a row ever had, the first one first. */
  edits(key: string): readonly ReferenceEdit[] {
    return this.#edits.get(key) ?? [];
  }

  #standing(key: string): ReferenceEdit | undefined {
    return this.edits(key).find((edit) => edit.state === 'standing');
  }

  /** The last good record of a key counts; one that does not end an edit is kept; one that is equal to the row changes nothing. */
  #bringIn(
    good: readonly { key: string; row: ReferenceRow }[],
    file: string,
  ): {
    inserted: number;
    updated: number;
    unchanged: number;
    superseded: number;
    kept: number;
  } {
    const sums = { inserted: 0, updated: 0, unchanged: 0, superseded: 0, kept: 0 };
    const lastOf = new Map(good.map(({ key, row }) => [key, row]));
    sums.superseded = good.length - lastOf.size;
    for (const [key, row] of lastOf) {
      const existing = this.#rows.get(key);
      const edit = this.#standing(key);
      if (existing === undefined) {
        sums.inserted++;
      } else if (edit !== undefined) {
        const remembered = edit.remembered.get(file);
        if (remembered === undefined || sameValues(remembered, row.values)) {
          edit.remembered = new Map([...edit.remembered, [file, row.values]]);
          if (!sameValues(edit.covered.values, row.values)) edit.covered = row;
          sums.kept++;
          continue;
        }
        edit.state = 'ended';
        edit.endedByImport = row.import;
        sums.updated++;
      } else if (sameValues(row.values, existing.values)) {
        sums.unchanged++;
        continue;
      } else {
        sums.updated++;
      }
      this.#rows.set(key, row);
    }
    return sums;
  }
}

/** The same bytes, read in the same way. */
function isSameVersion(a: ReferenceFile, b: ReferenceFile): boolean {
  const reading = ({ dialect, columns }: ReferenceFile): string => JSON.stringify([dialect, columns]);
  return Buffer.compare(a.content, b.content) === 0 && reading(a) === reading(b);
}

function sameValues(a: readonly ReferenceValue[], b: readonly ReferenceValue[]): boolean {
  return a.every((value, column) => value === b[column]);
}

interface ReferenceHeader {
  /** Fields that a record must have. */
  readonly fields: number;
  /** For each column of the dataset the index of its field. */
  readonly fieldOfColumn: readonly number[];
  readonly ignored: readonly string[];
}

/** The header, or the code of what is wrong with it. */
function readHeader(csv: ReferenceCsv, content: Uint8Array, dataset: Dataset): ReferenceHeader | string {
  if (csv.headerTooLarge) return 'header_unreadable';
  if (csv.header === null) return csv.openQuote === null ? 'file_empty' : 'unterminated_quote';
  const other = otherFormat(content.slice(0, csv.headerBytes));
  if (other !== null) return other;
  const start = startOf(content.slice(0, csv.headerBytes)).replaceAll(/\s/g, '');
  if (['{', '['].includes(start) || ['{"', '{}', '["', '[{', '[[', '[]'].includes(start.slice(0, 2)))
    return 'looks_like_json';
  if (csv.header.stray || csv.header.fields.some((field) => !isText(field))) return 'header_unreadable';

  return headerOf(csv.header.fields.map(text), dataset);
}

/** The columns as if a header named them, or the code of what is wrong with the beginning of the file. */
function withoutHeader(
  csv: ReferenceCsv,
  content: Uint8Array,
  columns: readonly string[],
  dataset: Dataset,
): ReferenceHeader | string {
  if (csv.headerTooLarge) return 'header_unreadable';
  const [first] = csv.records;
  if (first === undefined) return csv.openQuote === null ? 'file_empty' : 'unterminated_quote';
  const rest = content.slice(first.byteOffset, first.byteOffset + first.byteLength);
  const lineEnd = rest.findIndex((byte) => byte === 0x0a || byte === 0x0d);
  const line = lineEnd === -1 ? rest : rest.slice(0, lineEnd);
  return otherFormat(line.slice(0, maxRejectRawBytes)) ?? headerOf(columns, dataset);
}

function startOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('utf8').replace('\uFEFF', '').trimStart().toLowerCase();
}

/** The code of what the bytes are that look like something else than CSV. */
function otherFormat(bytes: Uint8Array): string | null {
  if (/^<(!doctype\s+html|html|head|body)\b/.test(startOf(bytes))) return 'looks_like_html';
  return bytes.includes(0) ? 'looks_binary' : null;
}

function headerOf(names: readonly string[], dataset: Dataset): ReferenceHeader | string {
  const named = names.filter((name) => name !== '');
  if (new Set(named).size < named.length) return 'header_repeated_column';
  const fieldOfColumn = dataset.columns.map(({ name }) => names.indexOf(name));
  if (fieldOfColumn.includes(-1)) return 'header_missing_column';
  const ignored = names.filter((name) => !dataset.columns.some((column) => column.name === name));
  return { fields: names.length, fieldOfColumn, ignored };
}

/** The first reason that fits, in the order of `rejectReasons`. */
function reasonToReject(
  record: ReferenceRecord,
  raw: Uint8Array,
  header: ReferenceHeader,
  dataset: Dataset,
): RejectCode | null {
  if (record.oversized) return 'field_too_large';
  if (record.stray) return 'stray_quote';
  if (!isText(raw)) return 'bad_encoding';
  if (raw.includes(0)) return 'nul_byte';
  if (record.fields.length < header.fields) return 'too_few_fields';
  if (record.fields.length > header.fields) return 'too_many_fields';
  const isEmptyKey = dataset.columns.some(
    ({ name }, column) =>
      dataset.key.includes(name) && record.fields[header.fieldOfColumn[column]!]!.length === 0,
  );
  return isEmptyKey ? 'empty_key' : null;
}

/** In whole thousandths of a percent, because 29 of 100 are not more than 29 %, whatever floating point says. */
function tooMany(rejected: number, records: number, limit: RejectLimit): boolean {
  if (limit.kind === 'number') return rejected > limit.number;
  const part = BigInt(Math.round(limit.part * 1e8));
  return rejected > limit.atLeast && BigInt(rejected) * 100_000_000n > BigInt(records) * part;
}

/** Parts of a key never hold NUL, so nothing else gives the same text. */
function keyOf({ values, import: number, line }: ReferenceRow, dataset: Dataset): string {
  if (dataset.key.length === 0) return `${number} ${line}`;
  return dataset.key
    .map((name) => values[dataset.columns.findIndex((column) => column.name === name)])
    .join('\0');
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function text(bytes: Uint8Array): string {
  return utf8.decode(bytes);
}

function isText(bytes: Uint8Array): boolean {
  try {
    utf8.decode(bytes);
    return true;
  } catch {
    return false;
  }
}
