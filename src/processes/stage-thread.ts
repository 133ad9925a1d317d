/** A thread of `ThreadedStagePool`: stages chunks, one after the other. */
import { parentPort } from 'node:worker_threads';
import { type Answer, answerCalls } from '../runtime/thread-calls.ts';
import { rowLayout } from '../schema/packed-rows.ts';
import { ChunkStager } from '../stage/chunk-stager.ts';
import type { StagedInPool } from '../stage/stage-pool.ts';
import type { StageArgs } from './threaded-stage-pool.ts';

if (parentPort === null) throw new Error('stage-thread is started as a worker thread');

/** The stager of the last setup; its memory serves all chunks of a run. */
let current: { readonly setup: string; readonly stager: ChunkStager } | null = null;

function stage(...[setup, chunk, buffer]: StageArgs): Answer {
  const asText = JSON.stringify(setup);
  if (current?.setup !== asText) {
    const { dialect, mapping, dataset } = setup;
    current = { setup: asText, stager: new ChunkStager(dialect, mapping, rowLayout(dataset)) };
  }
  const rows = current.stager.stage(new Uint8Array(buffer, 0, chunk.length), chunk);
  return { value: { rows, buffer } satisfies StagedInPool, transfer: [buffer, rows.packed.words.buffer] };
}

answerCalls(parentPort, { stage: (args) => stage(...(args as StageArgs)) });
