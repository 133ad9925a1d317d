import { BOM, CR, LF } from './bytes.ts';
import type { ChunkCut, ChunkKind } from './cut.ts';
import { absent, type Dialect, type SpecialBytes, specialBytes } from './dialect.ts';
import { findMarks, marks, WINDOW_BYTES } from './marks.ts';
import { OpenChunk } from './open-chunk.ts';
import type { Position } from './position.ts';

export interface ScannerOptions {
  readonly dialect: Dialect;
  /** A chunk ends with the first record (or blank line) that ends this many bytes or more after its start. */
  readonly chunkBytes: number;
  /** A record with more bytes than this, its terminator not counted, becomes an `oversized` chunk of its own. */
  readonly maxRecordBytes: number;
  /** Fields that records should have, if that is not for the first record to tell. */
  readonly columns?: number | undefined;
}

/**
 * What `scan` or `finish` stopped for.
 * - `need_block`: all bytes of the block are consumed.
 * - `header_end`: the file's first `headerBytes` bytes are its header (BOM, blank lines, first record with terminator).
 * - `chunk_end`: read `cut`.
 * - `header_too_large`: more than `maxRecordBytes` bytes and still no header (or, without header, nothing but
 *   blank lines). Terminal.
 * - `unterminated_quote`: the file ended inside the quotes that opened at `openQuote`. Terminal.
 * - `end`: the file has ended and everything was told. Terminal.
 */
export type ScanOutcome =
  | 'need_block'
  | 'header_end'
  | 'chunk_end'
  | 'header_too_large'
  | 'unterminated_quote'
  | 'end';

/**
 * Finds where records end, in one pass over all bytes of a file in order, and cuts it into chunks there.
 *
 *     for (const block of blocks) {
 *       let at = 0;
 *       do at = scanner.scan(block, at), handle(scanner.outcome);
 *       while (scanner.outcome !== 'need_block');
 *     }
 *     do scanner.finish(), handle(scanner.outcome);
 *     while (scanner.outcome !== 'end');
 *
 * where `handle` leaves at the two terminal failures. The scanner keeps no bytes. What the caller has to hold: all
 * bytes from `chunkOffset` on; when `chunkKind` is 'oversized', only as many of them as it wants to show. So it never
 * holds more than chunkBytes + maxRecordBytes + two blocks. `cut.offset` and `cut.length` are absolute, and a cut may
 * end long before the position that `scan` returned: when a record turns out to be too long, the chunk before it
 * ends at that record's first byte.
 *
 * Without a header, the blank lines before the first record count as `headerBytes` too: whether an empty line is a
 * record depends on the number of columns, which only the first record tells.
 */
export class RecordScanner {
  outcome: ScanOutcome = 'need_block';
  /**
   * Fields of the file's first record, header or not (or as the options say); 0 until it has ended. With 1, empty lines are records.
   * Whoever knows better may set it after `header_end`; the parser must be given the same number.
   */
  columns = 0;
  /** Bytes of BOM, blank lines and header before the first data. Final once `columns` is known. */
  headerBytes = 0;
  /** Totals of the file so far: data records (oversized ones too), blank lines between them, line ends. */
  records = 0;
  blankLines = 0;
  lines = 0;
  /** The quote that was never closed, after `unterminated_quote`. */
  openQuote: Position | null = null;

  readonly #special: SpecialBytes;
  readonly #header: boolean;
  readonly #knownColumns: number | undefined;
  readonly #chunkBytes: number;
  readonly #maxRecordBytes: number;

  // The automaton between two calls. Offsets are absolute, so that they mean the same in every block.
  #consumed = 0;
  #lastByte = absent;
  #bomMatched = 0;
  /** The last byte was a CR: the next one tells whether the line ended with it. */
  #crOpen = false;
  #quoted = false;
  #openedAt = nowhere;
  #openedLine = 0;
  #closedAt = nowhere;
  #escapedAt = nowhere;
  #recordStart = 0;
  #recordLine = 1;
  #inFirstRecord = true;
  #delimitersInFirst = 0;

  readonly #chunk = new OpenChunk();
  /** The record that just ended is too long, and the chunk before it had to be told first. */
  #oversizedEnds = false;
  #cut: ChunkCut | null = null;

