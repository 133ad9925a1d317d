import { sortKeys } from '../schema/sort-keys.ts';

/** Distinct values that are counted in memory, with their bytes: 50 MiB at most. Beyond it SQLite counts them. */
const maxValues = 1_000_000;
const maxValueBytes = 24 * 2 ** 20;

/** Counts how often each value occurs, by its bytes: an open hash table over one buffer that holds each value once. */
export class ValueCounter {
  #bytes = Buffer.alloc(1 << 20);
  #end = 0;
  #values = 0;
  #starts = new Uint32Array(1 << 16);
  #hashes = new Int32Array(1 << 16);
  #numbers = new Uint32Array(1 << 16);
  /** Index of a value plus 1; 0: free. Twice as large as the arrays above, so never more than half full. */
  #slots = new Uint32Array(1 << 17);
  /** Whether there were too many values to count; then there are no numbers. */
  overflowed = false;

  readonly #most: number;

  /** @param most values that it counts before it gives up */
  constructor(most = maxValues) {
    this.#most = most;
  }

  count(source: Uint8Array, start: number, length: number): void {
    if (this.overflowed) return;
    if (this.#values === this.#numbers.length) this.#grow();
    let hash = length;
    for (let at = start; at < start + length; at++) hash = Math.imul(hash ^ source[at]!, 0x01000193);
    hash ^= hash >>> 15;
    const slots = this.#slots;
    const hashes = this.#hashes;
    const mask = slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const value = slots[slot]! - 1;
      if (value === -1) {
        slots[slot] = this.#add(hash, source, start, length) + 1;
        return;
      }
      if (hashes[value] === hash && this.#isSame(value, source, start, length)) {
        this.#numbers[value]!++;
        return;
      }
    }
  }

  /** Calls `visit` for each value in the order of its bytes. */
  inOrder(visit: (bytes: Buffer, start: number, length: number, number: number) => void): void {
    const lengths = new Uint32Array(this.#values);
    for (let value = 0; value < this.#values; value++) lengths[value] = this.#lengthOf(value);
    for (const value of sortKeys(this.#bytes, this.#starts, lengths, this.#values)) {
      visit(this.#bytes, this.#starts[value]!, lengths[value]!, this.#numbers[value]!);
    }
  }

  #add(hash: number, source: Uint8Array, start: number, length: number): number {
    const value = this.#values;
    if (value === this.#most || this.#end + length > maxValueBytes) {
      this.#giveUp();
      return -1;
    }
    if (this.#end + length > this.#bytes.length) {
      const grown = Buffer.alloc(Math.max(this.#end + length, this.#bytes.length * 2));
      this.#bytes.copy(grown);
      this.#bytes = grown;
    }
    const bytes = this.#bytes;
    let end = this.#end;
    for (let from = start; from < start + length; from++) bytes[end++] = source[from]!;
    this.#end = end;
    this.#starts[value] = end - length;
    this.#hashes[value] = hash;
    this.#numbers[value] = 1;
    this.#values++;
    return value;
  }

  #giveUp(): void {
    this.overflowed = true;
    this.#values = 0;
    this.#bytes = Buffer.alloc(0);
    this.#starts = new Uint32Array(0);
    this.#hashes = new Int32Array(0);
    this.#numbers = new Uint32Array(0);
    this.#slots = new Uint32Array(0);
  }

  #lengthOf(value: number): number {
    return (value + 1 === this.#values ? this.#end : this.#starts[value + 1]!) - this.#starts[value]!;
  }

  #isSame(value: number, source: Uint8Array, start: number, length: number): boolean {
    if (this.#lengthOf(value) !== length) return false;
    const bytes = this.#bytes;
    const offset = this.#starts[value]! - start;
    for (let at = start; at < start + length; at++) if (bytes[at + offset] !== source[at]) return false;
    return true;
  }

  #grow(): void {
    const size = this.#numbers.length * 2;
    this.#starts = larger(this.#starts, size);
    this.#hashes = larger(this.#hashes, size);
    this.#numbers = larger(this.#numbers, size);
    this.#slots = new Uint32Array(size * 2);
    const mask = this.#slots.length - 1;
    for (let value = 0; value < this.#values; value++) {
      let slot = this.#hashes[value]! & mask;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
      this.#slots[slot] = value + 1;
    }
  }
}

function larger<Numbers extends Uint32Array | Int32Array>(numbers: Numbers, length: number): Numbers {
  const grown = new (numbers.constructor as new (length: number) => Numbers)(length);
  grown.set(numbers);
  return grown;
}
