import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { countedSampleBlocks, type SampleOptions } from './blocks.ts';
import { distinctSkusAmong } from './records.ts';

export interface WriteSampleOptions extends SampleOptions {
  /** Gzipped when the name ends in `.gz`. An existing file is replaced. */
  readonly path: string;
  readonly signal?: AbortSignal | undefined;
  /** Called after each block of about 256 KiB and once at the end; bytes are those in the file. */
  readonly onProgress?: ((recordsWritten: number, bytesWritten: number) => void) | undefined;
}

export interface WrittenSample {
  readonly records: number;
  /** Size of the file, so compressed when the file is. */
  readonly bytes: number;
  readonly distinctSkus: number;
}

/** The level that gzip itself takes by default. */
const gzipLevel = 6;

/**
 * Writes a sample file. It appears under its name only when it is complete: until then it is `<path>.part`,
 * which is removed when writing fails or is aborted, and overwritten next time when the process was killed.
 * An abort rejects with `AbortError`.
 */
export async function writeSample(options: WriteSampleOptions): Promise<WrittenSample> {
  options.signal?.throwIfAborted();
  const partPath = `${options.path}.part`;
  // Opened here and not by a stream, which could still create the file after an abort has removed it.
  const file = await open(partPath, 'w');
  let bytes: number;
  try {
    try {
      bytes = await writeBlocks(file, options);
    } finally {
      // The stream closes it as well; this waits until that is done.
      await file.close();
    }
    options.signal?.throwIfAborted();
    await rename(partPath, options.path);
  } catch (error) {
    await rm(partPath, { force: true });
    throw error;
  }
  return { records: options.records, bytes, distinctSkus: distinctSkusAmong(options.records) };
}

async function writeBlocks(file: FileHandle, options: WriteSampleOptions): Promise<number> {
  const { path, records, onProgress, signal } = options;
  const target = file.createWriteStream({ flush: true });

  // The pipeline asks for a block only when there is room for it, which is what keeps memory constant.
  function* blocks(): Generator<Uint8Array, void, void> {
    for (const block of countedSampleBlocks(options)) {
      yield block.bytes;
      onProgress?.(block.recordsSoFar, target.bytesWritten);
    }
  }

  if (path.endsWith('.gz')) {
    await pipeline(blocks(), createGzip({ level: gzipLevel }), target, { signal });
  } else {
    await pipeline(blocks(), target, { signal });
  }
  onProgress?.(records, target.bytesWritten);
  return target.bytesWritten;
}