  constructor(options: ScannerOptions) {
    if (!(options.chunkBytes >= 1)) throw new RangeError(`chunkBytes is ${options.chunkBytes}: at least 1`);
    if (!(options.maxRecordBytes >= BOM.length)) {
      throw new RangeError(`maxRecordBytes is ${options.maxRecordBytes}: at least 3, a byte order mark`);
    }
    this.#special = specialBytes(options.dialect);
    this.#header = options.dialect.header;
    this.#knownColumns = options.columns;
    this.#chunkBytes = options.chunkBytes;
    this.#maxRecordBytes = options.maxRecordBytes;
  }

  /** Where the open chunk begins, in bytes from the start of the content. */
  get chunkOffset(): number {
    return this.#chunk.offset;
  }

  /** 'oversized' once the open chunk is known to be a record that is too long. */
  get chunkKind(): ChunkKind {
    return this.#chunk.kind;
  }

  /** The chunk that ended, after `chunk_end`. */
  get cut(): ChunkCut {
    if (this.#cut === null) throw new Error('no chunk has ended yet');
    return this.#cut;
  }

  /** Consumes bytes of `block` from `from` on and returns where it stopped: go on there until `need_block`. */
  scan(block: Uint8Array, from: number): number {
    if (this.#isTerminal() || this.#endWaitingChunk()) return from;
    this.outcome = 'need_block';
    const base = this.#consumed - from;
    let at = this.#bomMatched < BOM.length ? this.#matchBom(block, from) : from;
    if (this.#crOpen && at < block.length) {
      this.#crOpen = false;
      // CR LF over two blocks: the line ends with the LF.
      if (block[at] !== LF && this.#endLineAtCr()) return at;
    }
    while (at < block.length) {
      const stopped = this.#scanWindow(block, at, Math.min(at + WINDOW_BYTES, block.length), base);
      at = this.#consumed - base;
      if (stopped) return at;
    }
    this.#boundRecord();
    return at;
  }

  /** Tells that there are no more bytes. Call until one of the terminal outcomes. */
  finish(): void {
    if (this.#isTerminal() || this.#endWaitingChunk()) return;
    const end = this.#consumed;
    if (this.#crOpen) {
      this.#crOpen = false;
      if (this.#endLineAtCr()) return;
    }
    if (this.#quoted) {
      this.openQuote = { byteOffset: this.#openedAt, line: this.#openedLine };
      this.outcome = 'unterminated_quote';
      return;
    }
    const lastHasNoTerminator = end > this.#recordStart;
    if (lastHasNoTerminator && this.#endRecord(end, end)) return;
    if (end > this.#chunk.offset) this.#endChunk('records', end, this.#recordLine);
    else this.outcome = 'end';
  }

  /** Steps from mark to mark in `block[from, to)`; true when there is something to tell. */
  #scanWindow(block: Uint8Array, from: number, to: number, base: number): boolean {
    const { delimiter, quote, escape } = this.#special;
    // After the first record delimiters matter only before a quote, where the byte itself can be looked at.
    const count = findMarks(block, from, to, this.#inFirstRecord ? delimiter : absent, quote, escape);
    let quoted = this.#quoted;
    let closedAt = this.#closedAt - base;
    let escapedAt = this.#escapedAt - base;
    let recordStart = this.#recordStart - base;
    let end = to;
    let stopped = false;
    for (let index = 0; index < count; index++) {
      const mark = marks[index]!;
      const byte = block[mark];
      if (byte === LF || byte === CR) {
        if (byte === CR && mark + 1 === block.length) {
          this.#crOpen = true;
        } else if (byte === LF || block[mark + 1] !== LF) {
          this.lines++;
          if (quoted) continue;
          const before = mark === 0 ? this.#lastByte : block[mark - 1];
          const recordEnd = byte === LF && before === CR ? mark - 1 : mark;
          if (this.#endRecord(base + recordEnd, base + mark + 1)) {
            stopped = true;
            end = mark + 1;
            break;
          }
          recordStart = this.#recordStart - base;
        }
      } else if (quoted) {
        if (mark === escapedAt) continue;
        if (byte === escape) escapedAt = mark + 1;
        else if (byte === quote) {
          quoted = false;
          closedAt = mark;
        }
      } else if (byte === quote) {
        if (mark === closedAt + 1 && escape === absent) {
          quoted = true; // The second one of a doubled quote: the field never ended.
        } else if (mark === recordStart || (mark === 0 ? this.#lastByte : block[mark - 1]) === delimiter) {
          quoted = true;
          this.#openedAt = base + mark;
          this.#openedLine = this.lines + 1;
        }
      } else if (byte === delimiter) {
        this.#delimitersInFirst++;
      }
    }
    this.#quoted = quoted;
    this.#closedAt = closedAt + base;
    this.#escapedAt = escapedAt + base;
    this.#consumed = base + end;
    this.#lastByte = block[end - 1]!;
    return stopped;
  }

  /** The last byte consumed was a CR, and no LF follows it. */
  #endLineAtCr(): boolean {
    this.lines++;
    return !this.#quoted && this.#endRecord(this.#consumed - 1, this.#consumed);
  }

  /** A record or a blank line ends, its terminator in [end, next). True when there is something to tell. */
  #endRecord(end: number, next: number): boolean {
    const start = this.#recordStart;
    const line = this.#recordLine;
    this.#recordStart = next;
    this.#recordLine = this.lines + 1;
    if (this.#inFirstRecord) {
      if (end === start) {
        this.headerBytes = next;
        return next > this.#maxRecordBytes && this.#tell('header_too_large');
      }
      this.#inFirstRecord = false;
      this.columns = this.#knownColumns ?? this.#delimitersInFirst + 1;
      if (this.#header) {
        if (end > this.#maxRecordBytes) return this.#tell('header_too_large');
        this.headerBytes = next;
        return this.#tell('header_end');
      }
    } else if (end === start && this.columns !== 1) {
      this.blankLines++;
      this.#chunk.blankLines++;
      return this.#endChunkIfFull();
    }
    const oversized = end - start > this.#maxRecordBytes;
    if (oversized && start > this.#chunk.offset) {
      this.#oversizedEnds = true;
      return this.#endChunk('records', start, line);
    }
    this.records++;
    this.#chunk.records++;
    return oversized ? this.#endChunk('oversized', next, this.#recordLine) : this.#endChunkIfFull();
  }

  #endChunkIfFull(): boolean {
    const end = this.#recordStart;
    return end - this.#chunk.offset >= this.#chunkBytes && this.#endChunk('records', end, this.#recordLine);
  }

  #endChunk(kind: ChunkKind, end: number, nextLine: number): boolean {
    this.#cut = this.#chunk.end(kind, end, nextLine, this.headerBytes);
    return this.#tell('chunk_end');
  }

  /** A chunk that was known to end when the caller was told of something before it. */
  #endWaitingChunk(): boolean {
    if (this.#oversizedEnds) {
      this.#oversizedEnds = false;
      this.records++;
      this.#chunk.records++;
      return this.#endChunk('oversized', this.#recordStart, this.#recordLine);
    }
    return this.outcome === 'header_end' && this.#endChunkIfFull();
  }

  /** At the end of a block: of a record (or header) that is too long already, the caller need not hold more. */
  #boundRecord(): void {
    const isTerminator = this.#crOpen && !this.#quoted;
    const end = isTerminator ? this.#consumed - 1 : this.#consumed;
    const start = this.#recordStart;
    if (this.#inFirstRecord && this.#header) {
      if (end > this.#maxRecordBytes) this.#tell('header_too_large');
    } else if (end - start > this.#maxRecordBytes && this.#chunk.kind !== 'oversized') {
      if (start > this.#chunk.offset) this.#endChunk('records', start, this.#recordLine);
      this.#chunk.kind = 'oversized';
    }
  }

  /** Consumes the bytes of a byte order mark, one block or three. Those of half a mark are data of the first record. */
  #matchBom(block: Uint8Array, from: number): number {
    let at = from;
    while (at < block.length && this.#bomMatched < BOM.length && block[at] === BOM[this.#bomMatched]) {
      this.#bomMatched++;
      at++;
    }
    this.#consumed += at - from;
    if (this.#bomMatched === BOM.length) this.headerBytes = this.#recordStart = BOM.length;
    else if (at < block.length) this.#bomMatched = BOM.length;
    return at;
  }

  #tell(outcome: ScanOutcome): true {
    this.outcome = outcome;
    return true;
  }

  #isTerminal(): boolean {
    return (
      this.outcome === 'end' || this.outcome === 'unterminated_quote' || this.outcome === 'header_too_large'
    );
  }
}

/** An offset that no byte has and none follows. */
const nowhere = -2;
