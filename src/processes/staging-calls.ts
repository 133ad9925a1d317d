/** What a thread answers that stages chunks: the calls of `ThreadedStagePool`. */
import type { Answer, Handler } from '../runtime/thread-calls.ts';
import { ownBuffers, rowLayout } from '../schema/packed-rows.ts';
import { ChunkStager, type ChunkToStage } from '../stage/chunk-stager.ts';
import { ownMemory, SharedRowMemory } from '../stage/row-memory.ts';
import type { StagedInPool, StageSetup } from '../stage/stage-pool.ts';

export type StageArgs = readonly [
  setup: StageSetup,
  chunk: ChunkToStage & { readonly length: number },
  buffer: ArrayBuffer,
  /** As in `SharedRowMemory`, if rows are to be put there. */
  memory: SharedArrayBuffer | null,
];

/** The stager of the last setup; its memory serves all chunks of a run. */
let current: { readonly setup: string; readonly stager: ChunkStager } | null = null;

function stage(...[setup, chunk, buffer, shared]: StageArgs): Answer {
  const asText = JSON.stringify(setup);
  if (current?.setup !== asText) {
    const { dialect, mapping, dataset } = setup;
    current = { setup: asText, stager: new ChunkStager(dialect, mapping, rowLayout(dataset)) };
  }
  const memory = shared === null ? ownMemory : new SharedRowMemory(shared);
  const rows = current.stager.stage(new Uint8Array(buffer, 0, chunk.length), chunk, memory);
  const value: StagedInPool = { rows, buffer };
  return { value, transfer: [buffer, ...ownBuffers(rows.packed)] };
}

export const stagingHandlers: Record<string, Handler> = {
  stage: (args) => stage(...(args as StageArgs)),
};
