/**
 * The slow, obvious CSV reader: it says what is right, and everything fast is compared with it.
 *
 * It holds the whole file, looks at one byte after the other, and shares no code with `src/csv`, only types.
 * When it and a fast version disagree, read this file next to section 6 of the design and decide which is wrong.
 */
import type { ChunkCut } from '../csv/cut.ts';
import type { Dialect } from '../csv/dialect.ts';
import type { Position } from '../csv/position.ts';

export interface ReferenceRecord {
  /** Values without quotes and escapes; a field with a stray quote as it stands. Empty when oversized. */
  readonly fields: readonly Uint8Array[];
  readonly line: number;
  readonly byteOffset: number;
  /** Without the terminator. */
  readonly byteLength: number;
  readonly stray: boolean;
  readonly oversized: boolean;
}

export interface ReferenceCsv {
  /** The first record, in a dialect with a header; null when there is none. */
  readonly header: ReferenceRecord | null;
  /** Bytes of BOM, blank lines before the first record, and header. */
  readonly headerBytes: number;
  /** The header does not end within the first `maxRecordBytes` bytes. Nothing else was read then. */
  readonly headerTooLarge: boolean;
  /** Fields of the first record, or as many as it was said that records have. */
  readonly columns: number;
  readonly records: readonly ReferenceRecord[];
  /** Lines of zero bytes after the header; with one column they are records instead. */
  readonly blankLines: number;
  /** Line ends in the file, inside and outside quotes. */
  readonly lines: number;
  /** The quote still open at the end of the file; its record is not among `records`. */
  readonly openQuote: Position | null;
  /**
   * Where the file may be cut, in order: after the header, after each record, after each blank line, and before a
   * record that is oversized or, being too long to wait for, never ends.
   */
  readonly places: readonly Place[];
}

interface Place {
  readonly kind: 'header' | 'record' | 'blank_line' | 'oversized' | 'unterminated';
  readonly start: number;
  /** After the terminator. */
  readonly next: number;
}

const LF = 10;
const CR = 13;

/** `fieldsOfRecord`: how many a record should have, where no first record tells. */
export function readCsv(
  bytes: Uint8Array,
  dialect: Dialect,
  maxRecordBytes = Number.POSITIVE_INFINITY,
  fieldsOfRecord?: number,
): ReferenceCsv {
  const records: ReferenceRecord[] = [];
  const places: Place[] = [];
  let header: ReferenceRecord | null = null;
  let blankLines = 0;
  let columns = 0;
  let openQuote: Position | null = null;

  let at = startsWithBom(bytes) ? 3 : 0;
  while (at < bytes.length && isLineEnd(bytes, at)) at = afterLineEnd(bytes, at);
  let headerBytes = at;
  let line = 1 + lineEnds(bytes, 0, at);
  let headerTooLarge = at > maxRecordBytes;

  while (at < bytes.length && !headerTooLarge) {
    if (columns > 1 && isLineEnd(bytes, at)) {
      blankLines++;
      const next = afterLineEnd(bytes, at);
      places.push({ kind: 'blank_line', start: at, next });
      at = next;
      line++;
      continue;
    }
    const raw = readRecord(bytes, at, dialect);
    const isHeader = dialect.header && header === null;
    if (isHeader && raw.end > maxRecordBytes) {
      headerTooLarge = true;
      break;
    }
    if (raw.openQuoteAt !== null) {
      openQuote = { byteOffset: raw.openQuoteAt, line: line + lineEnds(bytes, at, raw.openQuoteAt) };
      if (raw.end - at > maxRecordBytes) places.push({ kind: 'unterminated', start: at, next: raw.end });
      break;
    }
    if (columns === 0) columns = fieldsOfRecord ?? raw.fields.length;
    const next = raw.end < bytes.length ? afterLineEnd(bytes, raw.end) : raw.end;
    const oversized = raw.end - at > maxRecordBytes;
    const record: ReferenceRecord = {
      fields: oversized ? [] : raw.fields,
      line,
      byteOffset: at,
      byteLength: raw.end - at,
      stray: raw.stray && !oversized,
      oversized,
    };
    if (isHeader) {
      header = record;
      headerBytes = next;
      places.push({ kind: 'header', start: 0, next });
    } else {
      records.push(record);
      places.push({ kind: oversized ? 'oversized' : 'record', start: at, next });
    }
    line += lineEnds(bytes, at, next);
    at = next;
  }
  const lines = lineEnds(bytes, 0, bytes.length);
  return { header, headerBytes, headerTooLarge, columns, records, blankLines, lines, openQuote, places };
}

