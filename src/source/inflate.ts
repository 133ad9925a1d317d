import type { Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflateRaw, createZstdDecompress } from 'node:zlib';
import { LonghaulError } from '../runtime/errors.ts';
import { BlockReader } from './block-reader.ts';

/** Larger than the default of 16 KiB: each block is a hop to another thread and back. */
const inputBlockBytes = 256 * 1024;
/** With 1 MiB the same in time, and 24 MiB more at the peak (measured on the gzipped sample). */
const outputBlockBytes = 512 * 1024;

/** Inflated bytes that are accepted: 1 TiB, and so many times the stored bytes (deflate reaches 1,032 at most). */
const maxInflatedBytes = 2 ** 40;
const maxRatio = 1000;
/** Below this the ratio says nothing. */
const ratioFromBytes = 16 * 1024 * 1024;

type Inflater = Transform & { readonly bytesWritten: number };

/** What differs between the formats. All of them stop at the end of their data and leave what follows unread. */
interface InflateFormat {
  create(): Inflater;
  /** Whether data may be put together of several streams that have to be inflated one by one. */
  readonly repeats: boolean;
  /** Whether this error means that something else stands where a further stream would begin. */
  isTrailing(error: NodeJS.ErrnoException): boolean;
  /** Bytes that are left unread exactly where data may end: written after the last byte, they tell whether it was the end. */
  readonly probe?: Uint8Array;
}

/** The first of the two bytes that a gzip member begins with. */
const gzipMagic = 0x1f;

const inflateFormats = {
  gzip: {
    create: () => createGunzip({ chunkSize: outputBlockBytes }),
    repeats: false, // zlib goes on with the next member by itself.
    // The magic bytes were there at the beginning.
    isTrailing: ({ message }) => message === 'incorrect header check',
    // After a member zlib takes a zero for padding, and anything else for the beginning of another one. So a single byte
    // would look like a member that is cut off; with the zero it is one whose header is wrong.
    probe: new Uint8Array(1),
  },
  zstd: {
    create: () => createZstdDecompress({ chunkSize: outputBlockBytes }),
    repeats: true,
    isTrailing: ({ code }) => code === 'ZSTD_error_prefix_unknown',
  },
  brotli: {
    create: () => createBrotliDecompress({ chunkSize: outputBlockBytes }),
    repeats: false,
    isTrailing: () => false,
  },
  // The deflated data of one entry.
  zip: {
    create: () => createInflateRaw({ chunkSize: outputBlockBytes }),
    repeats: false,
    isTrailing: () => false,
  },
} as const satisfies Readonly<Record<string, InflateFormat>>;

export type InflateFormatName = keyof typeof inflateFormats;

export function isInflateFormat(name: string): name is InflateFormatName {
  return Object.hasOwn(inflateFormats, name);
}

interface Bytes {
  read(target: Uint8Array): Promise<number>;
  readonly storedBytes: number;
}

interface InflatedBytes extends AsyncDisposable {
  read(target: Uint8Array): Promise<number>;
}

/**
 * Inflates compressed data. An end that comes too early, a wrong checksum and other bytes after the end are errors, although
 * all content may already have come out by then.
 */
export function inflated(stored: Bytes, formatName: InflateFormatName, label: string): InflatedBytes {
  const input = new Input(stored);
  const blocks = inflatedBlocks(input, formatName, label);
  const reader = new BlockReader(blocks);
  let contentBytes = 0;
  return {
    async read(target) {
      const bytes = await reader.read(target);
      contentBytes += bytes;
      if (contentBytes > maxInflatedBytes)
        throw LonghaulError.of('inflated_too_large', { file: label, limit: '1 TiB' });
      if (contentBytes > ratioFromBytes && contentBytes > stored.storedBytes * maxRatio) {
        throw LonghaulError.of('inflated_too_large', { file: label, limit: `${maxRatio} times its size` });
      }
      return bytes;
    },
    async [Symbol.asyncDispose]() {
      input.inflater?.destroy();
    },
  };
}

