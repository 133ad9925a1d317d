/**
 * The list of a snapshot's chunks, as a source server tells it and whoever stages them takes it. Offsets and hashes always mean
 * bytes as they are stored.
 */
import type { ChunkCut } from '../csv/cut.ts';

export interface Manifest {
  /** SHA-256 of all stored bytes, hexadecimal. */
  readonly version: string;
  readonly bytes: number;
  /** What the bytes are compressed with; `null`: they are the text itself. */
  readonly compression: string | null;
  readonly dialect: ManifestDialect;
  /** The settings that the cuts depend on, beside the dialect. */
  readonly chunkBytes: number;
  readonly maxRecordBytes: number;
  /** The names of the columns; `null` where no header tells or where only pieces are listed. */
  readonly header: readonly string[] | null;
  /**
   * They tile the file. `ManifestChunk`s, cut at record starts just as an import cuts, where the stored bytes are text in UTF-8;
   * plain pieces of a fixed size where they are not: whoever inflates or decodes them cuts.
   */
  readonly chunks: readonly (ManifestPiece | ManifestChunk)[];
}

/** Characters as a person writes them. */
export interface ManifestDialect {
  readonly delimiter: string;
  readonly quote: string | null;
  readonly escape: string | null;
  readonly header: boolean;
  /** As TextDecoder names it. */
  readonly encoding: string;
}

export interface ManifestPiece {
  readonly offset: number;
  readonly length: number;
  /** Of these bytes, hexadecimal. */
  readonly sha256: string;
}

/** All of a cut but its index, which is the place in the list. */
export interface ManifestChunk extends ManifestPiece, Omit<ChunkCut, 'index'> {}
