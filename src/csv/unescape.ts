import type { Dialect } from './dialect.ts';

/**
 * Writes the value of the escaped field `source[start, end)` to `target` from `at` on, and returns the index after it.
 * It is never longer than `end - start`. Only for fields that the batch says are `escaped`; it copies byte by byte.
 */
export function unescapeInto(
  source: Uint8Array,
  start: number,
  end: number,
  dialect: Dialect,
  target: Uint8Array,
  at: number,
): number {
  // Of a doubled quote, or of an escape and its byte, the second one is the value.
  const dropped = dialect.escape ?? dialect.quote;
  let to = at;
  for (let from = start; from < end; from++) {
    if (source[from] === dropped) from++;
    target[to++] = source[from]!;
  }
  return to;
}
