/** What a thread answers that stages chunks: the calls of `ThreadedStagePool`. */
import type { Answer, Handler } from '../runtime/thread-calls.ts';
import { ownBuffers, type PackedRows, rowLayout } from '../schema/packed-rows.ts';
import { StagingFolder } from '../store/staging-folder.ts';
import { translating } from '../store/sqlite/errors.ts';
import { type ChunkRows, ChunkStager, type ChunkToStage } from '../stage/chunk-stager.ts';
import { ownMemory, ReusedRowMemory, SharedRowMemory } from '../stage/row-memory.ts';
import type { RowPlace, StagedInPool, StageSetup } from '../stage/stage-pool.ts';

export type StageArgs = readonly [
  setup: StageSetup,
  chunk: ChunkToStage & { readonly length: number },
  buffer: ArrayBuffer,
  /** Where the rows are to be put: a file, or memory as in `SharedRowMemory`. `null`: they come back. */
  to: RowPlace | SharedArrayBuffer | null,
];

/** The stager of the last setup; its memory serves all chunks of a run. */
let current: { readonly setup: string; readonly stager: ChunkStager } | null = null;

/** Rows on their way into a file. */
const passing = new ReusedRowMemory();

function stage(...[setup, chunk, buffer, to]: StageArgs): Answer {
  const asText = JSON.stringify(setup);
  if (current?.setup !== asText) {
    const { dialect, mapping, dataset } = setup;
    current = { setup: asText, stager: new ChunkStager(dialect, mapping, rowLayout(dataset)) };
  }
  const bytes = new Uint8Array(buffer, 0, chunk.length);
  if (to === null || to instanceof SharedArrayBuffer) {
    const rows = current.stager.stage(bytes, chunk, to === null ? ownMemory : new SharedRowMemory(to));
    return answerOf(rows, buffer);
  }
  const rows = current.stager.stage(bytes, chunk, passing);
  return answerOf({ ...rows, packed: putAside(rows.packed, to) }, buffer);
}

/** Files are written by all threads that stage, each its own: that is a third of the work on a chunk. */
function putAside(packed: PackedRows, { beside, run, index }: RowPlace): PackedRows {
  return translating(beside, () => new StagingFolder(beside).putAside(run, index, packed));
}

function answerOf(rows: ChunkRows, buffer: ArrayBuffer): Answer {
  const value: StagedInPool = { rows, buffer };
  return { value, transfer: [buffer, ...ownBuffers(rows.packed)] };
}

export const stagingHandlers: Record<string, Handler> = {
  stage: (args) => stage(...(args as StageArgs)),
};
