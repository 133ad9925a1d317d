import { Kernel } from '../kernel/kernel.ts';

/** Bytes that are scanned at once: with what the caller has just read of them they stay in the L2 cache. */
const windowBytes = 64 * 1024;

/** As in `src/kernel/assembly/scan.ts`, which says what they mean. */
const fields = [
  ...(['delimiter', 'quote', 'escape', 'emptyLineIsRecord', 'maxRecordBytes', 'chunkFullAt'] as const),
  ...(['inFirstRecord', 'consumed', 'lastByte', 'crOpen', 'quoted', 'openedAt', 'openedLine'] as const),
  ...(['closedAt', 'escapedAt', 'recordStart', 'recordLine', 'delimiters', 'lines'] as const),
  ...(['records', 'blankLines', 'recordEnd'] as const),
] as const;

/** Numbers below 2^53 in size; what is true or false is 1 or 0. */
export type ScanState = Record<(typeof fields)[number], number>;

export function newScanState(given: Partial<ScanState>): ScanState {
  const zeros = Object.fromEntries(fields.map((field) => [field, 0])) as ScanState;
  return Object.assign(zeros, given);
}

interface Scan {
  readonly kernel: Kernel;
  readonly at: number;
  readonly windowAt: number;
}

/** One for all scanners of this thread: between two calls it holds nothing. */
let scan: Scan | null = null;

function newScan(): Scan {
  const kernel = new Kernel();
  return { kernel, at: kernel.reserve(fields.length * 8), windowAt: kernel.reserve(windowBytes) };
}

/** Scans bytes of the block from index `from` on, as many as it takes at once, until `state.recordEnd` tells of a record. */
export function scanWindow(state: ScanState, block: Uint8Array, from: number): void {
  const { kernel, at, windowAt } = (scan ??= newScan());
  const window = block.subarray(from, from + windowBytes);
  const numbers = new Float64Array(kernel.bytes.buffer, at, fields.length);
  for (const [index, field] of fields.entries()) numbers[index] = state[field];
  kernel.bytes.set(window, windowAt);
  kernel.calls.scanWindow(at, windowAt, window.length);
  for (const [index, field] of fields.entries()) state[field] = numbers[index]!;
}
