import type { ChunkCut } from '../csv/cut.ts';
import type { ContentOrigin } from '../source/source-file.ts';
import type { StageSetup } from './stage-pool.ts';

/** A chunk as a worker is told of it; as JSON. The dataset it finds in the ledger. */
export interface ChunkWork
  extends Pick<ChunkCut, 'index' | 'offset' | 'length' | 'line' | 'skip' | 'records' | 'blankLines'> {
  /** Of its bytes, hexadecimal. */
  readonly sha256: string;
  readonly setup: Omit<StageSetup, 'dataset'>;
  /** Where the bytes are to be had besides the master. */
  readonly origin: ContentOrigin | null;
}
