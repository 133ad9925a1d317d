import { realpath } from 'node:fs/promises';
import { LonghaulError } from '../../runtime/errors.ts';
import type { Log } from '../../runtime/log.ts';
import { type FolderScan, scanFolder } from '../folder-scan.ts';
import { FolderWatch } from '../folder-watch.ts';
import type { OfferedFile, ReadProgress, ReadVersion, Sensed, SourceClient } from '../source-client.ts';
import { type LocalClientParts, LocalState, versionInPlace } from './local-version.ts';

export interface FolderClientParts extends LocalClientParts {
  readonly log: Log;
  /** Between two looks at everything without a reason, in milliseconds. */
  readonly rescanMs: number;
}

/** The files of a folder of this machine, and of the folders in it: by the rules of the source server. */
export class FolderClient implements SourceClient {
  readonly kind = 'folder';
  readonly #parts: FolderClientParts;
  #watch: Promise<FolderWatch> | null = null;
  readonly #files = new Map<string, LocalState>();
  readonly #settling = new Set<LocalState>();
  #refused: FolderScan['refused'] = new Map();
  /** Why the folder cannot be looked at. */
  #away: LonghaulError | null = null;
  /** Whether anything is to be told that was not told yet. */
  #hasNews = true;

  constructor(parts: FolderClientParts) {
    this.#parts = parts;
  }

  async sense(signal: AbortSignal): Promise<Sensed> {
    signal.throwIfAborted();
    const watch = await this.#watching();
    if (this.#away !== null) throw this.#away;
    for (const file of this.#settling) {
      try {
        if (!(await file.settle(this.#parts))) continue;
        this.#settling.delete(file);
        this.#hasNews = true;
      } catch {
        // Gone, or something else of that name: only the whole folder can tell.
        watch.soon();
      }
    }
    if (!this.#hasNews) return null;
    this.#hasNews = false;
    const files = Array.from(this.#files.values(), (file) => file.offered());
    const refused = Array.from(this.#refused, ([name, error]) => refusedFile(name, error));
    return [...files, ...refused].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  read(offered: OfferedFile, onProgress: (progress: ReadProgress) => void): Promise<ReadVersion> {
    return versionInPlace(this.#parts, this.#files.get(offered.name), offered, onProgress);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const watch = await this.#watch?.catch(() => null);
    await watch?.stop();
  }

  #watching(): Promise<FolderWatch> {
    this.#watch ??= this.#startWatch().catch((error: unknown) => {
      // Not there yet: tried anew the next time.
      this.#watch = null;
      throw error;
    });
    return this.#watch;
  }

  async #startWatch(): Promise<FolderWatch> {
    const { definition, clock, log, rescanMs } = this.#parts;
    const folder = await realpath(definition.url).catch((error: unknown) => {
      throw this.#awayFor(error);
    });
    const watch = new FolderWatch({
      ...{ folder, clock, log, rescanMs },
      scan: () => this.#scan(folder),
      touched: () => false,
    });
    await watch.start();
    return watch;
  }

  async #scan(folder: string): Promise<void> {
    let scan: FolderScan;
    try {
      scan = await scanFolder(folder);
    } catch (error) {
      this.#away = this.#awayFor(error);
      return;
    }
    // Once it is back all of it is told, as at the beginning.
    if (this.#away !== null) this.#hasNews = true;
    this.#away = null;
    for (const [name, facts] of scan.files) {
      const known = this.#files.get(name);
      if (known !== undefined && known.facts.path.equals(facts.path)) {
        if (!known.see(facts, this.#parts)) continue;
        this.#settling.add(known);
      } else {
        const file = new LocalState(name, facts, this.#parts);
        if (known !== undefined) this.#settling.delete(known);
        this.#files.set(name, file);
        this.#settling.add(file);
      }
      this.#hasNews = true;
    }
    for (const [name, file] of this.#files) {
      if (scan.files.has(name)) continue;
      this.#files.delete(name);
      this.#settling.delete(file);
      this.#hasNews = true;
    }
    if (!isSameRefusals(this.#refused, scan.refused)) this.#hasNews = true;
    this.#refused = scan.refused;
  }

  #awayFor(error: unknown): LonghaulError {
    const { name: source, url: path } = this.#parts.definition;
    const reason =
      error instanceof LonghaulError
        ? String(error.facts['reason'])
        : ((error as NodeJS.ErrnoException).code ?? String(error));
    return LonghaulError.of('source_away', { source, path, reason }, { cause: error });
  }
}

function refusedFile(name: string, error: LonghaulError): OfferedFile {
  return { name, state: 'refused', reason: error.message, version: null, fingerprint: null, bytes: null };
}

function isSameRefusals(a: FolderScan['refused'], b: FolderScan['refused']): boolean {
  return a.size === b.size && Array.from(b).every(([name, error]) => a.get(name)?.code === error.code);
}
