/** Finds one file in a zip archive (PKWARE's APPNOTE, also zip64), by the directory at its end. */
import { LonghaulError } from '../runtime/errors.ts';

/** Bytes that can be read at any place. */
export interface SeekableBytes {
  readonly size: number;
  /** Fills `target` with the bytes from `position` on; fewer only where they end. */
  readAt(target: Uint8Array, position: number): Promise<number>;
}

export interface ZipEntry {
  readonly name: string;
  readonly method: 'stored' | 'deflated';
  readonly crc32: number;
  /** Where its data lies in the archive. */
  readonly dataOffset: number;
  readonly storedBytes: number;
  /** Bytes after inflation. */
  readonly contentBytes: number;
}

interface DirectoryEntry {
  readonly name: string;
  readonly rawName: Uint8Array;
  readonly flags: number;
  readonly methodNumber: number;
  readonly crc32: number;
  readonly storedBytes: number;
  readonly contentBytes: number;
  readonly headerOffset: number;
}

const signatures = {
  localHeader: 0x04034b50,
  entry: 0x02014b50,
  end: 0x06054b50,
  end64: 0x06064b50,
  end64Locator: 0x07064b50,
} as const;

const endBytes = 22;
const locatorBytes = 20;
const end64Bytes = 56;
const entryBytes = 46;
const localHeaderBytes = 30;
const longestComment = 0xffff;
/** A directory of half a million names; more is no archive that holds one CSV file. */
const maxDirectoryBytes = 64 * 2 ** 20;
/** In a field of 32 bits: the number stands in the zip64 part. */
const elsewhere = 0xffffffff;
const zip64Extra = 1;
const methods: Readonly<Record<number, ZipEntry['method']>> = { 0: 'stored', 8: 'deflated' };

/** The entry of this name, or the only one there is. Throws if there is none, or if it cannot be told which. */
export async function findZipEntry(
  file: SeekableBytes,
  wanted: string | undefined,
  label: string,
): Promise<ZipEntry> {
  const archive = new Archive(file, label);
  const entries = (await archive.entries()).filter(isFile);
  const names = entries.map((entry) => entry.name);
  if (entries.length === 0) throw archive.unreadable('it holds no file');
  const found = wanted === undefined ? entries : entries.filter((entry) => entry.name === wanted);
  const [entry] = found;
  if (entry === undefined) {
    throw LonghaulError.of('zip_entry_missing', { file: label, entry: wanted ?? '', names });
  }
  if (found.length > 1) {
    // The part that every file of Excel, Word and so on has (ECMA-376); LibreOffice's have another one.
    const isOffice = names.includes('[Content_Types].xml') || names.includes('META-INF/manifest.xml');
    if (wanted === undefined && isOffice)
      throw archive.unreadable('it is an Office document; save the sheet as CSV instead');
    if (wanted === undefined) throw LonghaulError.of('zip_entry_needed', { file: label, names });
    throw archive.unreadable(`it holds "${wanted}" ${found.length} times`);
  }
  return archive.located(entry);
}

/** Not a folder, and not what macOS adds to each file. */
function isFile({ name }: DirectoryEntry): boolean {
  return !name.endsWith('/') && !name.startsWith('__MACOSX/');
}

class Archive {
  readonly #file: SeekableBytes;
  readonly #label: string;

  constructor(file: SeekableBytes, label: string) {
    this.#file = file;
    this.#label = label;
  }

