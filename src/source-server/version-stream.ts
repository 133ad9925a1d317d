import type { BigIntStats } from 'node:fs';
import { constants, type FileHandle, open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { LonghaulError } from '../runtime/errors.ts';
import { fingerprintOf } from '../source/fingerprint.ts';
import type { ByteRange } from './byte-range.ts';
import type { HostedFile } from './hosted-file.ts';

/**
 * Bytes read, checked and handed out at once: what one reader holds in memory, twice at most. The check is a second trip to the
 * threads that wait for disks, so smaller blocks are slower; larger ones are not faster.
 */
const blockBytes = 512 * 1024;

/**
 * The bytes of a range of one version. Fails with `file_changed` before it gives out any byte of another version: each block is
 * looked at once more after it was read. Fails with `reader_too_slow` when nobody takes a block for `stallMs`.
 */
export class VersionStream extends Readable {
  readonly #handle: FileHandle;
  /** As the file was when it was hashed. */
  readonly #stats: BigIntStats;
  readonly #name: string;
  readonly #from: number;
  readonly #to: number;
  readonly #stallMs: number;
  #at: number;
  #stallTimer: NodeJS.Timeout | undefined;

  /** Owns the handle. */
  private constructor(
    handle: FileHandle,
    stats: BigIntStats,
    name: string,
    { from, to }: ByteRange,
    stallMs: number,
  ) {
    super({ highWaterMark: blockBytes });
    this.#handle = handle;
    this.#stats = stats;
    this.#name = name;
    this.#from = from;
    this.#at = from;
    this.#to = to;
    this.#stallMs = stallMs;
    this.once('close', () => {
      clearTimeout(this.#stallTimer);
      // Waits for a read that is under way; what was only read cannot fail to be closed.
      void handle.close();
    });
  }

  /** Opens the file; throws `file_changed` if it is not any more what was hashed. */
  static async open({ name, facts }: HostedFile, range: ByteRange, stallMs: number): Promise<VersionStream> {
    let handle: FileHandle;
    try {
      // A link or a pipe in the place of the file is neither followed nor waited for.
      handle = await open(facts.path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    } catch (error) {
      throw LonghaulError.of('file_changed', { file: name }, { cause: error });
    }
    try {
      const stats = await handle.stat({ bigint: true });
      if (fingerprintOf(stats) !== facts.fingerprint) throw LonghaulError.of('file_changed', { file: name });
      return new VersionStream(handle, stats, name, range, stallMs);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** Bytes so far. */
  get handedOut(): number {
    return this.#at - this.#from;
  }

  override _read(): void {
    clearTimeout(this.#stallTimer);
    this.#pushBlock().catch((error: unknown) => this.destroy(error as Error));
  }

  async #pushBlock(): Promise<void> {
    if (this.#at === this.#to) {
      this.push(null);
      return;
    }
    const block = Buffer.allocUnsafe(Math.min(blockBytes, this.#to - this.#at));
    const { bytesRead } = await this.#handle.read(block, 0, block.length, this.#at);
    await this.#checkSame();
    if (bytesRead === 0) throw this.#changed();
    this.#at += bytesRead;
    this.#stallTimer = setTimeout(() => {
      const seconds = this.#stallMs / 1000;
      this.destroy(LonghaulError.of('reader_too_slow', { file: this.#name, seconds }));
    }, this.#stallMs);
    this.push(block.subarray(0, bytesRead));
  }

  /**
   * Another file may have taken its name meanwhile, or it may be removed: then it is an old version, but whole (and its
   * ctime has moved with the number of its names). Any other move of the ctime may hide a write whose mtime was set back.
   */
  async #checkSame(): Promise<void> {
    const now = await this.#handle.stat({ bigint: true });
    const isSame =
      now.size === this.#stats.size &&
      now.mtimeNs === this.#stats.mtimeNs &&
      (now.ctimeNs === this.#stats.ctimeNs || now.nlink === 0n);
    if (!isSame) throw this.#changed();
  }

  #changed(): LonghaulError {
    return LonghaulError.of('file_changed', { file: this.#name });
  }
}
