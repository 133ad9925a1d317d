/** A person who edits without a pause, as a thread: random rows of the given ones, until told to stop. */
import { parentPort, workerData } from 'node:worker_threads';
import { LonghaulError } from '../../src/runtime/errors.ts';
import { products } from '../../src/schema/dataset.ts';
import { databaseUrl } from '../../src/config/database-url.ts';
import { openEditor } from '../../src/processes/stores.ts';

export interface EditThreadData {
  readonly url: string;
  readonly skus: readonly string[];
  readonly seed: number;
  /** One 32-bit flag: not 0 once it is to stop. */
  readonly stop: SharedArrayBuffer;
}

export interface EditThreadResult {
  readonly edits: number;
  readonly takenBack: number;
  /** Of one edit. */
  readonly longestMs: number;
}

/** What may come of an edit that others were quicker than. */
const expected = new Set(['edit_not_standing', 'edit_changes_nothing']);

const { url, skus, seed, stop } = workerData as EditThreadData;
const flag = new Int32Array(stop);
const result = { edits: 0, takenBack: 0, longestMs: 0 };
let state = seed;
const random = (below: number): number => {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return Math.floor((state / 2 ** 32) * below);
};
await using editor = await openEditor(databaseUrl(url));
while (Atomics.load(flag, 0) === 0) {
  const key = [skus[random(skus.length)]!];
  const began = performance.now();
  try {
    if (random(4) === 0) {
      await editor.takeBackEdit(products, key, null);
      result.takenBack++;
    } else {
      await editor.editRow(products, key, new Map([['name', `Person ${seed}.${random(50)}`]]), null);
      result.edits++;
    }
  } catch (error) {
    if (!(error instanceof LonghaulError && expected.has(error.code))) throw error;
  }
  result.longestMs = Math.max(result.longestMs, performance.now() - began);
  // A person is no loop: without a pause the import would hardly get the lock.
  Atomics.wait(flag, 0, 0, 5);
}
parentPort?.postMessage(result satisfies EditThreadResult);
