/**
 * Sorts byte strings that lie anywhere in memory. Each is an entry of 16 bytes: eight of its bytes as a number that compares
 * as they do, its address, its length. A radix sort orders entries by that number; those that are equal in it are sorted
 * again by their next eight bytes. So the time grows with the bytes that tell keys apart, whatever somebody puts into them.
 *
 * Equal strings keep their order. Strings must not hold NUL bytes but for separators of which all have as many:
 * after a string's end zeros are compared.
 */
import { prefixOf } from './bytes';

export const entryBytes: usize = 16;
/** Up to so many entries are sorted by insertion: a radix sort clears and sums 2,048 counters first. */
const insertionLimit: u32 = 48;
const radixes = 256;
const digits = 8;

/** Ranges that are still to be sorted by later bytes: from, to, depth. */
const rangeBytes: usize = 12;

export function stringAt(entry: usize): usize {
  return load<u32>(entry, 8);
}
export function stringLength(entry: usize): u32 {
  return load<u32>(entry, 12);
}
export function putEntry(entry: usize, at: usize, length: u32): void {
  store<u32>(entry, at, 8);
  store<u32>(entry, length, 12);
}

/**
 * Sorts `count` entries in place.
 *
 * @param spare room for as many entries
 * @param work room for 8 KiB of counters and then for a range per two entries
 */
export function sortEntries(entries: usize, count: u32, spare: usize, work: usize): void {
  const ranges = work + radixes * digits * 4;
  let top = push(ranges, 0, count, 0);
  while (top > ranges) {
    top -= rangeBytes;
    const from = load<u32>(top);
    const to = load<u32>(top, 4);
    const depth = load<u32>(top, 8);
    const first = entries + <usize>from * entryBytes;
    const end = entries + <usize>to * entryBytes;
    for (let entry = first; entry < end; entry += entryBytes) {
      const length = stringLength(entry);
      store<u64>(entry, length > depth ? prefixOf(stringAt(entry) + depth, length - depth) : 0);
    }
    if (to - from <= insertionLimit) insertionSort(first, end);
    else radixSort(first, end, spare, work);
    top = pushEqual(entries, from, to, depth + 8, top);
  }
}

function push(top: usize, from: u32, to: u32, depth: u32): usize {
  store<u32>(top, from);
  store<u32>(top, to, 4);
  store<u32>(top, depth, 8);
  return top + rangeBytes;
}

/** Ranges whose numbers are equal, and of which some string goes on after `depth` bytes. */
function pushEqual(entries: usize, from: u32, to: u32, depth: u32, ranges: usize): usize {
  let top = ranges;
  let first = from;
  while (first < to) {
    const prefix = load<u64>(entries + <usize>first * entryBytes);
    let next = first + 1;
    let goesOn = stringLength(entries + <usize>first * entryBytes) > depth;
    while (next < to) {
      const entry = entries + <usize>next * entryBytes;
      if (load<u64>(entry) != prefix) break;
      goesOn = goesOn || stringLength(entry) > depth;
      next++;
    }
    if (goesOn && next - first > 1) top = push(top, first, next, depth);
    first = next;
  }
  return top;
}

function insertionSort(first: usize, end: usize): void {
  for (let entry = first + entryBytes; entry < end; entry += entryBytes) {
    const prefix = load<u64>(entry);
    if (load<u64>(entry - entryBytes) <= prefix) continue;
    const string = load<u64>(entry, 8);
    let hole = entry;
    do {
      store<u64>(hole, load<u64>(hole - entryBytes));
      store<u64>(hole, load<u64>(hole - entryBytes, 8), 8);
      hole -= entryBytes;
    } while (hole > first && load<u64>(hole - entryBytes) > prefix);
    store<u64>(hole, prefix);
    store<u64>(hole, string, 8);
  }
}

/** By the least significant byte first; bytes in which all agree are left out. */
function radixSort(first: usize, end: usize, spare: usize, counters: usize): void {
  memory.fill(counters, 0, radixes * digits * 4);
  for (let entry = first; entry < end; entry += entryBytes) {
    const prefix = load<u64>(entry);
    for (let digit = 0; digit < digits; digit++) {
      const counter = counters + <usize>((digit * radixes + <i32>((prefix >> (digit << 3)) & 0xff)) << 2);
      store<u32>(counter, load<u32>(counter) + 1);
    }
  }
  const count = <u32>((end - first) / entryBytes);
  let source = first;
  let target = spare;
  for (let digit = 0; digit < digits; digit++) {
    const shift = (<u64>digit) << 3;
    const starts = counters + <usize>((digit * radixes) << 2);
    if (load<u32>(starts + <usize>(((load<u64>(source) >> shift) & 0xff) << 2)) == count) continue;
    let sum: u32 = 0;
    for (let radix = 0; radix < radixes; radix++) {
      const counter = starts + <usize>(radix << 2);
      const number = load<u32>(counter);
      store<u32>(counter, sum);
      sum += number;
    }
    const sourceEnd = source + <usize>count * entryBytes;
    for (let entry = source; entry < sourceEnd; entry += entryBytes) {
      const prefix = load<u64>(entry);
      const counter = starts + <usize>(((prefix >> shift) & 0xff) << 2);
      const place = load<u32>(counter);
      store<u32>(counter, place + 1);
      const to = target + <usize>place * entryBytes;
      store<u64>(to, prefix);
      store<u64>(to, load<u64>(entry, 8), 8);
    }
    const sorted = target;
    target = source;
    source = sorted;
  }
  if (source != first) memory.copy(first, source, end - first);
}
