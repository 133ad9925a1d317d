import { type Transferable, Worker } from 'node:worker_threads';

/**
 * Starts a thread whose entry is a file of this folder. The compiler does not rewrite names inside `new URL`, so the
 * ending (`.ts` in the checkout, `.js` when built) is this file's own; and this code may have been put into a file of a folder
 * beside this one (`scripts/build.js`).
 */
export function startThread(
  name: 'api-thread' | 'index-thread' | 'manifest-thread' | 'master-thread' | 'stage-thread' | 'store-thread',
  workerData?: unknown,
  transferList: Transferable[] = [],
): Worker {
  const ending = import.meta.filename.endsWith('.ts') ? 'ts' : 'js';
  return new Worker(new URL(`../processes/${name}.${ending}`, import.meta.url), { workerData, transferList });
}
