/**
 * The marks of a piece of CSV: the few bytes that can change what the bytes after them mean (delimiter, quote, escape, LF, CR).
 * Scanner and parser step from mark to mark and never look at the bytes between.
 *
 * Both have these few instructions in their loops, not a call: a fifth of the time of parsing. (A function with a decorator is no TypeScript, which is
 * why this file is not formatted by the command that formats all others.)
 */

export const LF: u32 = 0x0a;
export const CR: u32 = 0x0d;
/** Stands where a dialect has no such byte: equals none. */
export const absent: u32 = 0xffffffff;

/** Bytes that are looked at together. */
export const groupBytes: u32 = 64;

/** A byte in all lanes; what is absent is sought as LF, which is a mark anyway. */
@inline
export function lanesOf(byte: u32): v128 {
  return i8x16.splat(<i8>(byte == absent ? LF : byte));
}

/** Bit i says whether the byte `at + i` is a mark: of `groupBytes` bytes, the first `length` of them count. */
@inline
export function marksAt(at: usize, length: u32, delimiters: v128, quotes: v128, escapes: v128): u64 {
  const found =
    marksOf16(at, delimiters, quotes, escapes) |
    (marksOf16(at + 16, delimiters, quotes, escapes) << 16) |
    (marksOf16(at + 32, delimiters, quotes, escapes) << 32) |
    (marksOf16(at + 48, delimiters, quotes, escapes) << 48);
  return length < groupBytes ? found & ~(~(<u64>0) << length) : found;
}

@inline
function marksOf16(at: usize, delimiters: v128, quotes: v128, escapes: v128): u64 {
  const group = v128.load(at);
  const lineEnds = v128.or(i8x16.eq(group, i8x16.splat(<i8>LF)), i8x16.eq(group, i8x16.splat(<i8>CR)));
  const specials = v128.or(i8x16.eq(group, delimiters), i8x16.eq(group, quotes));
  return <u64>i8x16.bitmask(v128.or(v128.or(lineEnds, specials), i8x16.eq(group, escapes)));
}
