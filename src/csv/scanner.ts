import { BOM, LF } from './bytes.ts';
import type { ChunkCut, ChunkKind } from './cut.ts';
import { absent, type Dialect, specialBytes } from './dialect.ts';
import { OpenChunk } from './open-chunk.ts';
import type { Position } from './position.ts';
import { newScanState, scanWindow } from './scan-window.ts';

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
  /** Totals of the file so far: data records (oversized ones too), blank lines between them. */
  records = 0;
  blankLines = 0;
  /** The quote that was never closed, after `unterminated_quote`. */
  openQuote: Position | null = null;

  readonly #header: boolean;
  readonly #knownColumns: number | undefined;
  readonly #chunkBytes: number;
  readonly #maxRecordBytes: number;

  /** The automaton between two calls. Offsets are absolute, so that they mean the same in every block. */
  readonly #state;
  #bomMatched = 0;

  readonly #chunk = new OpenChunk();
  /** The record that just ended is too long, and the chunk before it had to be told first. */
  #oversizedEnds = false;
  #cut: ChunkCut | null = null;

  constructor(options: ScannerOptions) {
    if (!(options.chunkBytes >= 1)) throw new RangeError(`chunkBytes is ${options.chunkBytes}: at least 1`);
    if (!(options.maxRecordBytes >= BOM.length)) {
      throw new RangeError(`maxRecordBytes is ${options.maxRecordBytes}: at least 3, a byte order mark`);
    }
    this.#header = options.dialect.header;
    this.#knownColumns = options.columns;
    this.#chunkBytes = options.chunkBytes;
    this.#maxRecordBytes = options.maxRecordBytes;
    this.#state = newScanState({
      ...specialBytes(options.dialect),
      maxRecordBytes: Math.min(options.maxRecordBytes, Number.MAX_SAFE_INTEGER),
      inFirstRecord: 1,
      lastByte: absent,
      openedAt: nowhere,
      closedAt: nowhere,
      escapedAt: nowhere,
      recordLine: 1,
    });
  }

  /** Line ends of the file so far. */
  get lines(): number {
    return this.#state.lines;
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
    const state = this.#state;
    const base = state.consumed - from;
    let at = this.#bomMatched < BOM.length ? this.#matchBom(block, from) : from;
    while (at < block.length) {
      if (state.crOpen === 1) {
        state.crOpen = 0;
        // CR LF over two windows: the line ends with the LF.
        if (block[at] !== LF && this.#endLineAtCr()) return at;
      }
      this.#scanWindow(block, at);
      at = state.consumed - base;
      if (state.recordEnd !== -1 && this.#endRecord(state.recordEnd, state.consumed)) return at;
    }
    this.#boundRecord();
    return at;
  }

  /** Tells that there are no more bytes. Call until one of the terminal outcomes. */
  finish(): void {
    if (this.#isTerminal() || this.#endWaitingChunk()) return;
    const state = this.#state;
    const end = state.consumed;
    if (state.crOpen === 1) {
      state.crOpen = 0;
      if (this.#endLineAtCr()) return;
    }
    if (state.quoted === 1) {
      this.openQuote = { byteOffset: state.openedAt, line: state.openedLine };
      this.outcome = 'unterminated_quote';
      return;
    }
    const lastHasNoTerminator = end > state.recordStart;
    if (lastHasNoTerminator && this.#endRecord(end, end)) return;
    if (end > this.#chunk.offset) this.#endChunk('records', end, state.recordLine);
    else this.outcome = 'end';
  }

  /** Scans some of the bytes from `from` on, and counts what is in them but for a record that ends them. */
  #scanWindow(block: Uint8Array, from: number): void {
    const state = this.#state;
    state.emptyLineIsRecord = this.columns === 1 ? 1 : 0;
    state.chunkFullAt = Math.min(this.#chunk.offset + this.#chunkBytes, Number.MAX_SAFE_INTEGER);
    scanWindow(state, block, from);
    if (state.inFirstRecord === 1) this.headerBytes = state.recordStart;
    this.records += state.records;
    this.#chunk.records += state.records;
    this.blankLines += state.blankLines;
    this.#chunk.blankLines += state.blankLines;
  }

  /** The last byte consumed was a CR, and no LF follows it. */
  #endLineAtCr(): boolean {
    const { consumed, quoted } = this.#state;
    this.#state.lines++;
    return quoted === 0 && this.#endRecord(consumed - 1, consumed);
  }

  /** A record or a blank line ends, its terminator in [end, next). True when there is something to tell. */
  #endRecord(end: number, next: number): boolean {
    const state = this.#state;
    const { recordStart: start, recordLine: line } = state;
    state.recordStart = next;
    state.recordLine = state.lines + 1;
    if (state.inFirstRecord === 1) {
      if (end === start) {
        this.headerBytes = next;
        return next > this.#maxRecordBytes && this.#tell('header_too_large');
      }
      state.inFirstRecord = 0;
      this.columns = this.#knownColumns ?? state.delimiters + 1;
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
    return oversized ? this.#endChunk('oversized', next, state.recordLine) : this.#endChunkIfFull();
  }

  #endChunkIfFull(): boolean {
    const { recordStart: end, recordLine } = this.#state;
    return end - this.#chunk.offset >= this.#chunkBytes && this.#endChunk('records', end, recordLine);
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
      return this.#endChunk('oversized', this.#state.recordStart, this.#state.recordLine);
    }
    return this.outcome === 'header_end' && this.#endChunkIfFull();
  }

  /** At the end of a block: of a record (or header) that is too long already, the caller need not hold more. */
  #boundRecord(): void {
    const { crOpen, quoted, consumed, recordStart: start, recordLine, inFirstRecord } = this.#state;
    const isTerminator = crOpen === 1 && quoted === 0;
    const end = isTerminator ? consumed - 1 : consumed;
    if (inFirstRecord === 1 && this.#header) {
      if (end > this.#maxRecordBytes) this.#tell('header_too_large');
    } else if (end - start > this.#maxRecordBytes && this.#chunk.kind !== 'oversized') {
      if (start > this.#chunk.offset) this.#endChunk('records', start, recordLine);
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
    this.#state.consumed += at - from;
    if (this.#bomMatched === BOM.length) this.headerBytes = this.#state.recordStart = BOM.length;
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
