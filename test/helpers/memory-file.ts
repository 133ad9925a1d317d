import { createHash } from 'node:crypto';
import type { FileRef } from '../../src/schema/file-ref.ts';
import { openContent } from '../../src/source/content.ts';
import type { ContentReader, SensedFile, SourceFile, StoredBytes } from '../../src/source/source-file.ts';
import { Random } from './random.ts';

/** Bytes given out in blocks of random sizes. */
export class MemoryBytes implements StoredBytes {
  readonly expectedBytes: number | null;
  readonly seekable = null;
  readonly #bytes: Uint8Array;
  readonly #blockSize: () => number;
  #at = 0;
  isDisposed = false;

  constructor(bytes: Uint8Array, blockSize: () => number, expectedBytes: number | null = bytes.length) {
    this.#bytes = bytes;
    this.#blockSize = blockSize;
    this.expectedBytes = expectedBytes;
  }

  async read(target: Uint8Array): Promise<number> {
    const block = this.#bytes.subarray(this.#at, this.#at + Math.min(this.#blockSize(), target.length));
    target.set(block);
    this.#at += block.length;
    return block.length;
  }

  async checkUnchanged(): Promise<void> {}

  async [Symbol.asyncDispose](): Promise<void> {
    this.isDisposed = true;
  }
}

/**
 * - `settled`: its fingerprint tells its content.
 * - `unsettled`: it has just been written, so the fingerprint must not be trusted later.
 * - `stream`: nothing is known before it is read.
 */
export type Sensing = 'settled' | 'unsettled' | 'stream';

/** A source's file without a file: bytes, and what can be sensed of them. */
export class MemoryFile implements SourceFile {
  readonly ref: FileRef;
  readonly label: string;
  readonly #bytes: Uint8Array;
  readonly #sensing: Sensing;
  readonly #seed: number;

  constructor(name: string, bytes: Uint8Array, sensing: Sensing, seed: number) {
    this.ref = { source: 'local', name };
    this.label = name;
    this.#bytes = bytes;
    this.#sensing = sensing;
    this.#seed = seed;
  }

  async sense(): Promise<SensedFile> {
    if (this.#sensing === 'stream') return { fingerprint: null, settled: false, bytes: null };
    const fingerprint = `${this.ref.name}@${this.#sha256()}`;
    return { fingerprint, settled: this.#sensing === 'settled', bytes: this.#bytes.length };
  }

  async version(): Promise<string | null> {
    return this.#sensing === 'stream' ? null : this.#sha256();
  }

  async open(): Promise<ContentReader> {
    const random = new Random(this.#seed);
    const largest = 1 + random.below(40);
    const expectedBytes = this.#sensing === 'stream' ? null : this.#bytes.length;
    const stored = new MemoryBytes(this.#bytes, () => 1 + random.below(largest), expectedBytes);
    return openContent(stored, { label: this.label });
  }

  #sha256(): string {
    return createHash('sha256').update(this.#bytes).digest('hex');
  }
}