  unreadable(reason: string): LonghaulError {
    return LonghaulError.of('zip_unreadable', { file: this.#label, reason });
  }

  async entries(): Promise<DirectoryEntry[]> {
    const { offset, bytes, entries, endsAt } = await this.#directory();
    if (offset + bytes !== endsAt) throw this.#corrupt('the directory is not where it should be');
    if (bytes > maxDirectoryBytes) throw this.unreadable('it holds too many files');
    const directory = await this.#bytes(offset, bytes);
    const found: DirectoryEntry[] = [];
    for (let at = 0; at < bytes; ) {
      if (at + entryBytes > bytes || directory.readUInt32LE(at) !== signatures.entry)
        throw this.#corrupt('the directory is damaged');
      const nameAt = at + entryBytes;
      const extraAt = nameAt + directory.readUInt16LE(at + 28);
      const commentAt = extraAt + directory.readUInt16LE(at + 30);
      const next = commentAt + directory.readUInt16LE(at + 32);
      if (next > bytes) throw this.#corrupt('the directory is damaged');
      const rawName = directory.subarray(nameAt, extraAt);
      const wide = new WideFields(directory.subarray(extraAt, commentAt));
      const contentBytes = wide.take(directory.readUInt32LE(at + 24));
      const storedBytes = wide.take(directory.readUInt32LE(at + 20));
      const headerOffset = wide.take(directory.readUInt32LE(at + 42));
      if (contentBytes === null || storedBytes === null || headerOffset === null)
        throw this.#corrupt('the directory is damaged');
      found.push({
        name: nameOf(rawName),
        rawName,
        flags: directory.readUInt16LE(at + 8),
        methodNumber: directory.readUInt16LE(at + 10),
        crc32: directory.readUInt32LE(at + 16),
        contentBytes,
        storedBytes,
        headerOffset,
      });
      at = next;
    }
    if (found.length !== entries) throw this.#corrupt('the directory is damaged');
    return found;
  }

  async located(entry: DirectoryEntry): Promise<ZipEntry> {
    const { name, rawName, headerOffset, crc32, storedBytes, contentBytes } = entry;
    if ((entry.flags & 1) !== 0) throw this.unreadable(`"${name}" is encrypted`);
    const method = methods[entry.methodNumber];
    if (method === undefined)
      throw this.unreadable(`"${name}" is compressed by method ${entry.methodNumber}, not by deflate`);
    const header = await this.#bytes(headerOffset, localHeaderBytes);
    const nameBytes = header.readUInt16LE(26);
    const dataOffset = headerOffset + localHeaderBytes + nameBytes + header.readUInt16LE(28);
    const localName = await this.#bytes(headerOffset + localHeaderBytes, nameBytes);
    const fits =
      header.readUInt32LE(0) === signatures.localHeader &&
      localName.equals(rawName) &&
      dataOffset + storedBytes <= this.#file.size &&
      (method === 'deflated' || storedBytes === contentBytes);
    if (!fits) throw this.#corrupt(`"${name}" is not where the directory says`);
    return { name, method, crc32, dataOffset, storedBytes, contentBytes };
  }

  /** Where the directory of all entries lies, as the end of the archive says. */
  async #directory(): Promise<{ offset: number; bytes: number; entries: number; endsAt: number }> {
    const { size } = this.#file;
    const tailAt = Math.max(0, size - endBytes - longestComment);
    const tail = await this.#bytes(tailAt, size - tailAt);
    const at = this.#endIn(tail);
    const end = tail.subarray(at);
    const disks = [end.readUInt16LE(4), end.readUInt16LE(6)];
    const endsAt = tailAt + at;
    const wide = await this.#wideEnd(endsAt);
    if (wide !== null) return wide;
    if (disks.some((disk) => disk !== 0)) throw this.unreadable('it is one part of several');
    const [entries, bytes, offset] = [end.readUInt16LE(10), end.readUInt32LE(12), end.readUInt32LE(16)];
    return { offset, bytes, entries, endsAt };
  }

  /** The end record: nothing may follow it but the comment that it announces. */
  #endIn(tail: Buffer): number {
    const facts = { file: this.#label, format: 'zip' };
    let isThere = false;
    for (let at = tail.length - endBytes; at >= 0; at--) {
      if (tail.readUInt32LE(at) !== signatures.end) continue;
      if (at + endBytes + tail.readUInt16LE(at + 20) === tail.length) return at;
      isThere = true;
    }
    if (isThere) throw LonghaulError.of('compressed_trailing', facts);
    throw LonghaulError.of('compressed_truncated', { ...facts, storedBytes: this.#file.size });
  }

  async #wideEnd(
    endAt: number,
  ): Promise<{ offset: number; bytes: number; entries: number; endsAt: number } | null> {
    if (endAt < locatorBytes) return null;
    const locator = await this.#bytes(endAt - locatorBytes, locatorBytes);
    if (locator.readUInt32LE(0) !== signatures.end64Locator) return null;
    const endsAt = this.#number(locator, 8);
    const end = await this.#bytes(endsAt, end64Bytes);
    if (end.readUInt32LE(0) !== signatures.end64)
      throw this.#corrupt('the directory is not where it should be');
    return {
      endsAt,
      entries: this.#number(end, 32),
      bytes: this.#number(end, 40),
      offset: this.#number(end, 48),
    };
  }

  async #bytes(position: number, length: number): Promise<Buffer> {
    if (position + length > this.#file.size) throw this.#corrupt('the directory is not where it should be');
    const target = Buffer.alloc(length);
    if ((await this.#file.readAt(target, position)) < length) throw this.#corrupt('it became shorter');
    return target;
  }

  #number(bytes: Buffer, at: number): number {
    return wideNumber(bytes, at) ?? this.#fail('the directory is damaged');
  }

  #fail(reason: string): never {
    throw this.#corrupt(reason);
  }

  #corrupt(reason: string): LonghaulError {
    return LonghaulError.of('compressed_corrupt', {
      file: this.#label,
      format: 'zip',
      reason,
      storedBytes: this.#file.size,
    });
  }
}

/** Numbers of an entry that do not fit into 32 bits, in the order in which they are missing. */
class WideFields {
  #bytes: Buffer = Buffer.alloc(0);
  #at = 0;

  constructor(extra: Buffer) {
    for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
      if (extra.readUInt16LE(at) !== zip64Extra) continue;
      this.#bytes = extra.subarray(at + 4, at + 4 + extra.readUInt16LE(at + 2));
      return;
    }
  }

  take(narrow: number): number | null {
    if (narrow !== elsewhere) return narrow;
    const number = this.#at + 8 <= this.#bytes.length ? wideNumber(this.#bytes, this.#at) : null;
    this.#at += 8;
    return number;
  }
}

/** 64 bits, if JavaScript can count so far. */
function wideNumber(bytes: Buffer, at: number): number | null {
  const number = Number(bytes.readBigUInt64LE(at));
  return Number.isSafeInteger(number) ? number : null;
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** UTF-8 with or without the flag that says so; else an old code page, of which nobody tells which. */
function nameOf(raw: Buffer): string {
  try {
    return strictUtf8.decode(raw);
  } catch {
    return raw.toString('latin1');
  }
}
