import { compareBytes } from './packed-rows.ts';

/** Groups up to this size are sorted by comparing whole keys, which is simpler than one more round. */
const insertionSortLimit = 16;

/**
 * Sorts keys by their bytes and returns their indexes in that order. Equal keys keep the order in which they came.
 *
 * Sorts 64-bit numbers, not objects: each holds as many bytes of the key as leave room for the key's index
 * in the low bits, so that one native sort (no comparator) orders most keys. What is equal in those bytes
 * is sorted again by the next ones. Keys must not hold NUL bytes but for those between the parts of a key
 * (`packed-rows.ts`): beyond a key's end zeros are compared.
 *
 * @param starts first byte of each key in `bytes`
 * @param lengths bytes of each key
 */
export function sortKeys(
  bytes: Uint8Array,
  starts: Uint32Array,
  lengths: Uint32Array,
  count: number,
): Uint32Array<ArrayBuffer> {
  const order = new Uint32Array(count);
  for (let index = 0; index < count; index++) order[index] = index;
  if (count < 2) return order;

  const indexBits = 32 - Math.clz32(count - 1);
  const indexMask = 2 ** indexBits - 1;
  const prefixMask = ~indexMask;
  const prefixBytes = (64 - indexBits) >> 3;
  const numbers = new BigUint64Array(count);
  const halves = new Uint32Array(numbers.buffer);

  /** The four bytes of a key from `at` on as one number that compares as they do; zeros after the key's `end`. */
  const bigEndian = (at: number, end: number): number => {
    if (at + 4 <= end)
      return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
    let value = 0;
    for (let byte = at; byte < at + 4; byte++) value = (value << 8) | (byte < end ? bytes[byte]! : 0);
    return value;
  };

  /** Bytes from `depth` on that all keys of the range share. */
  const commonPrefix = (from: number, to: number, depth: number): number => {
    const first = order[from]!;
    const firstStart = starts[first]! + depth;
    let common = Math.max(0, lengths[first]! - depth);
    for (let at = from + 1; at < to && common > 0; at++) {
      const index = order[at]!;
      const start = starts[index]! + depth;
      const limit = Math.min(common, Math.max(0, lengths[index]! - depth));
      common = 0;
      while (common < limit && bytes[start + common] === bytes[firstStart + common]) common++;
    }
    return common;
  };

  const allEnded = (from: number, to: number, depth: number): boolean => {
    for (let at = from; at < to; at++) if (lengths[order[at]!]! > depth) return false;
    return true;
  };

  const insertionSort = (from: number, to: number): void => {
    for (let at = from + 1; at < to; at++) {
      const index = order[at]!;
      let hole = at;
      while (hole > from) {
        const before = order[hole - 1]!;
        if (
          compareBytes(bytes, starts[before]!, lengths[before]!, bytes, starts[index]!, lengths[index]!) <= 0
        )
          break;
        order[hole] = before;
        hole--;
      }
      order[hole] = index;
    }
  };

  // Ranges of `order` whose keys are equal in their first `depth` bytes. A stack of our own: keys made for it
  // (each a prefix of the next) would nest deeper than the call stack.
  const pending: [from: number, to: number, depth: number][] = [[0, count, 0]];
  for (let range = pending.pop(); range !== undefined; range = pending.pop()) {
    const [from, to, equalBytes] = range;
    if (to - from <= insertionSortLimit) {
      insertionSort(from, to);
      continue;
    }
    const depth = equalBytes + commonPrefix(from, to, equalBytes);
    for (let at = from; at < to; at++) {
      const index = order[at]!;
      const start = starts[index]! + depth;
      const end = starts[index]! + lengths[index]!;
      halves[2 * at + 1] = bigEndian(start, end);
      halves[2 * at] = (bigEndian(start + 4, end) & prefixMask) | index;
    }
    numbers.subarray(from, to).sort();
    for (let at = from; at < to; at++) order[at] = halves[2 * at]! & indexMask;

    const nextDepth = depth + prefixBytes;
    let groupStart = from;
    for (let next = from + 1; next <= to; next++) {
      const sameGroup =
        next < to &&
        halves[2 * next + 1] === halves[2 * groupStart + 1] &&
        (halves[2 * next]! & prefixMask) === (halves[2 * groupStart]! & prefixMask);
      if (sameGroup) continue;
      if (next - groupStart > 1 && !allEnded(groupStart, next, nextDepth)) {
        pending.push([groupStart, next, nextDepth]);
      }
      groupStart = next;
    }
  }
  return order;
}
