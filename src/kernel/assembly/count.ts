/**
 * Counts how often each value of a column occurs, by its bytes: an open hash table. Each value lies once in memory, after its
 * hash, its number and its length.
 */
import { copyBytes, equalBytes } from './bytes';
import { Winner, winnerBytes } from './merge';
import { Layout, lengthOf, valueStart } from './rows';
import { entryBytes, putEntry, sortEntries } from './sort';

const headBytes: usize = 12;

@unmanaged
export class Counter {
  column: u32;
  /** Whether a value without bytes is one, and not NULL. */
  countsEmpty: u32;
  /** Addresses of values; 0: free. Twice as many as values at least. */
  slots: usize;
  slotMask: u32;
  /** Slots that there is room for. */
  mostSlots: u32;
  /** Values that are counted at most. */
  mostValues: u32;
  values: u32;
  /** Where values lie. */
  arena: usize;
  end: usize;
  arenaEnd: usize;
  /** Whether there were too many values to count; then no more are. */
  overflowed: u32;
}

/** Counts the values of rows that have won. */
export function countValues(counter: Counter, layout: Layout, winners: usize, number: u32): void {
  if (counter.overflowed != 0) return;
  const column = counter.column;
  const end = winners + <usize>number * winnerBytes;
  for (let at = winners; at < end; at += winnerBytes) {
    const row = changetype<Winner>(at).row;
    const length = lengthOf(row, column);
    if (length == 0 && counter.countsEmpty == 0) continue;
    const value = valueStart(layout, row, column);
    count(counter, hashOf(value, length), value, length, 1);
    if (counter.overflowed != 0) return;
  }
}

/** Adds what another counter has counted: its values from `from` to `end`, copied from its memory. */
export function addCounted(counter: Counter, from: usize, end: usize): void {
  for (let value = from; value < end && counter.overflowed == 0; value = nextValue(value)) {
    count(counter, load<u32>(value), value + headBytes, load<u32>(value, 8), load<u32>(value, 4));
  }
}

function hashOf(value: usize, length: u32): u32 {
  let hash = <u64>length * 0x9e3779b97f4a7c15;
  let at: u32 = 0;
  for (; at + 8 <= length; at += 8) hash = rotl((hash ^ load<u64>(value + at)) * 0xff51afd7ed558ccd, 29);
  if (at < length) {
    const rest = load<u64>(value + at) & ~(~(<u64>0) << ((<u64>(length - at)) << 3));
    hash = rotl((hash ^ rest) * 0xff51afd7ed558ccd, 29);
  }
  hash ^= hash >> 32;
  hash *= 0xc4ceb9fe1a85ec53;
  return <u32>(hash >> 32);
}

function count(counter: Counter, hash: u32, value: usize, length: u32, number: u32): void {
  const slots = counter.slots;
  const slotMask = counter.slotMask;
  for (let slot = hash & slotMask; ; slot = (slot + 1) & slotMask) {
    const place = slots + ((<usize>slot) << 2);
    const found = <usize>load<u32>(place);
    if (found == 0) {
      const added = add(counter, hash, value, length, number);
      if (added != 0) store<u32>(place, added);
      if (counter.values > slotMask >> 1) grow(counter);
      return;
    }
    if (load<u32>(found) != hash || load<u32>(found, 8) != length) continue;
    if (!equalBytes(found + headBytes, value, length)) continue;
    store<u32>(found, load<u32>(found, 4) + number, 4);
    return;
  }
}

function add(counter: Counter, hash: u32, value: usize, length: u32, number: u32): usize {
  const at = counter.end;
  const next = (at + headBytes + length + 3) & ~3;
  if (next > counter.arenaEnd || counter.values == counter.mostValues) {
    counter.overflowed = 1;
    return 0;
  }
  store<u32>(at, hash);
  store<u32>(at, number, 4);
  store<u32>(at, length, 8);
  copyBytes(at + headBytes, value, length);
  counter.end = next;
  counter.values++;
  return at;
}

function grow(counter: Counter): void {
  const slots = (counter.slotMask + 1) * 2;
  if (slots > counter.mostSlots) {
    counter.overflowed = 1;
    return;
  }
  counter.slotMask = slots - 1;
  memory.fill(counter.slots, 0, (<usize>slots) << 2);
  for (let value = counter.arena; value < counter.end; value = nextValue(value)) {
    let slot = load<u32>(value) & counter.slotMask;
    while (load<u32>(counter.slots + ((<usize>slot) << 2)) != 0) slot = (slot + 1) & counter.slotMask;
    store<u32>(counter.slots + ((<usize>slot) << 2), value);
  }
}

function nextValue(value: usize): usize {
  return (value + headBytes + load<u32>(value, 8) + 3) & ~3;
}

/**
 * Puts the values into the order of their bytes, as entries.
 *
 * @param entries room for an entry a value, with as much after it for sorting
 */
export function sortValues(counter: Counter, entries: usize): void {
  let entry = entries;
  for (let value = counter.arena; value < counter.end; value = nextValue(value)) {
    putEntry(entry, value + headBytes, load<u32>(value, 8));
    entry += entryBytes;
  }
  const room = <usize>counter.values * entryBytes;
  sortEntries(entries, counter.values, entries + room, entries + 2 * room);
}
