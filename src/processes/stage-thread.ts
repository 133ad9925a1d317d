/** A thread of `ThreadedStagePool`: stages chunks, one after the other, and builds parts of a publish. */
import { parentPort, workerData } from 'node:worker_threads';
import { answerCalls } from '../runtime/thread-calls.ts';
import { answerParts, type PartLine } from './part-line.ts';
import { stagingHandlers } from './staging-calls.ts';

if (parentPort === null) throw new Error('stage-thread is started as a worker thread');

answerCalls(parentPort, stagingHandlers);
answerParts(workerData as PartLine);
