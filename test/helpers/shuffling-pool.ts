import { ownBuffers, type PackedRows, type RowLayout, rowLayout } from '../../src/schema/packed-rows.ts';
import { ChunkStager, type ChunkToStage } from '../../src/stage/chunk-stager.ts';
import type { RowPlace, StagedInPool, StagePool, StageSetup } from '../../src/stage/stage-pool.ts';
import { StagingFolder } from '../../src/store/staging-folder.ts';
import { Random } from './random.ts';

/**
 * A pool without threads that does chunks in an order of its own, with the stagers of real threads. Buffers move as
 * between threads: whoever still uses one that he has given away finds it empty.
 */
export class ShufflingPool implements StagePool {
  readonly width: number;
  readonly #random: Random;
  readonly #stagers: (ChunkStager | undefined)[];
  readonly #waiting: (() => void)[] = [];
  /** Called before each chunk, with its number from 1; the chunk waits for what it returns. */
  readonly #onStage: (number: number) => void | Promise<void>;
  #given = 0;

  /** For one run only: its stagers take the first setup for all. */
  constructor(seed: number, onStage: (number: number) => void | Promise<void> = () => undefined) {
    this.#random = new Random(seed);
    this.width = 1 + this.#random.below(6);
    this.#stagers = new Array<undefined>(1 + this.#random.below(3)).fill(undefined);
    this.#onStage = onStage;
  }

  prepare(): void {}
  allGiven(): void {}

  stage(
    setup: StageSetup,
    chunk: ChunkToStage & { readonly length: number },
    buffer: ArrayBuffer,
    place: RowPlace | null = null,
  ): Promise<StagedInPool> {
    if (this.#waiting.length >= this.width) throw new Error('the pool was given more chunks than it wants');
    const moved = structuredClone(buffer, { transfer: [buffer] });
    const before = this.#onStage(++this.#given);
    const { promise, resolve, reject } = Promise.withResolvers<StagedInPool>();
    this.#waiting.push(() => {
      try {
        const stager = this.#stagerFor(setup, rowLayout(setup.dataset));
        const staged = stager.stage(new Uint8Array(moved, 0, chunk.length), chunk);
        const rows = { ...staged, packed: this.#putAside(staged.packed, place) };
        resolve(structuredClone({ rows, buffer: moved }, { transfer: [moved, ...ownBuffers(rows.packed)] }));
      } catch (error) {
        reject(error);
      }
    });
    // Each turn of the event loop does one chunk of those that wait by then.
    setImmediate(() => this.#waiting.splice(this.#random.below(this.#waiting.length), 1)[0]!());
    return before === undefined ? promise : before.then(() => promise);
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  /** Into a file, of some chunks: what was begun before the store wants files comes as it is. */
  #putAside(packed: PackedRows, place: RowPlace | null): PackedRows {
    if (place === null || this.#random.below(3) === 0) return packed;
    return new StagingFolder(place.beside).putAside(place.run, place.index, packed);
  }

  #stagerFor({ dialect, mapping }: StageSetup, layout: RowLayout): ChunkStager {
    return (this.#stagers[this.#random.below(this.#stagers.length)] ??= new ChunkStager(
      dialect,
      mapping,
      layout,
    ));
  }
}
