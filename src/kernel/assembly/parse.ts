/** Finds the records and fields of a chunk: what `src/csv/parser.ts` gives out. */
import { Batch } from './batch';
import { absent, CR, groupBytes, lanesOf, LF, marksAt } from './marks';

@unmanaged
export class Parser {
  batch: Batch;
  delimiter: u32;
  quote: u32;
  escape: u32;
  /** Whether a line without bytes is a record of one empty field. */
  emptyLineIsRecord: u32;
  /** The chunk's bytes. */
  source: usize;
  length: u32;
  /** Totals since the chunk's begin. */
  lines: u32;
  blankLines: u32;
  /** Index of a quote that the bytes never close. */
  openQuoteAt: u32;
}

/** An index that no byte has and none follows. */
const nowhere: u32 = 0xfffffffe;

/**
 * Fills the batch from the record at index `from` on, until it is full or the chunk ends. Reads up to `groupBytes` beyond the
 * chunk. @returns where to go on
 */
export function parseRecords(parser: Parser, from: u32): u32 {
  const batch = parser.batch;
  const source = parser.source;
  const length = parser.length;
  const delimiter = parser.delimiter;
  const quote = parser.quote;
  const escape = parser.escape;
  const delimiters = lanesOf(delimiter);
  const quotes = lanesOf(quote);
  const escapes = lanesOf(escape);
  const columns = batch.columns;
  const capacity = batch.capacity;
  let lines = parser.lines;
  let records: u32 = 0;

  let recordStart = from;
  let recordLine = lines;
  let column: u32 = 0;
  let stray: u32 = 0;
  let fieldStart = from;
  let opened = false; // The field began with a quote …
  let quoted = false; // … and has not ended with one yet.
  let escaped: u32 = 0;
  let closedAt = nowhere;
  let escapedAt = nowhere;

  let group = from;
  let found = marksAt(source + group, length - group, delimiters, quotes, escapes);
  let next = length;
  let ended = false;
  for (;;) {
    while (found == 0) {
      group += groupBytes;
      if (group >= length) break;
      found = marksAt(source + group, length - group, delimiters, quotes, escapes);
    }
    let mark = length;
    let byte = LF;
    if (found != 0) {
      mark = group + <u32>ctz(found);
      found &= found - 1;
      byte = load<u8>(source + mark);
    } else {
      // The end ends a record, as a line end does.
      if (ended) break;
      ended = true;
    }

    if (byte == quote) {
      if (quoted) {
        if (mark != escapedAt) {
          quoted = false;
          closedAt = mark;
        }
      } else if (mark == fieldStart) {
        opened = true;
        quoted = true;
      } else if (mark == closedAt + 1 && escape == absent) {
        quoted = true; // The second one of a doubled quote: the field never ended.
        escaped = 1;
      }
      continue;
    }
    let fieldEnd = mark;
    if (byte == delimiter) {
      if (quoted) continue;
    } else if (byte == escape) {
      if (quoted && mark != escapedAt) {
        escapedAt = mark + 1;
        escaped = 1;
      }
      continue;
    } else if (mark < length) {
      if (byte == CR && mark + 1 < length && load<u8>(source + mark, 1) == LF) continue;
      lines++;
      if (quoted) continue;
      if (byte == LF && mark > from && load<u8>(source + mark - 1) == CR) fieldEnd--;
      if (fieldEnd == recordStart && parser.emptyLineIsRecord == 0) {
        parser.blankLines++;
        recordStart = fieldStart = mark + 1;
        recordLine = lines;
        continue;
      }
    } else {
      if (quoted) parser.openQuoteAt = fieldStart;
      if (quoted || recordStart == length) break;
    }

    // A field ends.
    const isStray = opened && closedAt != fieldEnd - 1;
    if (isStray) stray = 1;
    if (column < columns) {
      const field = <usize>(records * columns + column);
      const quoteBytes: u32 = opened && !isStray ? 1 : 0;
      store<u32>(batch.fieldStart + (field << 2), fieldStart + quoteBytes);
      store<u32>(batch.fieldEnd + (field << 2), fieldEnd - quoteBytes);
      store<u8>(batch.escaped + field, isStray ? 0 : escaped);
    }
    column++;
    fieldStart = mark + 1;
    opened = false;
    escaped = 0;
    if (byte == delimiter) continue;

    // A record ends.
    const record = <usize>records;
    store<u32>(batch.recordStart + (record << 2), recordStart);
    store<u32>(batch.recordEnd + (record << 2), fieldEnd);
    store<u32>(batch.recordLine + (record << 2), recordLine);
    store<u32>(batch.fieldCount + (record << 2), column);
    store<u8>(batch.stray + record, stray);
    records++;
    recordStart = fieldStart;
    recordLine = lines;
    column = 0;
    stray = 0;
    if (records == capacity) {
      next = min(fieldStart, length);
      break;
    }
  }
  batch.recordCount = records;
  parser.lines = lines;
  return next;
}
