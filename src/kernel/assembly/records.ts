/** SQLite's record format, as `src/store/sqlite/fresh/record.ts` has it. */

export function varintBytes(value: u64): u32 {
  let bytes: u32 = 1;
  for (let rest = value >> 7; rest != 0; rest >>= 7) bytes++;
  return bytes;
}

/** Writes a varint: 7 bits a byte, most significant first; `value` below 2^56. @returns the address after it */
export function putVarint(at: usize, value: u64): usize {
  if (value < 0x80) {
    store<u8>(at, <u8>value);
    return at + 1;
  }
  if (value < 0x4000) {
    store<u8>(at, <u8>(value >> 7) | 0x80);
    store<u8>(at, <u8>(value & 0x7f), 1);
    return at + 2;
  }
  const bytes = varintBytes(value);
  let rest = value;
  for (let index = <i32>bytes - 1; index >= 0; index--) {
    store<u8>(at + index, <u8>(rest & 0x7f) | (index == <i32>bytes - 1 ? 0 : 0x80));
    rest >>= 7;
  }
  return at + bytes;
}

/** Bytes of the header of a record whose columns' types take `types` bytes: it begins with its own length. */
export function headerBytes(types: u32): u32 {
  const short = types + 1;
  if (short < 0x80) return short;
  return types + 2 < 0x4000 ? types + 2 : types + 3;
}

export function textType(length: u32): u64 {
  return 13 + 2 * <u64>length;
}

/** The type code of the smallest form of an integer from 0 to 2^53 - 1. */
export function integerType(value: u64): u8 {
  if (value <= 1) return value == 0 ? 8 : 9;
  if (value < 1 << 7) return 1;
  if (value < 1 << 15) return 2;
  if (value < 1 << 23) return 3;
  if (value < 1 << 31) return 4;
  return value < (<u64>1) << 47 ? 5 : 6;
}

/** Bytes of an integer in the form of its type code. */
export function integerBytes(type: u8): u32 {
  if (type >= 8) return 0;
  if (type == 5) return 6;
  return type == 6 ? 8 : type;
}

/** Writes an integer in the form of its type code. @returns the address after it */
export function putInteger(at: usize, value: u64, type: u8): usize {
  const bytes = integerBytes(type);
  let rest = value;
  for (let index = <i32>bytes - 1; index >= 0; index--) {
    store<u8>(at + index, <u8>rest);
    rest >>= 8;
  }
  return at + bytes;
}

/** Where what was read last ends. */
export let varintEnd: usize = 0;

/** Reads a varint of up to 2^56; `varintEnd` is then after it. */
export function readVarint(at: usize): u64 {
  let byte = load<u8>(at);
  let value = <u64>(byte & 0x7f);
  let end = at + 1;
  while (byte & 0x80) {
    byte = load<u8>(end++);
    value = (value << 7) | (byte & 0x7f);
  }
  varintEnd = end;
  return value;
}

/** Where a record's header ends and its first value begins; `varintEnd` is then at its first type. */
export function headerEnd(record: usize): usize {
  return record + <usize>readVarint(record);
}

/** Bytes of a value by its type code. */
export function typeBytes(type: u64): u32 {
  if (type >= 12) return <u32>((type - 12) >> 1);
  if (type >= 8) return 0;
  if (type <= 4) return <u32>type;
  return type == 5 ? 6 : 8;
}

/** Reads an integer by its type code: 64 bits in two's complement. */
export function integerAt(at: usize, type: u8): u64 {
  if (type >= 8) return type == 9 ? 1 : 0;
  const bytes = typeBytes(type);
  if (bytes == 0) return 0;
  let value = <i64>load<i8>(at);
  for (let index: u32 = 1; index < bytes; index++) value = (value << 8) | load<u8>(at + index);
  return <u64>value;
}
