import { createHash } from 'node:crypto';
import { type FileHandle, open, readFile, rm, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { crc32 } from 'node:zlib';
import { ByteSet, type ByteSpan } from './byte-set.ts';
import {
  blockLine,
  dropLine,
  type JournalHead,
  readJournal,
  wholeLine,
  type WholeContent,
} from './spool-journal.ts';

/** What the spool lends to the content in it. */
export interface SpooledContentParts extends JournalHead {
  readonly dataPath: string;
  readonly journalPath: string;
  readonly reservedBytes: number;
  /** Throws `spool_full` unless there is room for so many bytes more. */
  readonly grow: (bytes: number) => Promise<void>;
  /** Throws `spool_failed` where the system refuses. */
  readonly tried: <Result>(work: () => Promise<Result>) => Promise<Result>;
  readonly syncFolder: () => Promise<void>;
  readonly onDropped: () => void;
  readonly onRemoved: () => void;
}

/** Content without a known length gets room in steps of this many bytes. */
const growBytes = 8 * 2 ** 20;
const hashBlockBytes = 2 ** 20;

/** The bytes of one version on their way into the spool, or whole. */
export class SpooledContent {
  readonly address: string | null;
  readonly identity: string | null;
  readonly bytes: number | null;
  readonly dataPath: string;
  reservedBytes: number;
  /** About how many of them the disk has given already. */
  writtenBytes = 0;
  whole: WholeContent | null = null;
  readonly #parts: SpooledContentParts;
  #users = 0;
  #isDropped = false;

  constructor(parts: SpooledContentParts) {
    this.#parts = parts;
    this.address = parts.address;
    this.identity = parts.identity;
    this.bytes = parts.bytes;
    this.dataPath = parts.dataPath;
    this.reservedBytes = parts.reservedBytes;
  }

  get name(): string {
    return basename(this.dataPath, '.data');
  }

  get isInUse(): boolean {
    return this.#users > 0;
  }

  /** Keeps its files until it is let go, also when it is dropped meanwhile. @returns what lets it go; twice is fine */
  use(): () => Promise<void> {
    let isUsed = true;
    this.#users++;
    return async () => {
      if (!isUsed) return;
      isUsed = false;
      this.#users--;
      if (this.#isDropped && this.#users === 0) await this.#remove();
    };
  }

  /** Whether it is whole and was left alone; one that was not is given up. */
  async isThere(): Promise<boolean> {
    if (this.whole === null) return false;
    const size = await stat(this.dataPath).then(
      (stats) => stats.size,
      () => null,
    );
    if (size === this.whole.bytes) return true;
    await this.drop();
    return false;
  }

  /** Gives it up: its files go as soon as nobody uses them. */
  async drop(): Promise<void> {
    if (this.#isDropped) return;
    this.#isDropped = true;
    this.#parts.onDropped();
    if (this.#users === 0) await this.#remove();
  }

  /** Opens it to be filled. What was written before and is not as its journal says counts as missing. */
  async fill(): Promise<SpoolWriter> {
    if (this.whole !== null) throw new Error(`${this.name} is whole already`);
    const release = this.use();
    try {
      return await this.#parts.tried(() => SpoolWriter.open(this, this.#parts, release));
    } catch (error) {
      await release();
      // Files that somebody has removed do not come back.
      await this.drop();
      throw error;
    }
  }

  async #remove(): Promise<void> {
    const { dataPath, journalPath, tried, onRemoved } = this.#parts;
    // What has no journal is garbage, so that goes first.
    await tried(async () => {
      await rm(journalPath, { force: true });
      await rm(dataPath, { force: true });
    });
    onRemoved();
  }
}

/** Puts blocks to their places; several may be under way at once. */
export class SpoolWriter implements AsyncDisposable {
  readonly #content: SpooledContent;
  readonly #parts: SpooledContentParts;
  readonly #data: FileHandle;
  readonly #journal: FileHandle;
  readonly #release: () => Promise<void>;
  readonly #there = new ByteSet();

  private constructor(
    content: SpooledContent,
    parts: SpooledContentParts,
    data: FileHandle,
    journal: FileHandle,
    release: () => Promise<void>,
  ) {
    this.#content = content;
    this.#parts = parts;
    this.#data = data;
    this.#journal = journal;
    this.#release = release;
  }

  static async open(
    content: SpooledContent,
    parts: SpooledContentParts,
    release: () => Promise<void>,
  ): Promise<SpoolWriter> {
    const { dataPath, journalPath } = parts;
    const journal = readJournal(await readFile(journalPath, 'utf8'));
    const data = await open(dataPath, 'r+');
    try {
      const writer = new SpoolWriter(content, parts, data, await open(journalPath, 'a'), release);
      for (const { offset, length, crc } of journal?.steps ?? []) {
        if (crc === null) writer.#there.remove(offset, offset + length);
        else if (await writer.#isThere(offset, length, crc)) writer.#there.add(offset, offset + length);
      }
      content.writtenBytes = writer.bytesThere;
      // A last line without an end must not swallow the next one.
      await writer.#append('\n');
      return writer;
    } catch (error) {
      await data.close();
      throw error;
    }
  }

  /** Bytes that are here. */
  get bytesThere(): number {
    return this.#there.bytes;
  }

  missing(from: number, to: number): ByteSpan[] {
    return this.#there.missing(from, to);
  }

  /** Resolves when the system has taken the bytes: a killed process does not lose them. */
  async write(offset: number, block: Uint8Array): Promise<void> {
    const needed = offset + block.length - this.#content.reservedBytes;
    if (needed > 0) {
      const bytes = Math.max(needed, growBytes);
      await this.#parts.grow(bytes);
      this.#content.reservedBytes += bytes;
    }
    await this.#parts.tried(async () => {
      for (let written = 0; written < block.length; ) {
        const { bytesWritten } = await this.#data.write(
          block,
          written,
          block.length - written,
          offset + written,
        );
        written += bytesWritten;
      }
      await this.#append(blockLine({ offset, length: block.length, crc: crc32(block) }));
    });
    this.#there.add(offset, offset + block.length);
    this.#content.writtenBytes = this.#there.bytes;
  }

  /** These bytes are not what they should be: they are missing again. */
  async drop({ from, to }: ByteSpan): Promise<void> {
    this.#there.remove(from, to);
    await this.#parts.tried(() => this.#append(dropLine(from, to - from)));
  }

  /** SHA-256 of bytes that are here, hexadecimal, as they are on the disk. */
  async hash({ from, to }: ByteSpan, signal: AbortSignal): Promise<string> {
    const hash = createHash('sha256');
    const block = Buffer.allocUnsafe(Math.min(hashBlockBytes, to - from));
    for (let at = from; at < to; ) {
      signal.throwIfAborted();
      const length = Math.min(block.length, to - at);
      const { bytesRead } = await this.#parts.tried(() => this.#data.read(block, 0, length, at));
      if (bytesRead === 0) break;
      hash.update(block.subarray(0, bytesRead));
      at += bytesRead;
    }
    return hash.digest('hex');
  }

  /**
   * All of it is here, and is what it should be: on the disk when this resolves.
   *
   * @param whole `bytes` must be here from the beginning on
   */
  async finish(whole: WholeContent): Promise<void> {
    await this.#parts.tried(async () => {
      await this.#data.truncate(whole.bytes);
      await this.#data.sync();
      await this.#append(wholeLine(whole));
      await this.#journal.sync();
      await this.#parts.syncFolder();
    });
    this.#content.whole = whole;
    this.#content.reservedBytes = whole.bytes;
    this.#content.writtenBytes = whole.bytes;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#data.close();
    await this.#journal.close();
    await this.#release();
  }

  async #append(line: string): Promise<void> {
    await this.#journal.appendFile(line);
  }

  async #isThere(offset: number, length: number, crc: number): Promise<boolean> {
    const block = Buffer.allocUnsafe(length);
    const { bytesRead } = await this.#data.read(block, 0, length, offset);
    return bytesRead === length && crc32(block) === crc;
  }
}
