/**
 * The kernel: the loops that touch every byte of a row, in WebAssembly. Their source is `assembly/` (AssemblyScript, which is
 * TypeScript with addresses), compiled by `scripts/kernel.ts` into `module.ts`, so that nobody who installs needs a compiler.
 *
 * Each thread has kernels of its own, with a memory of their own; the compiled code is shared by all.
 */
import { kernelModule } from './module.ts';

const wasmPageBytes = 65_536;

/** Functions of `assembly/index.ts`. Addresses and counts are unsigned 32-bit numbers, structures are given by their address. */
interface KernelCalls {
  scanWindow(scan: number, window: number, length: number): void;
  parseRecords(parser: number, from: number): number;
  findOdd(packing: number, from: number, to: number): number;
  packRecords(packing: number, records: number, target: number): number;
  sortRows(layout: number, rows: number, end: number, entries: number, room: number): number;
  bytesOfRows(layout: number, entries: number, count: number): number;
  gatherRows(
    layout: number,
    entries: number,
    from: number,
    count: number,
    target: number,
    room: number,
  ): number;
  readonly gatheredEntries: { readonly value: number };
  mergeRows(merge: number, winners: number, most: number): number;
  hasRow(layout: number, cursor: number): number;
  join(merge: number, cursor: number): void;
  goOn(merge: number): void;
  moveWindow(merge: number, window: number): number;
  listTreeRows(tree: number): void;
  listRecord(tree: number, record: number): void;
  listTextRows(texts: number): void;
  compareRows(comparison: number, winners: number, from: number, to: number): number;
  countOutcomes(counts: number, winners: number, from: number, to: number): void;
  beginPage(leaves: number): void;
  sealPage(leaves: number): void;
  addCell(leaves: number, cell: number, bytes: number): void;
  addRows(leaves: number, origin: number, winners: number, from: number, to: number): number;
  addCounts(leaves: number, entries: number, from: number, to: number): number;
  countValues(counter: number, layout: number, winners: number, number: number): void;
  addCounted(counter: number, from: number, end: number): void;
  sortValues(counter: number, entries: number): void;
  sortEntries(entries: number, count: number, spare: number, work: number): void;
}

let compiled: WebAssembly.Module | null = null;

/** Compiles the kernel once a thread: V8 finds code that another thread has compiled. */
function compile(): WebAssembly.Module {
  return (compiled ??= new WebAssembly.Module(Buffer.from(kernelModule, 'base64')));
}

/** A memory, and the functions that work on it. Memory is given out from its beginning on and never taken back, but by `release`. */
export class Kernel {
  readonly calls: KernelCalls;
  readonly #memory: WebAssembly.Memory;
  /** Address of the first byte that is not given out. Never 0, which stands for nothing. */
  #end = 16;
  #bytes: Uint8Array<ArrayBuffer>;
  #words: Uint32Array<ArrayBuffer>;

  constructor() {
    this.#memory = new WebAssembly.Memory({ initial: 1 });
    const instance = new WebAssembly.Instance(compile(), { env: { memory: this.#memory } });
    this.calls = instance.exports as unknown as KernelCalls;
    this.#bytes = new Uint8Array(this.#memory.buffer);
    this.#words = new Uint32Array(this.#memory.buffer);
  }

  /** All of the memory; another view once more of it was given out. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes;
  }
  get words(): Uint32Array<ArrayBuffer> {
    return this.#words;
  }

  /** How much is given out: for `release`. */
  get end(): number {
    return this.#end;
  }

  /**
   * Gives out memory, on a boundary of 16 bytes. The first time it holds zeros. What is never touched costs nothing: the system
   * gives it when it is.
   */
  reserve(bytes: number): number {
    const at = (this.#end + 15) & ~15;
    this.growTo(at + bytes);
    this.#end = at + bytes;
    return at;
  }

  /** Makes memory there up to an address, without giving it out. The kernel may read a few bytes beyond what it was given. */
  growTo(end: number): void {
    const missing = end + wasmPageBytes - this.#bytes.length;
    if (missing <= 0) return;
    this.#memory.grow(Math.ceil(missing / wasmPageBytes));
    this.#bytes = new Uint8Array(this.#memory.buffer);
    this.#words = new Uint32Array(this.#memory.buffer);
  }

  /** Takes back all that was given out since `end` was this. */
  release(end: number): void {
    this.#end = end;
  }

  /** A structure of 32-bit fields, in the order of its declaration in `assembly/`. One of 64 bits is two: low, high. */
  struct<Field extends string>(fields: readonly Field[]): Struct<Field> {
    return new Struct(this, fields, this.reserve(fields.length * 4));
  }
}

export class Struct<Field extends string> {
  readonly at: number;
  readonly #kernel: Kernel;
  readonly #places: ReadonlyMap<Field, number>;

  constructor(kernel: Kernel, fields: readonly Field[], at: number) {
    this.#kernel = kernel;
    this.at = at;
    this.#places = new Map(fields.map((field, index) => [field, (at >> 2) + index]));
  }

  get(field: Field): number {
    return this.#kernel.words[this.#places.get(field)!]!;
  }

  set(values: Partial<Record<Field, number>>): this {
    for (const [field, value] of Object.entries(values) as [Field, number][]) {
      this.#kernel.words[this.#places.get(field)!] = value;
    }
    return this;
  }
}