async function* inflatedBlocks(
  input: Input,
  formatName: InflateFormatName,
  label: string,
): AsyncGenerator<Uint8Array> {
  const format: InflateFormat = inflateFormats[formatName];
  const facts = { file: label, format: formatName };
  let streams = 0;
  try {
    do {
      const isWhole = yield* inflateOne(input, format);
      if (!isWhole)
        throw LonghaulError.of('compressed_truncated', { ...facts, storedBytes: input.takenBytes });
      if (input.hasLeftover && !format.repeats) throw LonghaulError.of('compressed_trailing', facts);
      streams++;
    } while (input.hasLeftover);
  } catch (error) {
    if (!isInflaterError(error)) throw error;
    const options = { cause: error };
    const storedBytes = input.takenBytes;
    // A next stream that cannot even begin is something else. One of which there is only the first byte may be one.
    const isCutOff = input.isProbed && input.lastByte === gzipMagic;
    if (format.isTrailing(error) && !isCutOff) throw LonghaulError.of('compressed_trailing', facts, options);
    if (error.code === 'Z_BUF_ERROR' || input.isProbed) {
      throw LonghaulError.of('compressed_truncated', { ...facts, storedBytes }, options);
    }
    const reason = error.message.charAt(0).toLowerCase() + error.message.slice(1);
    throw LonghaulError.of('compressed_corrupt', { ...facts, reason, storedBytes }, options);
  }
}

/**
 * Feeds one inflater until it has seen the end of its data, and puts back what it left.
 *
 * @returns false if its data ended only with the probe
 */
async function* inflateOne(input: Input, format: InflateFormat): AsyncGenerator<Uint8Array, boolean> {
  const inflater = format.create();
  input.inflater = inflater;
  const { promise: over, resolve: setOver } = Promise.withResolvers<void>();
  let isOver = false;
  const end = (): void => {
    isOver = true;
    setOver();
  };
  inflater.once('end', end).once('close', end);
  let fed = 0;
  /** @returns how many bytes were left unread */
  const write = async (block: Uint8Array): Promise<number> => {
    fed += block.length;
    // An inflater that is at its end leaves bytes, and does not always say that it is done with the block.
    await Promise.race([new Promise<void>((resolve) => inflater.write(block, () => resolve())), over]);
    return fed - inflater.bytesWritten;
  };
  let isWhole = true;
  const endInput = async (): Promise<void> => {
    if (format.probe !== undefined) {
      input.isProbed = true;
      const left = await write(format.probe);
      if (left > 0) return;
      isWhole = false;
    }
    inflater.end();
  };
  const feed = async (): Promise<void> => {
    for (;;) {
      const block = await input.take();
      if (block === null) return endInput();
      const left = await write(block);
      if (left > 0) input.putBack(block.subarray(block.length - left));
      if (isOver || left > 0) return;
    }
  };
  const feeding = feed().catch((error: unknown) => {
    inflater.destroy(error instanceof Error ? error : new Error(String(error)));
  });
  for await (const block of inflater) yield block as Uint8Array;
  await feeding;
  return isWhole;
}

/** Stored bytes in blocks, one of them read ahead; what was not wanted can be put back. */
class Input {
  /** The one at work, to be stopped when nobody reads on. */
  inflater: Inflater | null = null;
  /** Bytes of all blocks that were taken. */
  takenBytes = 0;
  lastByte: number | undefined;
  /** Whether all bytes are with the inflater, and the probe after them. */
  isProbed = false;
  readonly #stored: Bytes;
  #leftover: Uint8Array = new Uint8Array(0);
  #ahead: Promise<Uint8Array | null> | null = null;

  constructor(stored: Bytes) {
    this.#stored = stored;
  }

  get hasLeftover(): boolean {
    return this.#leftover.length > 0;
  }

  putBack(bytes: Uint8Array): void {
    this.#leftover = bytes;
  }

  /** `null` at the end. */
  async take(): Promise<Uint8Array | null> {
    if (this.hasLeftover) {
      const block = this.#leftover;
      this.#leftover = new Uint8Array(0);
      return block;
    }
    const block = await (this.#ahead ?? this.#read());
    if (block === null) return null;
    this.takenBytes += block.length;
    this.lastByte = block.at(-1);
    this.#ahead = this.#read();
    // Whoever takes it is told; perhaps nobody does.
    this.#ahead.catch(() => undefined);
    return block;
  }

  async #read(): Promise<Uint8Array | null> {
    const block = Buffer.allocUnsafe(inputBlockBytes);
    const bytes = await this.#stored.read(block);
    return bytes === 0 ? null : block.subarray(0, bytes);
  }
}

function isInflaterError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error && /^(Z_|ZSTD_|ERR__)/.test(String(error.code));
}
