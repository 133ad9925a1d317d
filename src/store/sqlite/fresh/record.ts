/**
 * SQLite's record format (https://sqlite.org/fileformat2.html#record_format): a header with the type of each value, then
 * the values one after the other.
 */

/** Writes a varint: 7 bits a byte, most significant first. `value` below 2^53. @returns the index after it */
export function putVarint(target: Uint8Array, at: number, value: number): number {
  if (value < 0x80) {
    target[at] = value;
    return at + 1;
  }
  if (value < 0x4000) {
    target[at] = (value >>> 7) | 0x80;
    target[at + 1] = value & 0x7f;
    return at + 2;
  }
  const bytes = varintBytes(value);
  let rest = value;
  for (let index = bytes - 1; index >= 0; index--) {
    target[at + index] = (rest % 0x80) | (index === bytes - 1 ? 0 : 0x80);
    rest = Math.floor(rest / 0x80);
  }
  return at + bytes;
}

/** Bytes that `putVarint` takes. */
export function varintBytes(value: number): number {
  if (value < 0x4000) return value < 0x80 ? 1 : 2;
  let bytes = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes++;
  return bytes;
}

/** Reads a varint below 2^53. @returns it, and the index after it */
export function varintAt(bytes: Uint8Array, at: number): { readonly value: number; readonly end: number } {
  let value = 0;
  let end = at;
  let byte: number;
  do {
    byte = bytes[end++]!;
    value = value * 0x80 + (byte & 0x7f);
  } while (byte >= 0x80);
  return { value, end };
}

/** Most bytes that the header of a record takes for one column. */
export const maxTypeBytes = 9;

/** The type code of a text of so many bytes. */
export function textType(byteLength: number): number {
  return 13 + 2 * byteLength;
}

export const nullType = 0;

/** The type codes of integers and how many bytes they take; 8 and 9 are the numbers 0 and 1 themselves. */
export const int64Type = 6;
const integerBytes: readonly number[] = [0, 1, 2, 3, 4, 6, 8, 0, 0, 0];

/** The type code of the smallest form of an integer from 0 to 2^53 - 1. */
export function integerType(value: number): number {
  if (value <= 1) return value === 0 ? 8 : 9;
  if (value < 2 ** 7) return 1;
  if (value < 2 ** 15) return 2;
  if (value < 2 ** 23) return 3;
  if (value < 2 ** 31) return 4;
  return value < 2 ** 47 ? 5 : int64Type;
}

/** Writes an integer from 0 to 2^53 - 1 in the form of its type code. @returns the index after it */
export function putInteger(target: Uint8Array, at: number, value: number, type: number): number {
  const bytes = integerBytes[type]!;
  let rest = value;
  for (let index = bytes - 1; index >= 0; index--) {
    target[at + index] = rest % 0x100;
    rest = Math.floor(rest / 0x100);
  }
  return at + bytes;
}

/** Writes 64 bits as two halves of 32. @returns the index after it */
export function putInt64(target: Uint8Array, at: number, high: number, low: number): number {
  target[at] = high >>> 24;
  target[at + 1] = high >>> 16;
  target[at + 2] = high >>> 8;
  target[at + 3] = high;
  target[at + 4] = low >>> 24;
  target[at + 5] = low >>> 16;
  target[at + 6] = low >>> 8;
  target[at + 7] = low;
  return at + 8;
}
