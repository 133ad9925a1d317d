import { createHash } from 'node:crypto';
import { renameSync } from 'node:fs';
import { type FileHandle, mkdir, open, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../runtime/clock.ts';
import { LonghaulError } from '../runtime/errors.ts';
import { syncFolder, triedIn, writeSynced } from './write-synced.ts';
import { dataPath, namesIn, recordPath, type UploadRecord } from './upload-record.ts';

export interface UploadReceiverOptions {
  readonly folder: string;
  /** Of one upload. */
  readonly mostBytes: number;
  /** Of all that wait or are on their way. */
  readonly mostBytesInAll: number;
  /** Eight hexadecimal digits that no other process has. */
  readonly instance: string;
  readonly clock: Clock;
}

export interface ComingUpload extends Pick<UploadRecord, 'name' | 'dataset' | 'settings'> {
  /** In all, if that was announced. */
  readonly bytes: number | null;
}

/** Each takes a connection, a file, and whatever room it wants. */
const mostAtOnce = 8;
const mostWaiting = 100;
/** The database on the same disk needs room as well. */
const leftFreeBytes = 256 * 2 ** 20;
/** How much is written between two looks at what is free. */
const lookBytes = 32 * 2 ** 20;

/** Puts uploads to the disk as they come, hashing them on the way. Those that are not whole leave nothing behind. */
export class UploadReceiver {
  readonly #options: UploadReceiverOptions;
  /** Bytes that are here of each that is on its way. */
  readonly #coming = new Set<{ bytes: number }>();
  #parts = 0;
  /** Of the newest that was seen, also of former processes. */
  #lastNumber = 0;

  constructor(options: UploadReceiverOptions) {
    this.#options = options;
  }

  /** How many are on their way. */
  get coming(): number {
    return this.#coming.size;
  }

  /**
   * Resolves once all of it is on the disk and will be there after a crash. Throws `upload_too_large`, `upload_cut_off`,
   * `uploads_full`, `upload_failed`, and what the body throws.
   */
  async receive(body: AsyncIterable<Uint8Array>, coming: ComingUpload): Promise<UploadRecord> {
    if (this.#coming.size >= mostAtOnce) throw full(`${mostAtOnce} are on their way already`);
    const progress = { bytes: 0 };
    this.#coming.add(progress);
    try {
      await this.#tried(() => mkdir(this.#options.folder, { recursive: true, mode: 0o700 }));
      await this.#checkRoom(coming.bytes ?? 0);
      return await this.#write(body, coming, progress);
    } finally {
      this.#coming.delete(progress);
    }
  }

  async #write(
    body: AsyncIterable<Uint8Array>,
    { bytes: announced, ...coming }: ComingUpload,
    progress: { bytes: number },
  ): Promise<UploadRecord> {
    const { folder, instance, clock } = this.#options;
    const part = join(folder, `${instance}-${++this.#parts}`);
    const [data, said] = [`${part}.data.part`, `${part}.json.part`];
    try {
      const version = await this.#writeData(data, body, progress);
      if (announced !== null && progress.bytes !== announced)
        throw LonghaulError.of('upload_cut_off', { bytes: progress.bytes });
      const receivedMs = clock.wallMs();
      // The order in which they came, also if the clock is set back.
      this.#lastNumber = Math.max(this.#lastNumber + 1, receivedMs);
      const id = `${String(this.#lastNumber).padStart(15, '0')}-${instance}`;
      const { bytes } = progress;
      const record: UploadRecord = { upload: 1, id, ...coming, bytes, version, receivedMs };
      await this.#tried(async () => {
        await writeSynced(said, JSON.stringify(record), 'wx');
        // In one turn: nobody here sees one without the other.
        renameSync(data, dataPath(folder, id));
        renameSync(said, recordPath(folder, id));
        await syncFolder(folder);
      });
      return record;
    } catch (error) {
      await Promise.all([data, said].map((path) => rm(path, { force: true }))).catch(() => undefined);
      throw error;
    }
  }

  /** @returns the SHA-256 of what was written */
  async #writeData(
    path: string,
    body: AsyncIterable<Uint8Array>,
    progress: { bytes: number },
  ): Promise<string> {
    const { mostBytes } = this.#options;
    const hash = createHash('sha256');
    await using file = await this.#tried(() => open(path, 'wx', 0o600));
    let lookAt = lookBytes;
    for await (const block of body) {
      progress.bytes += block.length;
      if (progress.bytes > mostBytes) throw tooLarge(mostBytes);
      if (progress.bytes > lookAt) {
        await this.#checkRoom(0);
        lookAt = progress.bytes + lookBytes;
      }
      hash.update(block);
      await this.#tried(() => writeAll(file, block));
    }
    await this.#tried(() => file.sync());
    return hash.digest('hex');
  }

  /** Throws unless there is room for so many bytes more. */
  async #checkRoom(bytes: number): Promise<void> {
    const { folder, mostBytes, mostBytesInAll } = this.#options;
    if (bytes > mostBytes) throw tooLarge(mostBytes);
    const waiting = (await this.#tried(() => namesIn(folder))).filter((name) => name.endsWith('.data'));
    for (const name of waiting) this.#lastNumber = Math.max(this.#lastNumber, Number(name.slice(0, 15)) || 0);
    if (waiting.length >= mostWaiting) throw full(`${mostWaiting} wait already`);
    const sizes = waiting.map((name) => stat(join(folder, name)).then(sizeOf, () => 0));
    let used = bytes;
    for (const size of [...(await Promise.all(sizes)), ...Array.from(this.#coming, sizeOfComing)])
      used += size;
    if (used > mostBytesInAll) throw full(`they would take more than ${mostBytesInAll} bytes`);
    const { bavail, bsize } = await this.#tried(() => statfs(folder));
    if (bavail * bsize < bytes + leftFreeBytes) throw full('the disk is nearly full');
  }

  #tried<Result>(work: () => Promise<Result>): Promise<Result> {
    const { folder } = this.#options;
    return triedIn(work, (reason, cause) => LonghaulError.of('upload_failed', { folder, reason }, { cause }));
  }
}

const sizeOf = ({ size }: { size: number }): number => size;
const sizeOfComing = ({ bytes }: { bytes: number }): number => bytes;

function full(reason: string): LonghaulError {
  return LonghaulError.of('uploads_full', { reason });
}

function tooLarge(mostBytes: number): LonghaulError {
  const advice = 'raise --upload-limit of the master, or let it read the file as a source';
  return LonghaulError.of('upload_too_large', { mostBytes, advice });
}

async function writeAll(file: FileHandle, block: Uint8Array): Promise<void> {
  for (let written = 0; written < block.length; )
    written += (await file.write(block, written, block.length - written)).bytesWritten;
}
