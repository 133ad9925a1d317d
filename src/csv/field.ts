import type { Dialect } from './dialect.ts';
import type { FieldBatch } from './field-batch.ts';
import { unescapeInto } from './unescape.ts';

/** One value as bytes: for headers, tests and rejects, not for every field of a file. */
export function fieldBytes(
  bytes: Uint8Array,
  batch: FieldBatch,
  record: number,
  column: number,
  dialect: Dialect,
): Uint8Array {
  const field = record * batch.columns + column;
  const start = batch.fieldStart[field]!;
  const end = batch.fieldEnd[field]!;
  if (batch.escaped[field] === 0) return bytes.subarray(start, end);
  const value = new Uint8Array(end - start);
  return value.subarray(0, unescapeInto(bytes, start, end, dialect, value, 0));
}

/** One value as text; bytes that are no UTF-8 become U+FFFD. */
export function fieldText(
  bytes: Uint8Array,
  batch: FieldBatch,
  record: number,
  column: number,
  dialect: Dialect,
): string {
  return utf8.decode(fieldBytes(bytes, batch, record, column, dialect));
}

/** Whether a stray quote stands in this field: then its value is kept with the quotes. */
export function isStrayField(
  bytes: Uint8Array,
  batch: FieldBatch,
  record: number,
  column: number,
  dialect: Dialect,
): boolean {
  const field = record * batch.columns + column;
  const start = batch.fieldStart[field]!;
  const isEmpty = start === batch.fieldEnd[field];
  return !isEmpty && batch.escaped[field] === 0 && bytes[start] === dialect.quote;
}

// A byte order mark anywhere but at the start of a file is data.
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });
