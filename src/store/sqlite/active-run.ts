import type { Dataset } from '../../schema/dataset.ts';
import type { FileRef } from '../../schema/file-ref.ts';
import { dropRows } from '../../schema/packed-rows.ts';
import { RejectQuota } from '../reject-quota.ts';
import type { OpenedRun, RunPlan, StagedChunk } from '../store.ts';

/** What a kept reject takes in memory besides its raw bytes. */
const rejectOverheadBytes = 256;

export interface ActiveRunOptions {
  /** Staged rows that may wait in memory, in bytes; beyond it all go to files. */
  readonly stagingMemoryBytes: number;
  /** Goes to files whatever its size once it has lasted this long. */
  readonly stagingMemoryMs: number;
  readonly monotonicMs: () => number;
}

/** The run that a process is working on, and its chunks that wait in memory; the others lie in the staging folder, and are in the ledger. */
export class ActiveRun {
  readonly run: number;
  readonly dataset: Dataset;
  readonly file: FileRef;
  /** By index. */
  readonly inMemory = new Map<number, StagedChunk>();
  /** Of chunks in files the words at which some of the rows begin. */
  readonly starts: Map<number, readonly number[]>;
  readonly #options: ActiveRunOptions;
  readonly #startedAt: number;
  readonly #rejectQuota = new RejectQuota();
  #inMemoryBytes = 0;
  #goesToFiles: boolean;

  /** @param starts of the chunks that were staged already */
  constructor(
    plan: RunPlan,
    { run, staged }: OpenedRun,
    starts: Map<number, readonly number[]>,
    options: ActiveRunOptions,
  ) {
    this.starts = starts;
    this.run = run;
    this.dataset = plan.dataset;
    this.file = plan.file;
    this.#options = options;
    this.#startedAt = options.monotonicMs();
    // What is larger as it is stored will hardly fit as rows (one of many columns that are ignored may), and need not be held until
    // that has turned out.
    this.#goesToFiles = staged.length > 0 || (plan.expectedBytes ?? 0) > options.stagingMemoryBytes;
    for (const { index, rejected } of staged) {
      this.#rejectQuota.count(
        index,
        Object.values(rejected).reduce((sum, number) => sum + number, 0),
      );
    }
  }

  /** Whether its rows are to be put into files; once they are, all of them. */
  get goesToFiles(): boolean {
    return this.#goesToFiles;
  }

  add(chunk: StagedChunk): void {
    const rejects = this.#rejectQuota.admit(chunk.index, chunk.rejects);
    this.inMemory.set(chunk.index, { ...chunk, rejects });
    this.#inMemoryBytes += chunk.packed.words.byteLength;
    for (const reject of rejects) this.#inMemoryBytes += reject.raw.length + rejectOverheadBytes;
    const { stagingMemoryBytes, stagingMemoryMs, monotonicMs } = this.#options;
    this.#goesToFiles ||=
      this.#inMemoryBytes > stagingMemoryBytes || monotonicMs() - this.#startedAt > stagingMemoryMs;
  }

  /** What was in memory is in files, and in the ledger. */
  forget(): void {
    // Given back now, not whenever the collector comes round: 100 MiB less at the peak of five million records.
    for (const { index, packed } of this.inMemory.values()) {
      // Not those of the chunk that was there before.
      if (packed.starts === undefined) this.starts.delete(index);
      else this.starts.set(index, packed.starts);
      dropRows(packed);
    }
    this.inMemory.clear();
    this.#inMemoryBytes = 0;
  }
}
