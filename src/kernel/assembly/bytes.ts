/** What all parts of the kernel do with bytes. Addresses are those of the kernel's memory. */

/** Copies exactly `length` bytes. For the short values of a row: `memory.copy` costs a call of some 20 ns. */
export function copyBytes(target: usize, source: usize, length: usize): void {
  let to = target;
  let from = source;
  let rest = length;
  while (rest >= 16) {
    v128.store(to, v128.load(from));
    to += 16;
    from += 16;
    rest -= 16;
  }
  if (rest & 8) {
    store<u64>(to, load<u64>(from));
    to += 8;
    from += 8;
  }
  if (rest & 4) {
    store<u32>(to, load<u32>(from));
    to += 4;
    from += 4;
  }
  if (rest & 2) {
    store<u16>(to, load<u16>(from));
    to += 2;
    from += 2;
  }
  if (rest & 1) store<u8>(to, load<u8>(from));
}

/** The eight bytes at `at` as a number that compares as they do; zeros after the `length` bytes that there are. */
export function prefixOf(at: usize, length: u32): u64 {
  if (length >= 8) return bswap(load<u64>(at));
  if (length == 0) return 0;
  return bswap(load<u64>(at)) & (~(<u64>0) << ((8 - <u64>length) << 3));
}

/** Compares as unsigned bytes, a shorter prefix first: less than, equal to, or greater than 0. */
export function compareBytes(a: usize, aLength: u32, b: usize, bLength: u32): i32 {
  const common = min(aLength, bLength);
  let at: u32 = 0;
  for (; at + 8 <= common; at += 8) {
    const x = load<u64>(a + at);
    const y = load<u64>(b + at);
    if (x != y) return bswap(x) < bswap(y) ? -1 : 1;
  }
  for (; at < common; at++) {
    const difference = <i32>load<u8>(a + at) - <i32>load<u8>(b + at);
    if (difference != 0) return difference;
  }
  return <i32>aLength - <i32>bLength;
}

export function equalBytes(a: usize, b: usize, length: u32): bool {
  let at: u32 = 0;
  for (; at + 8 <= length; at += 8) if (load<u64>(a + at) != load<u64>(b + at)) return false;
  for (; at < length; at++) if (load<u8>(a + at) != load<u8>(b + at)) return false;
  return true;
}
