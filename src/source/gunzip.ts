import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { LonghaulError } from '../runtime/errors.ts';
import { BlockReader } from './block-reader.ts';

/** Larger than the default of 16 KiB: each block is a hop to another thread and back. */
const inputBlockBytes = 256 * 1024;
const outputBlockBytes = 1024 * 1024;

/** Inflated bytes that are accepted: 1 TiB, and so many times the stored bytes (deflate reaches 1,032 at most). */
const maxInflatedBytes = 2 ** 40;
const maxRatio = 1000;
/** Below this the ratio says nothing. */
const ratioFromBytes = 16 * 1024 * 1024;

interface Bytes {
  read(target: Uint8Array): Promise<number>;
  readonly storedBytes: number;
}

interface InflatedBytes extends AsyncDisposable {
  read(target: Uint8Array): Promise<number>;
}

/**
 * Inflates gzip data of one or more members. An end that comes too early, a wrong checksum and bytes after the end are
 * errors, although all content may already have come out by then.
 */
export function inflated(stored: Bytes, label: string): InflatedBytes {
  const gunzip = createGunzip({ chunkSize: outputBlockBytes });
  let contentBytes = 0;

  async function* storedBlocks(): AsyncGenerator<Uint8Array> {
    for (;;) {
      const block = Buffer.allocUnsafe(inputBlockBytes);
      const bytes = await stored.read(block);
      if (bytes === 0) return;
      yield block.subarray(0, bytes);
    }
  }
  // Errors of either end reach the reader through the last stream of the pipeline.
  pipeline(Readable.from(storedBlocks(), { objectMode: false }), gunzip, () => undefined);
  const blocks = new BlockReader(gunzip);

  return {
    async read(target) {
      let bytes: number;
      try {
        bytes = await blocks.read(target);
      } catch (error) {
        throw gunzipError(error, label, stored.storedBytes);
      }
      contentBytes += bytes;
      if (contentBytes > maxInflatedBytes)
        throw LonghaulError.of('inflated_too_large', { file: label, limit: '1 TiB' });
      if (contentBytes > ratioFromBytes && contentBytes > stored.storedBytes * maxRatio) {
        throw LonghaulError.of('inflated_too_large', { file: label, limit: `${maxRatio} times its size` });
      }
      // zlib stops at zeros after the end and tells nobody; it has then consumed less than there was.
      if (bytes === 0 && gunzip.bytesWritten < stored.storedBytes) {
        throw LonghaulError.of('gzip_trailing', { file: label });
      }
      return bytes;
    },
    async [Symbol.asyncDispose]() {
      gunzip.destroy();
    },
  };
}

function gunzipError(error: unknown, file: string, storedBytes: number): unknown {
  if (!(error instanceof Error) || !('code' in error) || !String(error.code).startsWith('Z_')) return error;
  const options = { cause: error };
  if (error.code === 'Z_BUF_ERROR') return LonghaulError.of('gzip_truncated', { file, storedBytes }, options);
  // The magic bytes were there at the beginning, so this is what stands where a further member would begin.
  if (error.message === 'incorrect header check') return LonghaulError.of('gzip_trailing', { file }, options);
  return LonghaulError.of('gzip_corrupt', { file, reason: error.message, storedBytes }, options);
}
