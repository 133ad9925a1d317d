import { createHash } from 'node:crypto';
import { type BigIntStats, constants, open as openWithCallback } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { Socket } from 'node:net';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import type { Clock } from '../runtime/clock.ts';
import { LonghaulError } from '../runtime/errors.ts';
import { StreamBytes } from './byte-stream.ts';
import { type ContentOptions, openContent } from './content.ts';
import { fingerprintOf } from './fingerprint.ts';
import type { ContentReader, SensedFile, SourceFile, StoredBytes } from './source-file.ts';
import type { SeekableBytes } from './zip.ts';

/** A file that changed less than this long ago can change again without its times showing it. */
const settleMs = 2000;
const hashBlockBytes = 1024 * 1024;

const openFd = promisify(openWithCallback);

export interface LocalFileOptions {
  /** Whose it is; `local` if not given. */
  readonly source?: string | undefined;
  /** What to call it; the path if not given. */
  readonly label?: string | undefined;
  /** What versions belong to; if not given the absolute path, with `!entry` for an entry. */
  readonly name?: string | undefined;
  /** The file to read in an archive. */
  readonly entry?: string | undefined;
  /** As TextDecoder names it; UTF-8 if not given. */
  readonly encoding?: string | undefined;
}

/** A file of this machine. */
export class LocalFile implements SourceFile {
  readonly ref;
  readonly label: string;
  /** As bytes where a name is no UTF-8. */
  readonly #path: string | Buffer;
  /** What to read in the file, and how. */
  readonly #inside: Pick<ContentOptions, 'entry' | 'encoding'>;
  readonly #clock: Clock;

  constructor(
    path: string | Buffer,
    clock: Clock,
    { source = 'local', name, label, entry, encoding }: LocalFileOptions = {},
  ) {
    const inArchive = entry === undefined ? '' : `!${entry}`;
    this.ref = { source, name: name ?? resolve(path.toString()) + inArchive };
    this.label = label ?? path.toString() + inArchive;
    this.#inside = { entry, encoding };
    this.#path = path;
    this.#clock = clock;
  }

  async sense(): Promise<SensedFile> {
    const stats = await this.#readable(() => stat(this.#path, { bigint: true }));
    this.#checkKind(stats);
    if (!stats.isFile()) return { fingerprint: null, settled: false, bytes: null };
    const lastChangeMs = Number(stats.mtimeMs > stats.ctimeMs ? stats.mtimeMs : stats.ctimeMs);
    return {
      fingerprint: fingerprintOf(stats),
      settled: Math.abs(this.#clock.wallMs() - lastChangeMs) > settleMs,
      bytes: Number(stats.size),
    };
  }

  async version(signal: AbortSignal): Promise<string | null> {
    const sensed = await this.sense();
    if (sensed.bytes === null) return null;
    await using stored = await this.#open();
    const hash = createHash('sha256');
    const block = Buffer.allocUnsafe(hashBlockBytes);
    for (let read = await stored.read(block); read > 0; read = await stored.read(block)) {
      signal.throwIfAborted();
      hash.update(block.subarray(0, read));
    }
    await stored.checkUnchanged();
    return hash.digest('hex');
  }

  async open(signal: AbortSignal): Promise<ContentReader> {
    const stats = await this.#readable(() => stat(this.#path));
    const { label } = this;
    const inside = this.#inside;
    if (stats.isFIFO()) {
      return openContent(await this.#openPipe(signal), { label, name: this.ref.name, ...inside });
    }
    return openContent(await this.#open(), { label, name: this.#path.toString(), ...inside });
  }

  /**
   * A named pipe may stay silent for ever. A thread that waits in `read` or `open` keeps the process from ending, so it
   * is read as a socket is. (Elsewhere than on Linux a pipe without a writer would look ended if `open` did not wait.)
   */
  async #openPipe(signal: AbortSignal): Promise<StreamBytes> {
    const noWait = process.platform === 'linux' ? constants.O_NONBLOCK : 0;
    const fd = await this.#readable(() => openFd(this.#path, constants.O_RDONLY | noWait));
    return new StreamBytes(new Socket({ fd, readable: true, writable: false }), signal);
  }

  async #open(): Promise<StoredFile> {
    const handle = await this.#readable(() => open(this.#path, 'r'));
    try {
      const stats = await handle.stat({ bigint: true });
      this.#checkKind(stats);
      return new StoredFile(handle, stats, this.label);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  #checkKind(stats: BigIntStats): void {
    if (stats.isDirectory()) throw LonghaulError.of('file_is_folder', { file: this.label });
    if (!stats.isFile() && !stats.isFIFO()) throw LonghaulError.of('file_not_regular', { file: this.label });
  }

  async #readable<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const { code = 'unknown error' } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT' || code === 'ENOTDIR') {
        throw LonghaulError.of('file_not_found', { file: this.label }, { cause: error });
      }
      throw LonghaulError.of('file_not_readable', { file: this.label, reason: code }, { cause: error });
    }
  }
}

/** A file that is open. Owns the handle. */
export class StoredFile implements StoredBytes {
  readonly expectedBytes: number | null;
  readonly #handle: FileHandle;
  readonly #stats: BigIntStats;
  readonly #label: string;

  constructor(handle: FileHandle, stats: BigIntStats, label: string) {
    this.#handle = handle;
    this.#stats = stats;
    this.#label = label;
    this.expectedBytes = stats.isFile() ? Number(stats.size) : null;
  }

  get seekable(): SeekableBytes | null {
    const size = this.expectedBytes;
    return size === null ? null : { size, readAt: (target, position) => this.#read(target, position) };
  }

  /** As `StoredBytes.read`. Throws `file_changed` at the end: of what was cut off there nobody is to say that a quote is open, or data damaged. */
  async read(target: Uint8Array): Promise<number> {
    const bytes = await this.#read(target, null);
    if (bytes === 0 && target.length > 0) await this.checkUnchanged();
    return bytes;
  }

  async #read(target: Uint8Array, position: number | null): Promise<number> {
    try {
      return (await this.#handle.read(target, 0, target.length, position)).bytesRead;
    } catch (error) {
      const { code = 'unknown error' } = error as NodeJS.ErrnoException;
      throw LonghaulError.of('file_not_readable', { file: this.#label, reason: code }, { cause: error });
    }
  }

  async checkUnchanged(): Promise<void> {
    if (this.expectedBytes === null) return;
    const now = await this.#handle.stat({ bigint: true });
    // Not ctime: giving the file another name or other permissions leaves its content as it was.
    if (now.size !== this.#stats.size || now.mtimeNs !== this.#stats.mtimeNs) {
      throw LonghaulError.of('file_changed', { file: this.#label });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close();
  }
}
