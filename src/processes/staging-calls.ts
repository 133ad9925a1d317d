/** What a thread answers that stages chunks: the calls of `ThreadedStagePool`. */
import type { Answer, Handler } from '../runtime/thread-calls.ts';
import { ownBuffers, type PackedRows, rowLayout } from '../schema/packed-rows.ts';
import { StagingFolder } from '../store/staging-folder.ts';
import { translating } from '../store/sqlite/errors.ts';
import { ChunkStager, type ChunkToStage } from '../stage/chunk-stager.ts';
import { ownMemory, ReusedRowMemory, SharedRowMemory } from '../stage/row-memory.ts';
import type { RowPlace, StagedInPool, StageSetup } from '../stage/stage-pool.ts';

export type StageArgs = readonly [
  setup: StageSetup,
  chunk: ChunkToStage & { readonly length: number },
  buffer: ArrayBuffer,
  place: RowPlace | null,
  /** As in `SharedRowMemory`, if rows are to be put there. */
  memory: SharedArrayBuffer | null,
];

/** The stager of the last setup; its memory serves all chunks of a run. */
let current: { readonly setup: string; readonly stager: ChunkStager } | null = null;

/** Rows on their way into a file. */
const passing = new ReusedRowMemory();

function stage(...[setup, chunk, buffer, place, shared]: StageArgs): Answer {
  const asText = JSON.stringify(setup);
  if (current?.setup !== asText) {
    const { dialect, mapping, dataset } = setup;
    current = { setup: asText, stager: new ChunkStager(dialect, mapping, rowLayout(dataset)) };
  }
  const memory = place !== null ? passing : shared === null ? ownMemory : new SharedRowMemory(shared);
  const staged = current.stager.stage(new Uint8Array(buffer, 0, chunk.length), chunk, memory);
  const rows = place === null ? staged : { ...staged, packed: putAside(staged.packed, place) };
  const value: StagedInPool = { rows, buffer };
  return { value, transfer: [buffer, ...ownBuffers(rows.packed)] };
}

/** Files are written by all threads that stage, each its own: that is a third of the work on a chunk. */
function putAside(packed: PackedRows, { beside, run, index }: RowPlace): PackedRows {
  const fileSha256 = translating(beside, () => new StagingFolder(beside).write(run, index, packed));
  return { ...packed, words: new Uint32Array(0), fileSha256 };
}

export const stagingHandlers: Record<string, Handler> = {
  stage: (args) => stage(...(args as StageArgs)),
};
