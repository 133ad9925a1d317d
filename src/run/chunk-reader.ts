import { createHash, type Hash, hash as hashAll } from 'node:crypto';
import { CR, LF } from '../csv/bytes.ts';
import type { ChunkCut } from '../csv/cut.ts';
import type { Dialect } from '../csv/dialect.ts';
import { RecordScanner } from '../csv/scanner.ts';
import { LonghaulError } from '../runtime/errors.ts';
import { maxRejectRawBytes } from '../schema/rejects.ts';
import type { ContentReader } from '../source/source-file.ts';
import { firstLine, refuseOtherFormats } from './header-check.ts';

/** Bytes asked of the source at once: large enough that calls do not count, small enough to stay in cache. */
const mostReadBytes = 512 * 1024;
/** Of a file that is known to be small: buffers that are much larger than it keep the collector busy, file after file. */
const leastReadBytes = 16 * 1024;

export interface ChunkReaderOptions {
  /** What to call the file in errors. */
  readonly label: string;
  readonly dialect: Dialect;
  readonly chunkBytes: number;
  readonly maxRecordBytes: number;
  /** Fields of a record where no header tells. */
  readonly columns?: number | undefined;
}

/** A chunk with its bytes. */
export interface ReadChunk {
  readonly cut: ChunkCut;
  /** SHA-256 of all its bytes, hexadecimal. */
  readonly sha256: string;
  /** Its bytes; of an oversized record the first few only. The buffer is the receiver's to keep or to `giveBack`. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Of an oversized record: bytes of its line end, 0 to 2. */
  readonly lineEndBytes: number;
}

export type ReadEvent =
  /** BOM, blank lines and first record: always the first event where there is a header. */
  { readonly kind: 'header'; readonly bytes: Uint8Array } | ({ readonly kind: 'chunk' } & ReadChunk);

/** Of an open oversized chunk: the hash of the bytes let go so far, its first bytes and its last two. */
interface OversizedRecord {
  readonly hash: Hash;
  head: Uint8Array<ArrayBuffer>;
  tail: Uint8Array<ArrayBuffer>;
}

/**
 * Reads a snapshot once, from its beginning to its end, and gives it out cut at record starts. Holds the chunk that
 * is being filled and nothing else, whatever the file's size; a record that is too long is passed over unheld.
 */
export class ChunkReader {
  readonly #content: ContentReader;
  readonly #options: ChunkReaderOptions;
  readonly #scanner: RecordScanner;
  /** Bytes asked for at once: of a small file little more than it has, unless it turns out to be compressed. */
  #readBytes: number;
  readonly #spare: ArrayBuffer[] = [];
  /** What is held: the open chunk's bytes and what was read after them. */
  #buffer: Uint8Array<ArrayBuffer>;
  #filled = 0;
  /** Offset in the content of the buffer's first byte. */
  #bufferOffset = 0;
  #passing: OversizedRecord | null = null;
  /** Nothing is read any more. */
  #ended = false;

  constructor(content: ContentReader, options: ChunkReaderOptions) {
    this.#content = content;
    this.#options = options;
    this.#scanner = new RecordScanner(options);
    const expected = content.expectedBytes ?? Number.POSITIVE_INFINITY;
    this.#readBytes = Math.min(mostReadBytes, Math.max(leastReadBytes, expected + 1));
    this.#buffer = this.#newBuffer();
  }

  /** Totals of the file so far; final after the last event. */
  get records(): number {
    return this.#scanner.records;
  }
  get contentBytes(): number {
    return this.#bufferOffset + this.#filled;
  }

