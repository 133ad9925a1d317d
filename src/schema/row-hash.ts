/**
 * The witness of a row: 64 bits over its columns, type-tagged and length-prefixed, with the run and the
 * line that brought it. It detects accidents, not forgers.
 *
 * Two 32-bit lanes with different multipliers, because 64-bit integers in JavaScript are BigInt and cost
 * thirty times as much. The state after the columns alone (the *content hash*) is kept beside each staged row:
 * whether a record equals a row is then decided by mixing the row's own run and line into the record's
 * content hash, without reading the row's text.
 */

/** Two lanes of 32 bits, lane 0 the low half. */
export type Hash64 = Uint32Array;

const lane0Start = 0x9e3779b9;
const lane1Start = 0x7f4a7c15;

function rotateLeft(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

/** Spreads every input bit over all 32 output bits (the finalizer of MurmurHash3). */
function avalanche(value: number): number {
  let h = value ^ (value >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** The starting lanes for rows with these column type tags. */
export function hashSeed(typeTags: readonly number[]): Hash64 {
  const seed = new Uint32Array([lane0Start, lane1Start]);
  mixWords(new Uint32Array(typeTags), 0, typeTags.length, seed, seed);
  return seed;
}

/** Mixes `words[from..to)` into the lanes of `state` and leaves the result in `into` (which may be `state`). */
export function mixWords(words: Uint32Array, from: number, to: number, state: Hash64, into: Hash64): void {
  let a = state[0]! | 0;
  let b = state[1]! | 0;
  for (let index = from; index < to; index++) {
    const word = words[index]!;
    a = Math.imul(rotateLeft(a ^ word, 13), 0x9e3779b1);
    b = Math.imul(rotateLeft(b, 17) ^ word, 0x85ebca77) + 0x27d4eb2f;
  }
  into[0] = a;
  into[1] = b;
}

/** Completes a content hash with where the row came from. `run` and `line` are integers below 2^53. */
export function finishRowHash(low: number, high: number, run: number, line: number, into: Hash64): void {
  let a = low;
  let b = high;
  a = Math.imul(rotateLeft(a ^ run, 13), 0x9e3779b1);
  b = Math.imul(rotateLeft(b, 17) ^ line, 0x85ebca77);
  a = Math.imul(rotateLeft(a ^ (run / 0x1_0000_0000), 13) ^ line, 0x9e3779b1);
  b = Math.imul(rotateLeft(b, 17) ^ (line / 0x1_0000_0000) ^ rotateLeft(run, 7), 0x85ebca77);
  const x = avalanche(a + rotateLeft(b, 11));
  into[0] = x;
  into[1] = avalanche(b ^ Math.imul(x, 0xc2b2ae3d));
}

/** A sum of row hashes modulo 2^64: order does not matter, and a row can be taken out again. */
export class HashSum {
  #low: number;
  #high: number;

  constructor(start = 0n) {
    const wrapped = BigInt.asUintN(64, start);
    this.#low = Number(wrapped & 0xffff_ffffn);
    this.#high = Number(wrapped >> 32n);
  }

  add(low: number, high: number): void {
    const sum = this.#low + low;
    this.#low = sum >>> 0;
    this.#high = (this.#high + high + (sum > 0xffff_ffff ? 1 : 0)) >>> 0;
  }

  subtract(low: number, high: number): void {
    const difference = this.#low - low;
    this.#low = difference >>> 0;
    this.#high = (this.#high - high - (difference < 0 ? 1 : 0)) >>> 0;
  }

  /** Signed, as databases store 64-bit integers. */
  toSigned(): bigint {
    return BigInt.asIntN(64, (BigInt(this.#high) << 32n) | BigInt(this.#low));
  }
}

/** A table checksum as people see it: 16 hexadecimal digits. */
export function checksumText(sum: bigint): string {
  return BigInt.asUintN(64, sum).toString(16).padStart(16, '0');
}
