import { createHash, type Hash } from 'node:crypto';
import { LonghaulError } from '../runtime/errors.ts';
import { inflated, isInflateFormat } from './inflate.ts';
import type { ContentReader, StoredBytes } from './source-file.ts';
import { transcoded } from './transcode.ts';
import { findZipEntry } from './zip.ts';
import { skip, zipContent } from './zip-content.ts';

/** What a file is compressed with: told by its first bytes, whatever its name. */
const formats: readonly { readonly format: string; readonly magic: readonly number[] }[] = [
  { format: 'gzip', magic: [0x1f, 0x8b] },
  { format: 'zstd', magic: [0x28, 0xb5, 0x2f, 0xfd] },
  // Sixteen kinds of frames that zstd skips may come first.
  ...Array.from({ length: 16 }, (_, kind) => ({ format: 'zstd', magic: [0x50 + kind, 0x2a, 0x4d, 0x18] })),
  { format: 'zip', magic: [0x50, 0x4b, 0x03, 0x04] },
  { format: 'zip', magic: [0x50, 0x4b, 0x05, 0x06] }, // Without any entry.
  { format: 'bzip2', magic: [0x42, 0x5a, 0x68] },
  { format: 'xz', magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00] },
];

export const longestMagic = 6;

interface Bytes {
  read(target: Uint8Array): Promise<number>;
}

/** Bytes whose first ones can be looked at before they are read. */
class PeekedBytes implements Bytes {
  readonly #bytes: Bytes;
  #head = new Uint8Array(0);

  constructor(bytes: Bytes) {
    this.#bytes = bytes;
  }

  /** What was looked at and not read yet. */
  get head(): Uint8Array {
    return this.#head;
  }

  /** Fewer only where the bytes end. */
  async peek(length: number): Promise<Uint8Array> {
    const head = new Uint8Array(length);
    let filled = 0;
    for (let read = -1; read !== 0 && filled < length; filled += read) {
      read = await this.#bytes.read(head.subarray(filled));
    }
    this.#head = head.subarray(0, filled);
    return this.#head;
  }

  async read(target: Uint8Array): Promise<number> {
    if (this.#head.length === 0) return this.#bytes.read(target);
    const bytes = Math.min(this.#head.length, target.length);
    target.set(this.#head.subarray(0, bytes));
    this.#head = this.#head.subarray(bytes);
    return bytes;
  }
}

/** Hashes stored bytes on their way. */
class HashedBytes extends PeekedBytes {
  storedBytes = 0;
  readonly #stored: StoredBytes;
  readonly #hash: Hash = createHash('sha256');

  constructor(stored: StoredBytes) {
    super(stored);
    this.#stored = stored;
  }

  override async read(target: Uint8Array): Promise<number> {
    const bytes = await super.read(target);
    this.#hash.update(target.subarray(0, bytes));
    this.storedBytes += bytes;
    return bytes;
  }

  async finish(): Promise<string> {
    await this.#stored.checkUnchanged();
    return this.#hash.digest('hex');
  }
}

export interface ContentOptions {
  /** What to call the file in errors. */
  readonly label: string;
  /** What it is called where it comes from: Brotli is known by `.br` at the end only. The label if not given. */
  readonly name?: string | undefined;
  /** The file in an archive. */
  readonly entry?: string | undefined;
  /** As TextDecoder names it; UTF-8 if not given. A mark of UTF-16 at the beginning goes before a wrong or no name. */
  readonly encoding?: string | undefined;
}

/** Opens stored bytes as content: inflated if their first bytes or their name say so, else as they are. Owns `stored`. */
export async function openContent(stored: StoredBytes, options: ContentOptions): Promise<ContentReader> {
  const bytes = new HashedBytes(stored);
  try {
    const { inflating, finish, head } = await inflate(bytes, stored, options);
    const { label, name = label, encoding = 'utf-8' } = options;
    const content = asUtf8(inflating, encoding);
    const isAsStored = head !== null && isReadAsStored(head, name, encoding);
    return {
      async read(target) {
        try {
          return await content.read(target);
        } catch (error) {
          // What is cut off in the middle of a read can be read as zeros: no damage to speak of.
          await stored.checkUnchanged();
          throw error;
        }
      },
      get storedBytes() {
        return bytes.storedBytes;
      },
      expectedBytes: stored.expectedBytes,
      seekable: isAsStored ? stored.seekable : null,
      finish,
      [Symbol.asyncDispose]: async () => {
        await inflating[Symbol.asyncDispose]?.();
        await stored[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await stored[Symbol.asyncDispose]();
    throw error;
  }
}

type Inflating = Bytes & Partial<AsyncDisposable>;

interface Opened {
  readonly inflating: Inflating;
  readonly finish: () => Promise<string>;
  /** The first bytes of what is not inflated. */
  readonly head: Uint8Array | null;
}

async function inflate(
  bytes: HashedBytes,
  stored: StoredBytes,
  { label, name = label, entry }: ContentOptions,
): Promise<Opened> {
  const format = await formatOf(bytes, name);
  if (format === 'zip') {
    if (stored.seekable === null) throw LonghaulError.of('zip_not_seekable', { file: label });
    const inflating = await zipContent(bytes, await findZipEntry(stored.seekable, entry, label), label);
    // What follows the entry belongs to the version as well.
    return { inflating, finish: () => skip(bytes).then(() => bytes.finish()), head: null };
  }
  if (entry !== undefined) {
    throw LonghaulError.of('zip_unreadable', { file: label, reason: 'it is none, so it has no entries' });
  }
  if (format === null) return { inflating: bytes, finish: () => bytes.finish(), head: bytes.head };
  if (!isInflateFormat(format)) throw LonghaulError.of('compression_unknown', { file: label, format });
  return { inflating: inflated(bytes, format, label), finish: () => bytes.finish(), head: null };
}

async function formatOf(bytes: HashedBytes, name: string): Promise<string | null> {
  return isBrotli(name) ? brotli : compressionOf(await bytes.peek(longestMagic), name);
}

const brotli = 'brotli';
const isBrotli = (name: string): boolean => /\.br$/i.test(name);

/** What a file is compressed with, by its first bytes (`longestMagic` of them, if there are as many) and its name. */
export function compressionOf(head: Uint8Array, name: string): string | null {
  if (isBrotli(name)) return brotli;
  return formats.find(({ magic }) => magic.every((byte, index) => head[index] === byte))?.format ?? null;
}

/** Whether content is read as it is stored, so that offsets in it are offsets in the file. */
export function isReadAsStored(head: Uint8Array, name: string, encoding: string): boolean {
  return encoding === 'utf-8' && compressionOf(head, name) === null && markedEncoding(head) === null;
}

/** What a byte order mark says; that of UTF-8 says nothing new. */
function markedEncoding([first, second]: Uint8Array): string | null {
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  return first === 0xfe && second === 0xff ? 'utf-16be' : null;
}

/** Looks at nothing before it is read: what is wrong with the content is an error of a read, not of opening. */
function asUtf8(content: Bytes, encoding: string): Bytes {
  if (!encoding.startsWith('utf-')) return transcoded(content, encoding);
  const peeked = new PeekedBytes(content);
  let decoded: Bytes | null = null;
  return {
    async read(target) {
      decoded ??= await decodedUnicode(peeked, encoding);
      return decoded.read(target);
    },
  };
}

async function decodedUnicode(content: PeekedBytes, encoding: string): Promise<Bytes> {
  const known = markedEncoding(await content.peek(2)) ?? encoding;
  return known === 'utf-8' ? content : transcoded(content, known);
}
