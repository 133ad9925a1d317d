import { createHash } from 'node:crypto';
import type { FileRef } from '../schema/file-ref.ts';
import { openContent } from './content.ts';
import type { ContentReader, SensedFile, SourceFile, StoredBytes } from './source-file.ts';

/** A file whose bytes are here already. */
export class GivenFile implements SourceFile {
  readonly ref: FileRef;
  readonly label: string;
  readonly #bytes: Uint8Array;
  readonly #encoding: string;

  constructor(ref: FileRef, bytes: Uint8Array, encoding: string) {
    this.ref = ref;
    this.label = ref.name;
    this.#bytes = bytes;
    this.#encoding = encoding;
  }

  async sense(): Promise<SensedFile> {
    return { fingerprint: null, settled: false, bytes: this.#bytes.length };
  }

  async version(): Promise<string> {
    return createHash('sha256').update(this.#bytes).digest('hex');
  }

  async open(): Promise<ContentReader> {
    const { label, ref } = this;
    return openContent(storedIn(this.#bytes), { label, name: ref.name, encoding: this.#encoding });
  }
}

function storedIn(bytes: Uint8Array): StoredBytes {
  let at = 0;
  const readAt = async (target: Uint8Array, position: number): Promise<number> => {
    const part = bytes.subarray(position, position + target.length);
    target.set(part);
    return part.length;
  };
  return {
    expectedBytes: bytes.length,
    seekable: { size: bytes.length, readAt },
    async read(target) {
      const read = await readAt(target, at);
      at += read;
      return read;
    },
    checkUnchanged: async () => undefined,
    [Symbol.asyncDispose]: async () => undefined,
  };
}
