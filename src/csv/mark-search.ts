/**
 * The WebAssembly of the mark search, put together from its instructions (211 bytes; no compiler in the build).
 *
 *     search(end, positions, base, delimiter, quote, escape): after the last position written
 *       for (at = 0; at < end; at += 16)
 *         found = bit i set where byte at + i of memory equals one of the three or LF or CR
 *         while (found != 0)
 *           memory32[positions] = base + at + index of the lowest bit of found
 *           positions += 4
 *           clear the lowest bit of found
 *
 * It reads whole groups of 16 bytes: up to 15 after `end`, whose marks the caller drops.
 */
import { CR, LF } from './bytes.ts';

/** Looks at the first `end` bytes of memory and writes `base` + index of each mark as 32 bits from `positions` on. */
export type MarkSearch = (
  end: number,
  positions: number,
  base: number,
  delimiter: number,
  quote: number,
  escape: number,
) => number;

/** Compiles the search with a memory of its own. Synchronous, 0.2 ms, once a thread. */
export function compileMarkSearch(memoryBytes: number): {
  readonly memory: ArrayBuffer;
  readonly search: MarkSearch;
} {
  const code = moduleBytes(Math.ceil(memoryBytes / 65_536));
  const { memory, search } = new WebAssembly.Instance(new WebAssembly.Module(code)).exports;
  return { memory: memory.buffer, search };
}

/** What is used of WebAssembly; TypeScript knows it only with the types of a browser. */
declare const WebAssembly: {
  readonly Module: new (code: Uint8Array) => object;
  readonly Instance: new (
    module: object,
  ) => {
    readonly exports: { readonly memory: { readonly buffer: ArrayBuffer }; readonly search: MarkSearch };
  };
};

type Code = readonly number[];

// Types.
const i32 = 0x7f;
const v128 = 0x7b;
const noResult = 0x40;

// Parameters, then locals, by their places.
const [end, positions, base, delimiter, quote, escape] = [0, 1, 2, 3, 4, 5] as const;
const [at, found, group, delimiters, quotes, escapes, lineFeeds, returns] = [
  6, 7, 8, 9, 10, 11, 12, 13,
] as const;

// Instructions.
const get = (local: number): Code => [0x20, local];
const set = (local: number): Code => [0x21, local];
const constant = (value: number): Code => [0x41, value]; // below 64: one byte of signed LEB128
const add: Code = [0x6a];
const subtract: Code = [0x6b];
const and: Code = [0x71];
const trailingZeros: Code = [0x68];
const isZero: Code = [0x45];
const isAtLeast: Code = [0x4f]; // unsigned
const store: Code = [0x36, 2, 0]; // 32 bits, aligned to 2^2, offset 0
const block: Code = [0x02, noResult];
const loop: Code = [0x03, noResult];
const branch = (depth: number): Code => [0x0c, depth];
const branchIf = (depth: number): Code => [0x0d, depth];
const close: Code = [0x0b];
const loadGroup: Code = [0xfd, 0x00, 0, 0]; // 16 bytes, any alignment, offset 0
const splat: Code = [0xfd, 0x0f]; // one byte into 16 lanes
const equal: Code = [0xfd, 0x23]; // lane by lane, all ones where equal
const or: Code = [0xfd, 0x50];
const bitmask: Code = [0xfd, 0x64]; // one bit a lane

const spread = (byte: Code, lanes: number): Code => [...byte, ...splat, ...set(lanes)];
const equals = (lanes: number): Code => [...get(group), ...get(lanes), ...equal];
const advance = (local: number, bytes: number): Code => [
  ...get(local),
  ...constant(bytes),
  ...add,
  ...set(local),
];

// biome-ignore format: indented as the loops are
const searchCode: Code = [
  ...spread(get(delimiter), delimiters), ...spread(get(quote), quotes), ...spread(get(escape), escapes),
  ...spread(constant(LF), lineFeeds), ...spread(constant(CR), returns),
  ...block,
    ...loop,
      ...get(at), ...get(end), ...isAtLeast, ...branchIf(1),
      ...get(at), ...loadGroup, ...set(group),
      ...equals(delimiters), ...equals(quotes), ...or, ...equals(escapes), ...or,
      ...equals(lineFeeds), ...or, ...equals(returns), ...or, ...bitmask, ...set(found),
      ...block,
        ...loop,
          ...get(found), ...isZero, ...branchIf(1),
          ...get(positions), ...get(base), ...get(at), ...add, ...get(found), ...trailingZeros, ...add, ...store,
          ...advance(positions, 4),
          ...get(found), ...get(found), ...constant(1), ...subtract, ...and, ...set(found),
          ...branch(0),
        ...close,
      ...close,
      ...advance(at, 16),
      ...branch(0),
    ...close,
  ...close,
  ...get(positions),
  ...close,
];

function moduleBytes(pages: number): Uint8Array {
  const parameters = Array<number>(6).fill(i32);
  const locals = [2, 2, i32, 6, v128]; // two runs: 2 of i32, 6 of v128
  const body = [...locals, ...searchCode];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0], // magic, version
    ...section(1, [1, 0x60, 6, ...parameters, 1, i32]), // the function's type
    ...section(3, [1, 0]), // one function, of that type
    ...section(5, [1, 0, pages]), // one memory
    ...section(7, [2, ...exported('memory', 2), ...exported('search', 0)]),
    ...section(10, [1, ...length(body.length), ...body]),
  ]);
}

function section(id: number, content: Code): Code {
  return [id, ...length(content.length), ...content];
}

function exported(name: string, kind: number): Code {
  return [name.length, ...Buffer.from(name), kind, 0];
}

/** Unsigned LEB128 of a number below 2^14. */
function length(value: number): Code {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, value >> 7];
}
