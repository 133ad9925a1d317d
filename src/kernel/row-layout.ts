import type { Kernel } from './kernel.ts';

/** What the kernel has to know of a `RowLayout` (`src/schema/packed-rows.ts`). */
interface RowLayout {
  readonly columns: number;
  readonly keyColumns: number;
  readonly headWords: number;
  readonly seed: Uint32Array;
}

/** Puts a layout where the kernel finds it. @returns the address of its `Layout` */
export function kernelLayout(kernel: Kernel, layout: RowLayout): number {
  const { columns, keyColumns, headWords, seed } = layout;
  const [seedLow = 0, seedHigh = 0] = seed;
  return kernel
    .struct(['columns', 'keyColumns', 'headBytes', 'seedLow', 'seedHigh'])
    .set({ columns, keyColumns, headBytes: headWords * 4, seedLow, seedHigh }).at;
}
