import type { ChunkCut } from '../csv/cut.ts';
import type { ContentOrigin, ContentReader } from '../source/source-file.ts';
import type { ChunkSums, Store } from '../store/store.ts';
import type { ChunkRows } from './chunk-stager.ts';
import type { StagePool, StageSetup } from './stage-pool.ts';

/** A run whose chunks are to be staged. */
export interface RunToStage {
  readonly run: number;
  readonly setup: StageSetup;
  /** What to call the file in errors. */
  readonly label: string;
  /** That the chunks are cut from; open until the staging of the run is disposed. */
  readonly content: ContentReader;
  /** Where others can read the same bytes; null: nowhere. */
  readonly origin: ContentOrigin | null;
  /** Ends what is under way. */
  readonly signal: AbortSignal;
}

/** A chunk with its bytes, which are the receiver's until he gives their buffer back. */
export interface ChunkWithBytes {
  readonly cut: ChunkCut;
  /** SHA-256 of its bytes, hexadecimal. */
  readonly sha256: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Who does which chunk of a run, and brings it into the ledger: threads of this process, or workers on other machines. */
export interface ChunkStaging {
  open(run: RunToStage): Promise<RunStaging>;
}

export interface RunStaging extends AsyncDisposable {
  /** Chunks it wants to be given at once so that nobody waits; a caller must not give more. */
  readonly width: number;
  /** There will be no more chunks: whoever has given them has time. */
  allGiven?(): void;
  /** Resolves once the chunk's rows wait in the store. @param giveBack called as soon as the bytes are no longer needed */
  stage(chunk: ChunkWithBytes, giveBack: (buffer: ArrayBuffer) => void): Promise<ChunkSums>;
}

/** The pool's threads stage, and this process brings the rows to its store. */
export class LocalStaging implements ChunkStaging {
  readonly #store: Pick<Store, 'stageChunk' | 'rowsBeside'>;
  readonly #pool: StagePool;

  constructor(store: Pick<Store, 'stageChunk' | 'rowsBeside'>, pool: StagePool) {
    this.#store = store;
    this.#pool = pool;
  }

  async open({ run, setup }: RunToStage): Promise<RunStaging> {
    return {
      width: this.#pool.width,
      allGiven: () => this.#pool.allGiven(),
      stage: (chunk, giveBack) => this.#stage(run, setup, chunk, giveBack),
      [Symbol.asyncDispose]: async () => undefined,
    };
  }

  async #stage(
    run: number,
    setup: StageSetup,
    { cut, sha256, bytes }: ChunkWithBytes,
    giveBack: (buffer: ArrayBuffer) => void,
  ): Promise<ChunkSums> {
    const beside = this.#store.rowsBeside?.(run) ?? null;
    const place = beside === null ? null : { beside, run, index: cut.index };
    const { rows, buffer } = await this.#pool.stage(setup, cut, bytes.buffer, place);
    giveBack(buffer);
    checkParsed(cut, rows);
    const { packed, rejects, ...sums } = rows;
    const { index, offset, length, line } = cut;
    const chunk = { ...sums, rows: packed.rows };
    await this.#store.stageChunk(run, { index, offset, length, line, sha256, ...chunk, packed, rejects });
    return chunk;
  }
}

/** Scanner and parser must find the same records, whoever ran them. */
export function checkParsed(
  cut: Pick<ChunkCut, 'index' | 'records' | 'blankLines'>,
  parsed: Pick<ChunkRows, 'records' | 'blankLines'>,
): void {
  if (parsed.records === cut.records && parsed.blankLines === cut.blankLines) return;
  throw new Error(
    `chunk ${cut.index}: the scanner found ${cut.records} records and ${cut.blankLines} blank lines, the parser ${parsed.records} and ${parsed.blankLines}`,
  );
}
