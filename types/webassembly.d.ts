/**
 * The part of WebAssembly that is used here. TypeScript declares it only together with a browser's globals
 * (lib.dom), among which a mistyped `name`, `event` or `location` would be found and pass.
 */
declare namespace WebAssembly {
  class Module {
    constructor(bytes: Uint8Array);
  }

  class Instance {
    constructor(module: Module, imports?: Record<string, Record<string, unknown>>);
    readonly exports: Record<string, unknown>;
  }

  class Memory {
    constructor(descriptor: { initial: number; maximum?: number });
    readonly buffer: ArrayBuffer;
    /** Adds pages of 64 KiB; the former `buffer` is detached. */
    grow(pages: number): number;
  }
}
