/** Manifests kept over restarts: a file whose inode, size and times are the same is not hashed again. */
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../runtime/clock.ts';
import { type ErrorCode, LonghaulError } from '../runtime/errors.ts';
import type { Log } from '../runtime/log.ts';
import type { Described } from './hosted-file.ts';

export interface ManifestCacheOptions {
  readonly folder: string;
  /** Of all entries together; the ones that were not used for longest go first. */
  readonly maxBytes: number;
  /** Text that is another one where manifests would come out differently. */
  readonly settings: string;
}

/** The first line of an entry; the manifest follows. */
interface EntryHead {
  readonly key: string;
  /** SHA-256 of the manifest, for a disk that was full or lost power. */
  readonly sha256: string;
  readonly ready: { readonly version: string; readonly compression: string | null } | null;
  readonly refused: { readonly code: ErrorCode; readonly facts: Readonly<Record<string, unknown>> } | null;
}

const entryName = /^[0-9a-f]{64}$/;
/** Left behind by a server that was killed. */
const unfinishedName = /^[0-9a-f]{64}\.\d+\.new$/;
const longestWriteMs = 60_000;
const lineFeed = 0x0a;

/** Goes on without what it cannot read or write: a cache that is away costs time and nothing else. */
export class ManifestCache {
  readonly #options: ManifestCacheOptions;
  readonly #clock: Clock;
  readonly #log: Log;
  /** Bytes of each entry, the one that was not used for longest first. */
  readonly #entries = new Map<string, number>();
  #bytes = 0;
  #told = false;
  /** Writes one after the other: the limit is one number. */
  #writing = Promise.resolve();

  constructor(options: ManifestCacheOptions, clock: Clock, log: Log) {
    this.#options = options;
    this.#clock = clock;
    this.#log = log;
  }

  /** Reads what is there. */
  async open(): Promise<void> {
    const { folder } = this.#options;
    await this.#tolerate(async () => {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const found: { name: string; bytes: number; usedMs: number }[] = [];
      for (const name of await readdir(folder)) {
        if (!entryName.test(name) && !unfinishedName.test(name)) continue;
        const { size, mtimeMs } = await stat(join(folder, name));
        if (unfinishedName.test(name)) {
          // Another server may just be writing it.
          if (this.#clock.wallMs() - mtimeMs > longestWriteMs) await rm(join(folder, name), { force: true });
          continue;
        }
        found.push({ name, bytes: size, usedMs: mtimeMs });
      }
      for (const { name, bytes } of found.sort((a, b) => a.usedMs - b.usedMs)) this.#count(name, bytes);
      await this.#makeRoom();
    });
  }

  /** @param name what the file is called now: it stands in the error of one that was refused */
  async find(fingerprint: string, name: string): Promise<Described | null> {
    const key = this.#key(fingerprint, name);
    const entry = nameOf(key);
    if (!this.#entries.has(entry)) return null;
    try {
      const path = join(this.#options.folder, entry);
      const bytes = await readFile(path);
      const headEnd = bytes.indexOf(lineFeed);
      const head = JSON.parse(bytes.toString('utf8', 0, headEnd)) as EntryHead;
      const manifest = bytes.subarray(headEnd + 1);
      if (head.key !== key || head.sha256 !== sha256(manifest)) return null;
      const seconds = this.#clock.wallMs() / 1000;
      await utimes(path, seconds, seconds);
      this.#count(entry, bytes.length);
      const { ready, refused } = head;
      if (refused !== null) {
        const facts = { ...refused.facts, file: name };
        return { kind: 'refused', error: LonghaulError.from(refused.code, facts) };
      }
      return ready === null ? null : { kind: 'ready', ...ready, manifest };
    } catch {
      return null;
    }
  }

  /** Writes it down behind the caller's back. */
  keep(fingerprint: string, name: string, described: Described): void {
    const key = this.#key(fingerprint, name);
    const bytes = entryOf(key, described);
    const write = async (): Promise<void> => {
      const path = join(this.#options.folder, nameOf(key));
      const unfinished = `${path}.${process.pid}.new`;
      await writeFile(unfinished, bytes, { mode: 0o600 });
      await rename(unfinished, path);
      this.#count(nameOf(key), bytes.length);
      await this.#makeRoom();
    };
    this.#writing = this.#writing.then(() => this.#tolerate(write));
  }

  /** Resolves once all that was to be kept is, or could not be. */
  written(): Promise<void> {
    return this.#writing;
  }

  /** Brotli is known by a name only, so the same bytes can be two things. */
  #key(fingerprint: string, name: string): string {
    return JSON.stringify([fingerprint, this.#options.settings, /\.br$/i.test(name)]);
  }

  /** As the one that was used last. */
  #count(entry: string, bytes: number): void {
    this.#bytes += bytes - (this.#entries.get(entry) ?? 0);
    this.#entries.delete(entry);
    this.#entries.set(entry, bytes);
  }

  async #makeRoom(): Promise<void> {
    for (const [entry, bytes] of this.#entries) {
      if (this.#bytes <= this.#options.maxBytes) return;
      await rm(join(this.#options.folder, entry), { force: true });
      this.#entries.delete(entry);
      this.#bytes -= bytes;
    }
  }

  async #tolerate(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      // Once: it will fail for each of ten thousand files.
      if (!this.#told) this.#log.warn({ err: error, folder: this.#options.folder }, 'manifests are not kept');
      this.#told = true;
    }
  }
}

function entryOf(key: string, described: Described): Buffer {
  const isReady = described.kind === 'ready';
  const manifest = isReady ? described.manifest : new Uint8Array(0);
  const head: EntryHead = {
    key,
    sha256: sha256(manifest),
    ready: isReady ? { version: described.version, compression: described.compression } : null,
    refused: isReady ? null : { code: described.error.code, facts: described.error.facts },
  };
  return Buffer.concat([Buffer.from(`${JSON.stringify(head)}\n`), manifest]);
}

function nameOf(key: string): string {
  return sha256(Buffer.from(key));
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
