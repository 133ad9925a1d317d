/** What a thread answers that stages chunks: the calls of `ThreadedStagePool`. */
import type { Answer, Handler } from '../runtime/thread-calls.ts';
import { ownBuffers, rowLayout } from '../schema/packed-rows.ts';
import { StagingFolder } from '../store/staging-folder.ts';
import { translating } from '../store/sqlite/errors.ts';
import { type ChunkRows, ChunkStager, type ChunkToStage } from '../stage/chunk-stager.ts';
import { ownMemory, ReusedRowMemory, type RowMemory, SharedRowMemory } from '../stage/row-memory.ts';
import type { RowPlace, StagedInPool, StageSetup } from '../stage/stage-pool.ts';

type ChunkArgs = readonly [
  setup: StageSetup,
  chunk: ChunkToStage & { readonly length: number },
  buffer: ArrayBuffer,
];
export type StageArgs = readonly [
  ...chunk: ChunkArgs,
  /** As in `SharedRowMemory`, if rows are to be put there. */
  memory: SharedArrayBuffer | null,
];
export type StageAsideArgs = readonly [...chunk: ChunkArgs, place: RowPlace];

/** The stager of the last setup; its memory serves all chunks of a run. */
let current: { readonly setup: string; readonly stager: ChunkStager } | null = null;

/** Rows on their way into a file. */
const passing = new ReusedRowMemory();

function rowsOf([setup, chunk, buffer]: ChunkArgs, memory: RowMemory): ChunkRows {
  const asText = JSON.stringify(setup);
  if (current?.setup !== asText) {
    const { dialect, mapping, dataset } = setup;
    current = { setup: asText, stager: new ChunkStager(dialect, mapping, rowLayout(dataset)) };
  }
  return current.stager.stage(new Uint8Array(buffer, 0, chunk.length), chunk, memory);
}

function stage([setup, chunk, buffer, shared]: StageArgs): Answer {
  const memory = shared === null ? ownMemory : new SharedRowMemory(shared);
  const rows = rowsOf([setup, chunk, buffer], memory);
  const value: StagedInPool = { rows, buffer };
  return { value, transfer: [buffer, ...ownBuffers(rows.packed)] };
}

/** Files are written by all threads that stage, each its own: that is a third of the work on a chunk. */
function stageAside([setup, chunk, buffer, { beside, run, index }]: StageAsideArgs): Answer {
  const rows = rowsOf([setup, chunk, buffer], passing);
  const folder = new StagingFolder(beside);
  const packed = translating(beside, () => folder.putAside(run, index, rows.packed));
  const value: StagedInPool = { rows: { ...rows, packed }, buffer };
  return { value, transfer: [buffer] };
}

export const stagingHandlers: Record<string, Handler> = {
  stage: (args) => stage(args as StageArgs),
  stageAside: (args) => stageAside(args as StageAsideArgs),
};
