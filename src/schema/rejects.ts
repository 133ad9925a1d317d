/**
 * Why a record can be refused, in the order in which the reasons are looked for: the first that fits is
 * the one that is kept. Codes are stored and shown; never rename one.
 */
export const rejectReasons = {
  field_too_large: 'the record is longer than the limit for one record',
  stray_quote: 'a closing quote is followed by something other than a delimiter or a line end',
  bad_encoding: 'the record holds bytes that are not valid in the encoding of the file',
  nul_byte: 'the record holds a NUL byte, which no text column can store',
  too_few_fields: 'the record has fewer fields than the header',
  too_many_fields: 'the record has more fields than the header',
  empty_key: 'a column of the key is empty',
  bad_value: 'a value does not fit the type of its column',
} as const;

/** The reasons, each explained in docs/reference/rejects.md. */
export type RejectCode = keyof typeof rejectReasons;

/** A refused record, as it is kept. */
export interface Reject {
  readonly code: RejectCode;
  /** Line of the file on which the record begins, from 1. */
  readonly line: number;
  /** Offset of the record's first byte in the decoded content, from 0. */
  readonly byteOffset: number;
  /** Bytes of the record without its line end, before `raw` was cut to its limit. */
  readonly byteLength: number;
  /** The record's first bytes as UTF-8, at most 4096 (`maxRejectRawBytes`). */
  readonly raw: Uint8Array;
  /** The column and the value (at most `maxRejectValueLength` characters) that were the reason, where one was; else null. */
  readonly column: string | null;
  readonly value: string | null;
}

/** How many records were refused for each reason; reasons without any are absent. */
export type RejectCounts = Partial<Record<RejectCode, number>>;

/** Bytes of a refused record that are kept. */
export const maxRejectRawBytes = 4096;
/** Characters of a value that are kept. */
export const maxRejectValueLength = 200;
/** Refused records that are kept for one run, the first ones of the file; the rest is only counted. */
export const maxKeptRejects = 100_000;
