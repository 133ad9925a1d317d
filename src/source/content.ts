import { createHash, type Hash } from 'node:crypto';
import { LonghaulError } from '../runtime/errors.ts';
import { type InflateFormatName, inflated } from './inflate.ts';
import type { ContentReader, StoredBytes } from './source-file.ts';

/** What a file is compressed with: told by its first bytes, whatever its name. */
const formats: readonly {
  readonly name: string;
  readonly magic: readonly number[];
  readonly inflate?: InflateFormatName;
}[] = [
  { name: 'gzip', magic: [0x1f, 0x8b], inflate: 'gzip' },
  { name: 'zstd', magic: [0x28, 0xb5, 0x2f, 0xfd], inflate: 'zstd' },
  // Sixteen kinds of frames that zstd skips may come first.
  ...Array.from({ length: 16 }, (_, kind) => ({
    name: 'zstd',
    magic: [0x50 + kind, 0x2a, 0x4d, 0x18],
    inflate: 'zstd' as const,
  })),
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

/**
 * Opens stored bytes as content: inflated if their first bytes say so, or if the name ends in `.br` (Brotli has nothing to
 * be known by), else as they are. Owns `stored`.
 */
export async function openContent(stored: StoredBytes, label: string, name = label): Promise<ContentReader> {
  const bytes = new HashedBytes(stored);
  try {
    const format = await inflateFormat(bytes, label, name);
    const inflating = format === null ? null : inflated(bytes, format, label);
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

async function inflateFormat(
  bytes: HashedBytes,
  label: string,
  name: string,
): Promise<InflateFormatName | null> {
  if (/\.br$/i.test(name)) return 'brotli';
  const head = await bytes.peek(longestMagic);
  const format = formats.find(({ magic }) => magic.every((byte, index) => head[index] === byte));
  if (format === undefined) return null;
  if (format.inflate !== undefined) return format.inflate;
  throw LonghaulError.of('compression_unknown', { file: label, format: format.name });
}
