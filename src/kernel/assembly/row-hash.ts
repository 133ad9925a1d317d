/** The hash of `src/schema/row-hash.ts`, bit for bit. */

export let hashLow: u32 = 0;
export let hashHigh: u32 = 0;

/** Mixes the words from `from` to `to` into the lanes `low` and `high`; leaves the result in `hashLow` and `hashHigh`. */
export function mixWords(from: usize, to: usize, low: u32, high: u32): void {
  let a = low;
  let b = high;
  for (let at = from; at < to; at += 4) {
    const word = load<u32>(at);
    a = rotl(a ^ word, 13) * 0x9e3779b1;
    b = (rotl(b, 17) ^ word) * 0x85ebca77 + 0x27d4eb2f;
  }
  hashLow = a;
  hashHigh = b;
}

function avalanche(value: u32): u32 {
  let h = value ^ (value >>> 16);
  h *= 0x85ebca6b;
  h ^= h >>> 13;
  h *= 0xc2b2ae35;
  return h ^ (h >>> 16);
}

/** Completes a content hash with where the row came from. */
export function finishRowHash(low: u32, high: u32, run: u64, line: u64): void {
  const runLow = <u32>run;
  const lineLow = <u32>line;
  let a = rotl(low ^ runLow, 13) * 0x9e3779b1;
  let b = (rotl(high, 17) ^ lineLow) * 0x85ebca77;
  a = (rotl(a ^ <u32>(run >> 32), 13) ^ lineLow) * 0x9e3779b1;
  b = (rotl(b, 17) ^ <u32>(line >> 32) ^ rotl(runLow, 7)) * 0x85ebca77;
  const x = avalanche(a + rotl(b, 11));
  hashLow = x;
  hashHigh = avalanche(b ^ (x * 0xc2b2ae3d));
}
