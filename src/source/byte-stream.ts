import { addAbortSignal, type Readable } from 'node:stream';
import type { FileRef } from '../schema/file-ref.ts';
import { BlockReader } from './block-reader.ts';
import { openContent } from './content.ts';
import type { ContentReader, SensedFile, SourceFile, StoredBytes } from './source-file.ts';

/** Content that can be read once only, such as standard input: nothing is known of it before. */
export class ByteStream implements SourceFile {
  readonly ref: FileRef;
  readonly label: string;
  readonly #stream: Readable;
  readonly #encoding: string;

  constructor(stream: Readable, name: string, label: string, encoding: string) {
    this.ref = { source: 'local', name };
    this.label = label;
    this.#stream = stream;
    this.#encoding = encoding;
  }

  async sense(): Promise<SensedFile> {
    return { fingerprint: null, settled: false, bytes: null };
  }

  async version(): Promise<null> {
    return null;
  }

  async open(signal: AbortSignal): Promise<ContentReader> {
    const { label, ref } = this;
    const options = { label, name: ref.name, encoding: this.#encoding };
    return openContent(new StreamBytes(this.#stream, signal), options);
  }
}

/** Stored bytes that come as a stream. Owns it. */
export class StreamBytes extends BlockReader implements StoredBytes {
  readonly expectedBytes = null;
  readonly seekable = null;
  readonly #stream: Readable;

  constructor(stream: Readable, signal: AbortSignal) {
    super(addAbortSignal(signal, stream));
    this.#stream = stream;
  }

  async checkUnchanged(): Promise<void> {}

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stream.destroy();
  }
}
