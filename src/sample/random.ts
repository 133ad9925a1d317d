/*
 * Random numbers that are the same on every machine: 32-bit integers, and of floating point only + - * /, which
 * IEEE 754 fixes to the last bit. Neither Math.random nor Math.log and its kin, whose last digit is the engine's.
 */

/** MurmurHash3's finalizer: a bijection of 32 bits in which each input bit flips about half of the output's. */
function mix(value: number): number {
  let hash = value;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

/** Takes one more number into a hash. For one and the same `hash`, different 32-bit values never collide. */
export function combine(hash: number, value: number): number {
  return mix(((hash ^ value) + 0x9e3779b9) | 0);
}

/** A 32-bit key for one purpose. Uses all 53 bits of the seed. */
export function keyFor(seed: number, purpose: number): number {
  return combine(combine(combine(0, purpose), seed | 0), Math.floor(seed / 2 ** 32));
}

const stepPurpose = 0x737465;

/**
 * A stream of numbers that can be set to any place at once, so that record i never needs the records before it.
 * State and step together take in all of key and place: no two places of one key share a state, and places of
 * different keys (other seeds) that do share one still take different steps.
 */
export class RandomStream {
  #state = 0;
  #step = 1;

  startAt(key: number, index: number): void {
    this.#state = combine(key, index);
    this.#step = combine(combine(key, stepPurpose), index) | 1;
  }

  /** A whole number from 0 to 2^32 - 1. */
  next(): number {
    this.#state = (this.#state + this.#step) | 0;
    return mix(this.#state) >>> 0;
  }

  /** A whole number from 0 to `limit` - 1, for limits up to 2^32. */
  below(limit: number): number {
    return Math.floor((this.next() / 2 ** 32) * limit);
  }
}
