/**
 * One chunk of a file: where it lies and what is in it.
 *
 * Chunks tile the file: chunk 0 begins at byte 0, each next one where the last ended, the last one ends with
 * the file. They depend on the bytes, the dialect, `chunkBytes` and `maxRecordBytes` only, never on the blocks
 * in which the bytes came. An empty file has no chunks.
 */
export interface ChunkCut {
  /** From 0. */
  readonly index: number;
  /**
   * `records`: parse the bytes from `skip` on. `oversized`: the whole chunk is one record longer than
   * `maxRecordBytes`, with its terminator; it is never parsed.
   */
  readonly kind: ChunkKind;
  /** Bytes from the start of the decoded content, from 0. */
  readonly offset: number;
  /** Bytes, at least 1. */
  readonly length: number;
  /** Bytes before the first data: BOM, blank lines before the first record, header. 0 in all chunks but 0. */
  readonly skip: number;
  /** Line of the file, from 1, at which the chunk's first byte stands (not the first byte after `skip`). */
  readonly line: number;
  /** Data records; the header is none. May be 0: only a header, only blank lines. */
  readonly records: number;
  /** Lines of zero bytes after `skip` that are no records. */
  readonly blankLines: number;
}

export type ChunkKind = 'records' | 'oversized';
