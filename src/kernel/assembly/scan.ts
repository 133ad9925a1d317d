/** Finds where records end: what `src/csv/scanner.ts` steps over from one thing to tell to the next. */
import { absent, CR, groupBytes, lanesOf, LF, marksAt } from './marks';

/**
 * The state of a scanner. All are 64-bit floating point, as numbers of JavaScript are; offsets count from the content's first byte.
 * Special bytes that a dialect has not are -1.
 */
@unmanaged
export class Scan {
  delimiter: f64;
  quote: f64;
  escape: f64;
  /** Whether a line without bytes is a record. */
  emptyLineIsRecord: f64;
  maxRecordBytes: f64;
  /** A record or blank line that ends here or later ends the chunk. */
  chunkFullAt: f64;
  /** Whether the first record has not ended: until then delimiters are counted, and blank lines are not. */
  inFirstRecord: f64;

  /** Offset of the window's first byte, and the byte before it. */
  consumed: f64;
  lastByte: f64;
  /** Whether the last byte was a CR: the next one tells whether the line ended with it. */
  crOpen: f64;
  quoted: f64;
  openedAt: f64;
  openedLine: f64;
  closedAt: f64;
  escapedAt: f64;
  recordStart: f64;
  recordLine: f64;
  delimiters: f64;

  /** Of the content so far. */
  lines: f64;
  /** Of this window alone. */
  records: f64;
  blankLines: f64;
  /** Where a record or blank line ends that is not counted yet, before its line end; -1: there is none. */
  recordEnd: f64;
}

/**
 * Steps over the bytes of a window, and counts its records and blank lines, until one ends with which there may be something to tell.
 * `consumed` is then behind its line end. Reads up to `groupBytes` beyond the window.
 */
export function scanWindow(scan: Scan, window: usize, length: u32): void {
  const delimiter = <u32>(<i32>scan.delimiter);
  const quote = <u32>(<i32>scan.quote);
  const escape = <u32>(<i32>scan.escape);
  const inFirstRecord = scan.inFirstRecord != 0;
  // After the first record delimiters matter only before a quote, where the byte itself can be looked at.
  const delimiters = lanesOf(inFirstRecord ? delimiter : absent);
  const quotes = lanesOf(quote);
  const escapes = lanesOf(escape);
  const emptyLineIsRecord = scan.emptyLineIsRecord != 0;
  // From here on offsets count from the window's first byte; what lies before it is below zero.
  const base = <i64>scan.consumed;
  const maxRecordBytes = <i64>scan.maxRecordBytes;
  const chunkFullAt = <i64>scan.chunkFullAt - base;
  const lastByte = <u32>(<i32>scan.lastByte);
  let quoted = scan.quoted != 0;
  let closedAt = <i64>scan.closedAt - base;
  let escapedAt = <i64>scan.escapedAt - base;
  let recordStart = <i64>scan.recordStart - base;
  let lines = <i64>scan.lines;
  let recordLine = <i64>scan.recordLine;
  let records: u32 = 0;
  let blankLines: u32 = 0;
  let end = length;
  scan.recordEnd = -1;

  let group: u32 = 0;
  let found = marksAt(window, length, delimiters, quotes, escapes);
  for (;;) {
    while (found == 0 && group + groupBytes < length) {
      group += groupBytes;
      found = marksAt(window + group, length - group, delimiters, quotes, escapes);
    }
    if (found == 0) break;
    const mark = group + <u32>ctz(found);
    found &= found - 1;
    const byte: u32 = load<u8>(window + mark);
    if (byte == LF || byte == CR) {
      if (byte == CR && mark + 1 == length) {
        scan.crOpen = 1;
        continue;
      }
      if (byte == CR && load<u8>(window + mark, 1) == LF) continue;
      lines++;
      if (quoted) continue;
      const isAfterCr = byte == LF && (mark == 0 ? lastByte : load<u8>(window + mark - 1)) == CR;
      const recordEnd = <i64>mark - (isAfterCr ? 1 : 0);
      const next = <i64>mark + 1;
      const isEmpty = recordEnd == recordStart;
      // Before the first record there may be millions of blank lines.
      const isTold = inFirstRecord
        ? !isEmpty || base + next > maxRecordBytes
        : recordEnd - recordStart > maxRecordBytes || next >= chunkFullAt;
      if (isTold) {
        scan.recordEnd = <f64>(base + recordEnd);
        end = mark + 1;
        break;
      }
      if (!inFirstRecord) {
        if (isEmpty && !emptyLineIsRecord) blankLines++;
        else records++;
      }
      recordStart = next;
      recordLine = lines + 1;
    } else if (quoted) {
      if (<i64>mark == escapedAt) continue;
      if (byte == escape) escapedAt = <i64>mark + 1;
      else if (byte == quote) {
        quoted = false;
        closedAt = <i64>mark;
      }
    } else if (byte == quote) {
      if (<i64>mark == closedAt + 1 && escape == absent) {
        quoted = true; // The second one of a doubled quote: the field never ended.
      } else if (
        <i64>mark == recordStart ||
        (mark == 0 ? lastByte : <u32>load<u8>(window + mark - 1)) == delimiter
      ) {
        quoted = true;
        scan.openedAt = <f64>(base + <i64>mark);
        scan.openedLine = <f64>(lines + 1);
      }
    } else if (byte == delimiter) {
      scan.delimiters += 1;
    }
  }
  scan.quoted = quoted ? 1 : 0;
  scan.closedAt = <f64>(closedAt + base);
  scan.escapedAt = <f64>(escapedAt + base);
  scan.recordStart = <f64>(recordStart + base);
  scan.recordLine = <f64>recordLine;
  scan.lines = <f64>lines;
  scan.records = records;
  scan.blankLines = blankLines;
  scan.consumed = <f64>(base + <i64>end);
  scan.lastByte = load<u8>(window + end - 1);
}
