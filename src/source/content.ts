import { createHash, type Hash } from 'node:crypto';
import { LonghaulError } from '../runtime/errors.ts';
import { inflated } from './gunzip.ts';
import type { ContentReader, StoredBytes } from './source-file.ts';

/** First bytes by which formats are known (never by the file's name). */
const formats: readonly { readonly name: string; readonly magic: readonly number[] }[] = [
  { name: 'gzip', magic: [0x1f, 0x8b] },
  { name: 'zstd', magic: [0x28, 0xb5, 0x2f, 0xfd] },
  { name: 'zip', magic: [0x50, 0x4b, 0x03, 0x04] },
  { name: 'bzip2', magic: [0x42, 0x5a, 0x68] },
  { name: 'xz', magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00] },
];

const longestMagic = 6;

/** Hashes stored bytes on their way, and gives its first bytes back so that they can be looked at before. */
class HashedBytes {
  storedBytes = 0;
  readonly #stored: StoredBytes;
  readonly #hash: Hash = createHash('sha256');
  #head = new Uint8Array(0);

  constructor(stored: StoredBytes) {
    this.#stored = stored;
  }

  async peek(length: number): Promise<Uint8Array> {
    const head = new Uint8Array(length);
    let filled = 0;
    for (let read = -1; read !== 0 && filled < length; filled += read) {
      read = await this.#stored.read(head.subarray(filled));
    }
    this.#head = head.subarray(0, filled);
    return this.#head;
  }

  async read(target: Uint8Array): Promise<number> {
    let bytes = this.#head.length;
    if (bytes > 0) {
      bytes = Math.min(bytes, target.length);
      target.set(this.#head.subarray(0, bytes));
      this.#head = this.#head.subarray(bytes);
    } else {
      bytes = await this.#stored.read(target);
    }
    this.#hash.update(target.subarray(0, bytes));
    this.storedBytes += bytes;
    return bytes;
  }

  async finish(): Promise<string> {
    await this.#stored.checkUnchanged();
    return this.#hash.digest('hex');
  }
}

/** Opens stored bytes as content: decompressed if their first bytes say so, else as they are. Owns `stored`. */
export async function openContent(stored: StoredBytes, label: string): Promise<ContentReader> {
  const bytes = new HashedBytes(stored);
  try {
    const head = await bytes.peek(longestMagic);
    const format = formats.find(({ magic }) => magic.every((byte, index) => head[index] === byte));
    if (format !== undefined && format.name !== 'gzip') {
      throw LonghaulError.of('compression_unknown', { file: label, format: format.name });
    }
    const inflating = format === undefined ? null : inflated(bytes, label);
    const content = inflating ?? bytes;
    return {
      read: (target) => content.read(target),
      get storedBytes() {
        return bytes.storedBytes;
      },
      expectedBytes: stored.expectedBytes,
      finish: () => bytes.finish(),
      [Symbol.asyncDispose]: async () => {
        await inflating?.[Symbol.asyncDispose]();
        await stored[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await stored[Symbol.asyncDispose]();
    throw error;
  }
}
