import { Kernel } from '../kernel/kernel.ts';
import { CR, LF } from './bytes.ts';
import { type Dialect, specialBytes } from './dialect.ts';
import { FieldBatch } from './field-batch.ts';

export interface ParserOptions {
  readonly dialect: Dialect;
  /** As the scanner has them: with 1, an empty line is a record. */
  readonly columns: number;
  /** Fields to keep of a record; `columns` if not given. */
  readonly keptColumns?: number | undefined;
  /** Records that a batch holds. */
  readonly capacity?: number | undefined;
}

const absentInKernel = 2 ** 32 - 1;

/**
 * Finds the records and fields of one chunk that the scanner has cut (or of any bytes that begin and end with a record).
 *
 *     let at = parser.start(bytes, cut.skip);
 *     while (at < bytes.length) {
 *       at = parser.parse(at);
 *       … batch.recordCount records, possibly 0 (blank lines)
 *     }
 *
 * Absolute positions: byte `cut.offset + recordStart`, line `cut.line + recordLine`.
 *
 * The automaton is the kernel's (`src/kernel/assembly/parse.ts`), and so is the memory in which it finds the chunk.
 */
export class ChunkParser {
  /** Filled by each `parse`. */
  readonly batch: FieldBatch;
  /** Total since `start`. */
  records = 0;
  /** Address of the chunk's bytes in the kernel's memory. */
  sourceAt = 0;
  readonly #kernel: Kernel;
  readonly #parser;
  /** Memory from here on is the chunk's, and of whoever puts something behind it. */
  #chunkAt: number | null = null;

  /** @param kernel what is given out of its memory before the first `start` stays; what is given out later goes with the next one */
  constructor(kernel: Kernel, { dialect, columns, keptColumns = columns, capacity = 4096 }: ParserOptions) {
    this.#kernel = kernel;
    this.batch = new FieldBatch(kernel, keptColumns, capacity);
    const { delimiter, quote, escape } = specialBytes(dialect);
    this.#parser = kernel
      .struct([
        ...(['batch', 'delimiter', 'quote', 'escape', 'emptyLineIsRecord', 'source', 'length'] as const),
        ...(['lines', 'blankLines', 'openQuoteAt'] as const),
      ])
      .set({ batch: this.batch.at, delimiter, quote, escape, emptyLineIsRecord: columns === 1 ? 1 : 0 });
  }

  /** Totals since `start`. `lines` counts line ends, those of the skipped bytes as well. */
  get blankLines(): number {
    return this.#parser.get('blankLines');
  }
  get lines(): number {
    return this.#parser.get('lines');
  }

  /** Index of a quote that the bytes never close, else -1. Never in a chunk of a scanner with the same dialect. */
  get openQuoteAt(): number {
    const at = this.#parser.get('openQuoteAt');
    return at === absentInKernel ? -1 : at;
  }

  /** Begins a chunk: copies it, sets totals to zero, counts the lines of its first `skip` bytes, and returns `skip`. */
  start(bytes: Uint8Array, skip: number): number {
    const kernel = this.#kernel;
    this.#chunkAt ??= kernel.end;
    kernel.release(this.#chunkAt);
    this.sourceAt = kernel.reserve(bytes.length);
    kernel.bytes.set(bytes, this.sourceAt);
    this.batch.follow();
    let lines = 0;
    for (let at = 0; at < skip; at++) {
      if (bytes[at] === LF || (bytes[at] === CR && bytes[at + 1] !== LF)) lines++;
    }
    this.records = 0;
    this.#parser.set({ source: this.sourceAt, length: bytes.length });
    this.#parser.set({ lines, blankLines: 0, openQuoteAt: absentInKernel });
    return skip;
  }

  /** Fills the batch from the record at `from` on, until it is full or the bytes end. Returns where to go on. */
  parse(from: number): number {
    const next = this.#kernel.calls.parseRecords(this.#parser.at, from) >>> 0;
    this.records += this.batch.recordCount;
    return next;
  }
}

/** Of this thread, for what is parsed now and then. */
let shared: Kernel | null = null;
/** Memory of a kernel never gets smaller: after a header of millions of columns it is let go whole. */
const mostSharedBytes = 4 * 2 ** 20;

/** Lets `work` parse a few bytes, in memory that is taken back afterwards: neither parser nor batch may be used then. */
export function withParser<Result>(options: ParserOptions, work: (parser: ChunkParser) => Result): Result {
  const kernel = (shared ??= new Kernel());
  const { end } = kernel;
  try {
    return work(new ChunkParser(kernel, options));
  } finally {
    kernel.release(end);
    if (kernel.bytes.length > mostSharedBytes) shared = null;
  }
}
