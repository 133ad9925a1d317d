const never = new Int32Array(new SharedArrayBuffer(4));

/** Blocks this thread, its event loop too. For threads that do nothing else meanwhile. @param ms at least so long */
export function pauseThread(ms: number): void {
  Atomics.wait(never, 0, 0, ms);
}
