import type { ChunkCut, ChunkKind } from './cut.ts';

/** The chunk that the scanner is in: what it has counted of it. */
export class OpenChunk {
  offset = 0;
  /** `oversized` as soon as it is known to be. */
  kind: ChunkKind = 'records';
  records = 0;
  blankLines = 0;
  #index = 0;
  #line = 1;

  /** Ends it before byte `end`, where line `nextLine` begins, and opens the next one there. */
  end(kind: ChunkKind, end: number, nextLine: number, headerBytes: number): ChunkCut {
    const cut: ChunkCut = {
      index: this.#index,
      kind,
      offset: this.offset,
      length: end - this.offset,
      skip: this.#index === 0 ? headerBytes : 0,
      line: this.#line,
      records: this.records,
      blankLines: this.blankLines,
    };
    this.offset = end;
    this.kind = 'records';
    this.records = 0;
    this.blankLines = 0;
    this.#index++;
    this.#line = nextLine;
    return cut;
  }
}
