import type { Dialect } from '../csv/dialect.ts';
import type { ColumnMapping } from '../schema/columns.ts';
import type { Dataset } from '../schema/dataset.ts';
import type { ChunkRows, ChunkToStage } from './chunk-stager.ts';

/** What all chunks of one run have in common. */
export interface StageSetup {
  readonly dataset: Dataset;
  readonly dialect: Dialect;
  readonly mapping: ColumnMapping;
  readonly chunkBytes: number;
}

/** Who does which chunk. */
export interface StagePool extends AsyncDisposable {
  /** Chunks it wants to be given at once so that nobody waits; a caller must not give more. */
  readonly width: number;
  /** There will be chunks soon. */
  prepare(): void;
  /** There will be no more chunks for now: whoever has given them has time. */
  allGiven(): void;
  /**
   * Stages a chunk that lies at the beginning of `buffer`. The buffer moves away and comes back with the rows;
   * neither is shared with anybody.
   *
   * @param place where to put the rows; `null`: they come back
   */
  stage(
    setup: StageSetup,
    chunk: ChunkToStage & { readonly length: number },
    buffer: ArrayBuffer,
    place?: RowPlace | null,
  ): Promise<StagedInPool>;
}

/** A file of a staging folder. */
export interface RowPlace {
  /** The database that the folder lies beside. */
  readonly beside: string;
  readonly run: number;
  /** Of the chunk. */
  readonly index: number;
}

export interface StagedInPool {
  readonly rows: ChunkRows;
  readonly buffer: ArrayBuffer;
}