/** The chunks that the scanner must cut. Of a file that ends badly, those that end before. */
export function cutCsv(bytes: Uint8Array, csv: ReferenceCsv, chunkBytes: number): ChunkCut[] {
  const cuts: ChunkCut[] = [];
  let offset = 0;
  let records = 0;
  let blankLines = 0;
  const cut = (kind: ChunkCut['kind'], end: number): void => {
    if (end === offset) return;
    const skip = cuts.length === 0 ? csv.headerBytes : 0;
    const line = 1 + lineEnds(bytes, 0, offset);
    cuts.push({ index: cuts.length, kind, offset, length: end - offset, skip, line, records, blankLines });
    offset = end;
    records = 0;
    blankLines = 0;
  };
  for (const place of csv.places) {
    if (place.kind === 'oversized' || place.kind === 'unterminated') cut('records', place.start);
    if (place.kind === 'record' || place.kind === 'oversized') records++;
    if (place.kind === 'blank_line') blankLines++;
    if (place.kind === 'oversized') cut('oversized', place.next);
    else if (place.kind !== 'unterminated' && place.next - offset >= chunkBytes) cut('records', place.next);
  }
  if (csv.openQuote === null && !csv.headerTooLarge) cut('records', bytes.length);
  return cuts;
}

interface RawRecord {
  readonly fields: Uint8Array[];
  readonly stray: boolean;
  /** Before the terminator. */
  readonly end: number;
  readonly openQuoteAt: number | null;
}

function readRecord(bytes: Uint8Array, start: number, dialect: Dialect): RawRecord {
  const fields: Uint8Array[] = [];
  let stray = false;
  let at = start;
  for (;;) {
    const field = readField(bytes, at, dialect);
    if (field === 'never_closed') return { fields, stray, end: bytes.length, openQuoteAt: at };
    fields.push(field.value);
    stray ||= field.stray;
    if (bytes[field.end] !== dialect.delimiter) return { fields, stray, end: field.end, openQuoteAt: null };
    at = field.end + 1;
  }
}

interface RawField {
  readonly value: Uint8Array;
  readonly stray: boolean;
  /** At the delimiter, the line end or the end of the file. */
  readonly end: number;
}

function readField(bytes: Uint8Array, start: number, dialect: Dialect): RawField | 'never_closed' {
  const { quote } = dialect;
  if (quote === null || bytes[start] !== quote) {
    const end = plainEnd(bytes, start, dialect);
    return { value: bytes.slice(start, end), stray: false, end };
  }
  const escape = dialect.escape ?? quote; // The quote itself: written twice.
  const value: number[] = [];
  let at = start + 1;
  for (;;) {
    const byte = bytes[at];
    const following = bytes[at + 1];
    if (byte === undefined) return 'never_closed';
    if (byte === escape && escape !== quote) {
      // An escape makes any byte data, and needs one.
      if (following === undefined) return 'never_closed';
      value.push(following);
      at += 2;
    } else if (byte === quote && escape === quote && following === quote) {
      value.push(quote);
      at += 2;
    } else if (byte === quote) {
      break;
    } else {
      value.push(byte);
      at += 1;
    }
  }
  const afterQuote = at + 1;
  const end = plainEnd(bytes, afterQuote, dialect);
  if (end === afterQuote) return { value: Uint8Array.from(value), stray: false, end };
  return { value: bytes.slice(start, end), stray: true, end };
}

/** The first delimiter, line end or end of the file at or after `at`. */
function plainEnd(bytes: Uint8Array, at: number, dialect: Dialect): number {
  let end = at;
  while (end < bytes.length && bytes[end] !== dialect.delimiter && !isLineEnd(bytes, end)) end++;
  return end;
}

function startsWithBom(bytes: Uint8Array): boolean {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
}

function isLineEnd(bytes: Uint8Array, at: number): boolean {
  return bytes[at] === LF || bytes[at] === CR;
}

function afterLineEnd(bytes: Uint8Array, at: number): number {
  return bytes[at] === CR && bytes[at + 1] === LF ? at + 2 : at + 1;
}

/** Line ends that begin in [from, to). `to` never stands between CR and LF. */
function lineEnds(bytes: Uint8Array, from: number, to: number): number {
  let count = 0;
  for (let at = from; at < to; at++) {
    const secondHalf = bytes[at] === LF && bytes[at - 1] === CR;
    if (isLineEnd(bytes, at) && !secondHalf) count++;
  }
  return count;
}
