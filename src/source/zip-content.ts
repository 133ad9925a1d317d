import { crc32 } from 'node:zlib';
import { LonghaulError } from '../runtime/errors.ts';
import { inflated } from './inflate.ts';
import type { ZipEntry } from './zip.ts';

interface Bytes {
  read(target: Uint8Array): Promise<number>;
}

interface EntryContent extends AsyncDisposable {
  read(target: Uint8Array): Promise<number>;
}

/** The content of an entry, of an archive that is read from its beginning. Its length and checksum are checked. */
export async function zipContent(archive: Bytes, entry: ZipEntry, label: string): Promise<EntryContent> {
  await skip(archive, entry.dataOffset);
  const stored = new LimitedBytes(archive, entry.storedBytes);
  const inflating = entry.method === 'stored' ? null : inflated(stored, 'zip', label);
  const content = inflating ?? stored;
  let contentBytes = 0;
  let sum = 0;
  const corrupt = (reason: string): LonghaulError =>
    LonghaulError.of('compressed_corrupt', {
      file: label,
      format: 'zip',
      reason,
      storedBytes: entry.dataOffset + stored.storedBytes,
    });
  return {
    async read(target) {
      const bytes = await content.read(target);
      contentBytes += bytes;
      sum = crc32(target.subarray(0, bytes), sum);
      const isTooLong = contentBytes > entry.contentBytes;
      if (isTooLong || (bytes === 0 && contentBytes < entry.contentBytes)) throw corrupt('incorrect length');
      if (bytes === 0 && sum !== entry.crc32) throw corrupt('incorrect checksum');
      return bytes;
    },
    async [Symbol.asyncDispose]() {
      await inflating?.[Symbol.asyncDispose]();
    },
  };
}

const skipBytes = 1024 * 1024;

/** Reads on and throws away; to the end unless `bytes` is given. */
export async function skip(from: Bytes, bytes = Number.POSITIVE_INFINITY): Promise<void> {
  const block = new Uint8Array(Math.min(bytes, skipBytes));
  let left = bytes;
  while (left > 0) {
    const read = await from.read(block.subarray(0, Math.min(block.length, left)));
    if (read === 0) return;
    left -= read;
  }
}

/** The next so many bytes and no more. */
class LimitedBytes {
  storedBytes = 0;
  readonly #from: Bytes;
  readonly #limit: number;

  constructor(from: Bytes, limit: number) {
    this.#from = from;
    this.#limit = limit;
  }

  async read(target: Uint8Array): Promise<number> {
    const left = this.#limit - this.storedBytes;
    if (left === 0) return 0;
    const bytes = await this.#from.read(target.subarray(0, Math.min(target.length, left)));
    this.storedBytes += bytes;
    return bytes;
  }
}