  /** A buffer that is no longer needed, to be filled again. */
  giveBack(buffer: ArrayBuffer): void {
    // While a run is published they would be 45 MiB that nobody needs.
    if (this.#ended) buffer.transfer(0);
    else this.#spare.push(buffer);
  }

  async *read(signal: AbortSignal): AsyncGenerator<ReadEvent> {
    for (;;) {
      signal.throwIfAborted();
      this.#makeRoom();
      const read = await this.#content.read(
        this.#buffer.subarray(this.#filled, this.#filled + this.#readBytes),
      );
      if (read === 0) break;
      let at = this.#filled;
      this.#filled += read;
      do {
        const heldFrom = this.#bufferOffset;
        at = this.#scanner.scan(this.#buffer.subarray(0, this.#filled), at);
        const event = this.#take();
        // Taking a chunk away moves what is held to the front of another buffer.
        at -= this.#bufferOffset - heldFrom;
        if (event !== null) yield event;
      } while (this.#scanner.outcome !== 'need_block');
      if (this.#scanner.chunkKind === 'oversized') this.#passOver(this.#filled);
    }
    do {
      this.#scanner.finish();
      const event = this.#take();
      if (event !== null) yield event;
    } while (this.#scanner.outcome !== 'end');
    this.#ended = true;
    for (const buffer of [...this.#spare.splice(0), this.#buffer.buffer]) buffer.transfer(0);
  }

  /** What the scanner has just told, as an event. */
  #take(): ReadEvent | null {
    const { label: file, maxRecordBytes } = this.#options;
    switch (this.#scanner.outcome) {
      case 'need_block':
      case 'end':
        return null;
      case 'header_end':
        return { kind: 'header', bytes: this.#buffer.slice(0, this.#scanner.headerBytes) };
      case 'chunk_end':
        return { kind: 'chunk', ...this.#takeChunk(this.#scanner.cut) };
      case 'header_too_large':
        refuseOtherFormats(this.#buffer.subarray(0, maxRecordBytes), file);
        throw LonghaulError.of('header_unreadable', {
          file,
          reason: `it is longer than ${maxRecordBytes} bytes`,
        });
      case 'unterminated_quote': {
        // Whether another format is noticed must not depend on whether the first chunk ends before the quote.
        if (!this.#options.dialect.header && this.#scanner.records > 0 && this.#bufferOffset === 0)
          refuseOtherFormats(firstLine(this.#buffer.subarray(0, this.#filled)), file);
        const { line, byteOffset } = this.#scanner.openQuote ?? { line: 1, byteOffset: 0 };
        throw LonghaulError.of('unterminated_quote', { file, line, byteOffset });
      }
    }
  }

  #takeChunk(cut: ChunkCut): ReadChunk {
    const end = cut.offset + cut.length - this.#bufferOffset;
    if (cut.kind === 'oversized') {
      const { hash, head, tail } = this.#passOver(end);
      this.#passing = null;
      const lineEndBytes = lengthOfLineEnd(tail);
      const bytes = head.subarray(0, cut.length - lineEndBytes);
      return { cut, sha256: hash.digest('hex'), bytes, lineEndBytes };
    }
    const full = this.#buffer;
    this.#buffer = this.#newBuffer(this.#filled - end);
    this.#buffer.set(full.subarray(end, this.#filled));
    this.#filled -= end;
    this.#bufferOffset += end;
    const bytes = full.subarray(0, end);
    return { cut, sha256: hashAll('sha256', bytes), bytes, lineEndBytes: 0 };
  }

  /** Lets go of the buffer's bytes before `end`, which belong to an oversized record. */
  #passOver(end: number): OversizedRecord {
    this.#passing ??= { hash: createHash('sha256'), head: new Uint8Array(0), tail: new Uint8Array(0) };
    const passing = this.#passing;
    const passed = this.#buffer.subarray(0, end);
    passing.hash.update(passed);
    passing.tail = new Uint8Array(Buffer.concat([passing.tail, passed.subarray(-2)]).subarray(-2));
    if (passing.head.length < maxRejectRawBytes) {
      passing.head = new Uint8Array(Buffer.concat([passing.head, passed]).subarray(0, maxRejectRawBytes));
    }
    this.#buffer.copyWithin(0, end, this.#filled);
    this.#filled -= end;
    this.#bufferOffset += end;
    return passing;
  }

  #newBuffer(atLeast = 0): Uint8Array<ArrayBuffer> {
    const spare = this.#spare.pop();
    if (spare !== undefined && spare.byteLength >= atLeast + this.#readBytes) return new Uint8Array(spare);
    const { expectedBytes } = this.#content;
    const wanted =
      Math.min(this.#options.chunkBytes, expectedBytes ?? Number.POSITIVE_INFINITY) + 2 * this.#readBytes;
    return new Uint8Array(Math.max(wanted, atLeast + this.#readBytes));
  }

  /** Chunks are longer than `chunkBytes` only by their last record, so the buffer seldom grows. */
  #makeRoom(): void {
    if (this.#buffer.length - this.#filled >= this.#readBytes) return;
    // More comes out of the file than it holds: it is compressed, and no small one.
    if (this.contentBytes > (this.#content.expectedBytes ?? 0)) this.#readBytes = mostReadBytes;
    this.#buffer = new Uint8Array(
      this.#buffer.buffer.transfer(Math.ceil(this.#buffer.length * 1.5) + this.#readBytes),
    );
  }
}

/** Of a record that ends with `tail`: outside quotes a line end is always its end. */
function lengthOfLineEnd(tail: Uint8Array): number {
  const last = tail.at(-1);
  if (last === LF) return tail.at(-2) === CR ? 2 : 1;
  return last === CR ? 1 : 0;
}
