/** Packed rows as `src/schema/packed-rows.ts` describes them. */

/** What does not change from row to row of a dataset. JavaScript fills it in: see `kernelLayout`. */
@unmanaged
export class Layout {
  columns: u32;
  keyColumns: u32;
  /** Bytes before a row's first value. */
  headBytes: u32;
  seedLow: u32;
  seedHigh: u32;
}

export function rowBytes(row: usize): usize {
  return (<usize>load<u32>(row)) << 2;
}
export function lineOf(row: usize): u32 {
  return load<u32>(row, 4);
}
export function hashLowOf(row: usize): u32 {
  return load<u32>(row, 8);
}
export function hashHighOf(row: usize): u32 {
  return load<u32>(row, 12);
}
export function lengthOf(row: usize, column: u32): u32 {
  return load<u32>(row + ((<usize>column) << 2), 16);
}

/** Bytes of a row's key, its separators counted. */
export function keyLength(layout: Layout, row: usize): u32 {
  const parts = layout.keyColumns;
  if (parts == 1) return lengthOf(row, 0);
  if (parts == 0) return 0;
  let length = parts - 1;
  for (let part: u32 = 0; part < parts; part++) length += lengthOf(row, part);
  return length;
}

/** Where the value of a column begins. */
export function valueStart(layout: Layout, row: usize, column: u32): usize {
  let start = row + layout.headBytes;
  for (let before: u32 = 0; before < column; before++) {
    start += lengthOf(row, before);
    if (before + 1 < layout.keyColumns) start++;
  }
  return start;
}
