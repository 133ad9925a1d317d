/**
 * The folder where content from elsewhere is brought to before it is imported: whatever breaks, the next try goes on with
 * what is there. Its size has a limit. One process at a time uses it.
 *
 * Of a file (source, name) it holds three files, named by a hash of both: `….data`, the bytes; `….journal`, which of them are
 * there and of which version; `….pending`, that the source may say no more that there is something to read.
 */
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, rmdir, stat, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { LonghaulError } from '../runtime/errors.ts';
import { syncFolder, triedIn, writeSynced } from './write-synced.ts';
import { SpooledContent } from './spooled-content.ts';
import { headLine, type JournalHead, readJournal } from './spool-journal.ts';

export interface SpoolOptions {
  readonly folder: string;
  /** Of all content together, bytes. */
  readonly maxBytes: number;
}

const ownName = /^([0-9a-f]{32})(?:-(\d+))?\.(data|journal|pending)$/;
const pendingShape = z.object({ source: z.string(), file: z.string() });

/** What is kept of one file of a source. */
interface Slot {
  readonly source: string;
  content: SpooledContent | null;
  isPending: boolean;
  /** Ends when nobody is at work on it. */
  turn: Promise<void>;
}

export class Spool {
  readonly #options: SpoolOptions;
  readonly #slots = new Map<string, Slot>();
  /** Also those that are replaced already and still read by somebody. */
  readonly #contents = new Set<SpooledContent>();
  #generation = 0;

  private constructor(options: SpoolOptions) {
    this.#options = options;
  }

  /** Looks at what another process has left in the folder, which need not be there yet. Throws `spool_failed`. */
  static async open(options: SpoolOptions): Promise<Spool> {
    const spool = new Spool(options);
    await spool.#tried(async () => {
      await spool.#load();
    });
    return spool;
  }

  /** What was never needed, or is not any more, leaves no folder behind. */
  async removeIfEmpty(): Promise<void> {
    // It is not empty, or somebody has removed it.
    await rmdir(this.#options.folder).catch(() => undefined);
  }

  /** Bytes that content has, or is going to have. */
  get usedBytes(): number {
    let bytes = 0;
    for (const content of this.#contents) bytes += content.reservedBytes;
    return bytes;
  }

  /** Removes what belongs to sources that are not among these. */
  async sweep(sources: ReadonlySet<string>): Promise<void> {
    for (const [key, slot] of this.#slots) {
      if (sources.has(slot.source)) continue;
      await slot.content?.drop();
      if (slot.isPending) await this.#tried(() => rm(this.#path(key, 'pending'), { force: true }));
      this.#slots.delete(key);
    }
  }

  /** Waits until nobody else is at work on this file. @returns what ends the turn */
  async turn(source: string, file: string, signal: AbortSignal): Promise<Disposable> {
    const slot = this.#slot(source, file);
    const before = slot.turn;
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    slot.turn = before.then(() => ended);
    const { promise: given, resolve: give } = Promise.withResolvers<void>();
    void before.then(give);
    signal.addEventListener('abort', () => give(), { once: true });
    if (!signal.aborted) await given;
    if (signal.aborted) end();
    signal.throwIfAborted();
    return { [Symbol.dispose]: end };
  }

  /** What is there of a file, whole or not, and comes from this address. */
  find({ source, file, address }: Pick<JournalHead, 'source' | 'file' | 'address'>): SpooledContent | null {
    const content = this.#slots.get(keyOf(source, file))?.content ?? null;
    return content?.address === address ? content : null;
  }

  /** What is there of this content, if it can be gone on with; else nothing yet, in the place of what was there. Throws `spool_full`. */
  async begin(head: JournalHead): Promise<SpooledContent> {
    const key = keyOf(head.source, head.file);
    const slot = this.#slot(head.source, head.file);
    const { content: former } = slot;
    if (former !== null) {
      const isSame =
        head.identity !== null &&
        former.identity === head.identity &&
        former.address === head.address &&
        former.bytes === head.bytes;
      if (isSame) return former;
      await former.drop();
    }
    const name = `${key}-${++this.#generation}`;
    await this.#makeRoom(head.file, head.bytes ?? 0);
    const content = this.#content(key, name, head, head.bytes ?? 0);
    slot.content = content;
    try {
      await this.#tried(async () => {
        await writeFile(this.#path(name, 'data'), '', { mode: 0o600 });
        await writeFile(this.#path(name, 'journal'), headLine(head), { mode: 0o600 });
      });
    } catch (error) {
      await content.drop();
      throw error;
    }
    return content;
  }

  /** Whether a file was to be read, and has not been read to its end since. */
  isPending(source: string, file: string): boolean {
    return this.#slots.get(keyOf(source, file))?.isPending === true;
  }

  /** On the disk when it resolves. No write if it is said already. */
  async markPending(source: string, file: string): Promise<void> {
    const slot = this.#slot(source, file);
    if (slot.isPending) return;
    await this.#tried(async () => {
      await mkdir(this.#options.folder, { recursive: true, mode: 0o700 });
      await writeSynced(this.#path(keyOf(source, file), 'pending'), JSON.stringify({ source, file }));
      await syncFolder(this.#options.folder);
    });
    slot.isPending = true;
  }

  async clearPending(source: string, file: string): Promise<void> {
    const slot = this.#slot(source, file);
    if (!slot.isPending) return;
    await this.#tried(() => rm(this.#path(keyOf(source, file), 'pending'), { force: true }));
    slot.isPending = false;
  }

  #slot(source: string, file: string): Slot {
    const key = keyOf(source, file);
    const slot = this.#slots.get(key) ?? { source, content: null, isPending: false, turn: Promise.resolve() };
    this.#slots.set(key, slot);
    return slot;
  }

  #content(key: string, name: string, head: JournalHead, reservedBytes: number): SpooledContent {
    const content = new SpooledContent({
      ...head,
      reservedBytes,
      dataPath: this.#path(name, 'data'),
      journalPath: this.#path(name, 'journal'),
      grow: (bytes) => this.#makeRoom(head.file, bytes),
      tried: (work) => this.#tried(work),
      syncFolder: () => syncFolder(this.#options.folder),
      onDropped: () => {
        const slot = this.#slots.get(key);
        if (slot?.content === content) slot.content = null;
      },
      onRemoved: () => this.#contents.delete(content),
    });
    this.#contents.add(content);
    return content;
  }

  /** What nobody is at work on and can be read again is given up, rather than refuse what somebody wants now. */
  async #makeRoom(file: string, neededBytes: number): Promise<void> {
    const { folder, maxBytes: limitBytes } = this.#options;
    const idle = Array.from(this.#contents).filter(({ isInUse }) => !isInUse);
    const dispensable = [
      ...idle.filter(({ whole }) => whole === null),
      ...idle.filter(({ whole, identity }) => whole !== null && identity !== null),
    ];
    for (;;) {
      const freeBytes = Math.max(0, Math.min(limitBytes - this.usedBytes, await this.#diskBytes()));
      if (neededBytes <= freeBytes) return;
      const next = dispensable.shift();
      if (next === undefined) {
        throw LonghaulError.of('spool_full', { folder, file, neededBytes, freeBytes, limitBytes });
      }
      await next.drop();
    }
  }

  /** Free on the disk and not promised to anybody here. Makes the folder again if somebody has removed it. */
  async #diskBytes(): Promise<number> {
    const { folder } = this.#options;
    return this.#tried(async () => {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const { bavail, bsize } = await statfs(folder);
      let promised = 0;
      for (const content of this.#contents) promised += content.reservedBytes - content.writtenBytes;
      return bavail * bsize - promised;
    });
  }

  async #load(): Promise<void> {
    const { folder } = this.#options;
    const journals = new Map<string, string>();
    const names = await readdir(folder).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    });
    for (const name of names) {
      const [, key, generation, kind] = ownName.exec(name) ?? [];
      if (key === undefined) continue;
      this.#generation = Math.max(this.#generation, Number(generation ?? 0));
      if (kind === 'pending') await this.#loadPending(key, name);
      // Of two the newer one counts; the other one was given up when its process ended.
      else if (kind === 'journal' && Number(generation) > generationOf(journals.get(key))) {
        journals.set(key, `${key}-${generation}`);
      }
    }
    for (const [key, name] of journals) await this.#loadContent(key, name);
    const known = new Set([...this.#contents].map(({ name }) => name));
    for (const name of names) {
      const [, key, generation, kind] = ownName.exec(name) ?? [];
      if (key === undefined || kind === 'pending' || known.has(`${key}-${generation}`)) continue;
      await rm(join(folder, name), { force: true });
    }
  }

  async #loadPending(key: string, name: string): Promise<void> {
    const path = join(this.#options.folder, name);
    const read = pendingShape.safeParse(jsonOrNull(await readFile(path, 'utf8'))).data;
    if (read !== undefined && keyOf(read.source, read.file) === key) {
      this.#slot(read.source, read.file).isPending = true;
    } else {
      // Not written to its end, so the read that it was for has not begun.
      await rm(path, { force: true });
    }
  }

  async #loadContent(key: string, name: string): Promise<void> {
    const journal = readJournal(await readFile(this.#path(name, 'journal'), 'utf8'));
    const size = await stat(this.#path(name, 'data')).then(
      (stats) => stats.size,
      () => null,
    );
    if (journal === null || size === null) return;
    const { head, whole } = journal;
    if (keyOf(head.source, head.file) !== key) return;
    const content = this.#content(key, name, head, Math.max(head.bytes ?? 0, size));
    content.writtenBytes = size;
    if (whole !== null && whole.bytes === size) content.whole = whole;
    this.#slot(head.source, head.file).content = content;
  }

  #path(name: string, kind: 'data' | 'journal' | 'pending'): string {
    return join(this.#options.folder, `${name}.${kind}`);
  }

  #tried<Result>(work: () => Promise<Result>): Promise<Result> {
    const { folder } = this.#options;
    return triedIn(work, (reason, cause) => LonghaulError.of('spool_failed', { folder, reason }, { cause }));
  }
}

function keyOf(source: string, file: string): string {
  return createHash('sha256')
    .update(JSON.stringify([source, file]))
    .digest('hex')
    .slice(0, 32);
}

function generationOf(name: string | undefined): number {
  return Number(name?.split('-')[1] ?? -1);
}

function jsonOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
