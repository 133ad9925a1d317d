/** The files of a folder and what is known of them, all of it in memory: asking never waits for a disk. */
import { LonghaulError } from '../runtime/errors.ts';
import { scanFolder } from '../source/folder-scan.ts';
import { FolderWatch, type FolderWatchParts } from '../source/folder-watch.ts';
import { type FileState, HostedFile } from './hosted-file.ts';
import { type Listing, listingOf } from './listing.ts';
import { isPassing, Preparation, type PreparationParts } from './preparation.ts';

export type HostedFolderParts = Omit<PreparationParts, 'onChange' | 'onLost'> &
  Pick<FolderWatchParts, 'folder' | 'rescanMs'>;

/** Kept manifests read side by side at the start. */
const lookupsAtOnce = 32;

export class HostedFolder {
  readonly #parts: HostedFolderParts;
  readonly #files = new Map<string, HostedFile>();
  /** By the path where the bytes lie, each byte a character; several names can lead there. */
  #byPath: ReadonlyMap<string, readonly HostedFile[]> = new Map();
  #refused: ReadonlyMap<string, LonghaulError> = new Map();
  /** Why the folder as a whole cannot be looked at. */
  #gone: LonghaulError | null = null;
  #listing: Listing | null = null;
  readonly #preparation: Preparation;
  readonly #watch: FolderWatch;

  constructor(parts: HostedFolderParts) {
    this.#parts = parts;
    this.#preparation = new Preparation({
      ...parts,
      onChange: () => {
        this.#listing = null;
      },
      onLost: () => this.#watch.soon(),
    });
    this.#watch = new FolderWatch({
      ...parts,
      scan: () => this.#scan(),
      touched: (path) => this.#touched(path),
    });
  }

  /** Resolves once all files are known, and which of them are ready from before. Throws `hosted_folder_gone`. */
  async start(): Promise<void> {
    await this.#watch.start();
    if (this.#gone !== null) throw this.#gone;
  }

  async stop(): Promise<void> {
    await this.#watch.stop();
    await this.#preparation.stop();
  }

  /** Throws `hosted_folder_gone` while the folder is away: an empty list would say that all files were removed. */
  listing(): Listing {
    this.checkThere();
    this.#listing ??= listingOf(this.#files.values(), this.#refused);
    return this.#listing;
  }

  /** Throws `hosted_folder_gone`. */
  checkThere(): void {
    if (this.#gone !== null) throw this.#gone;
  }

  /** Whether every file's current version has been read to its end since this process started. */
  get isRead(): boolean {
    for (const file of this.#files.values()) if (!file.isRead) return false;
    return true;
  }

  /** The file of a name; without one the only file, or the first that is not refused. Throws why there is none. */
  find(name: string | undefined): HostedFile {
    this.checkThere();
    if (name === undefined) return this.#first();
    const refused = this.#refused.get(name);
    if (refused !== undefined) throw refused;
    const file = this.#files.get(name);
    if (file === undefined) throw LonghaulError.of('file_not_hosted', { file: name });
    return file;
  }

  /** A reader has found a file to be another one than it should be. */
  check(file: HostedFile): Promise<void> {
    return this.#preparation.check(file);
  }

  /** Files by state, for metrics. */
  states(): Record<FileState, number> {
    const states = { preparing: 0, ready: 0, refused: this.#refused.size };
    for (const { state } of this.#files.values()) states[state]++;
    return states;
  }

  #first(): HostedFile {
    let first: HostedFile | null = null;
    for (const file of this.#files.values()) {
      if (first === null || isBefore(file, first)) first = file;
    }
    if (first === null) throw LonghaulError.of('nothing_hosted', {});
    return first;
  }

  async #scan(): Promise<void> {
    const { folder } = this.#parts;
    let scan;
    try {
      scan = await scanFolder(folder);
    } catch (error) {
      if (!(error instanceof LonghaulError)) throw error;
      if (this.#gone === null) this.#parts.log.warn({ err: error }, 'the folder is away');
      this.#gone = error;
      return;
    }
    const added: HostedFile[] = [];
    for (const [name, facts] of scan.files) {
      const file = this.#files.get(name);
      if (file === undefined) {
        added.push(new HostedFile(name, facts));
      } else if (
        file.facts.fingerprint !== facts.fingerprint ||
        !file.facts.path.equals(facts.path) ||
        (file.error !== null && isPassing(file.error))
      ) {
        file.change(facts);
        this.#preparation.again(file);
      }
    }
    for (const [name, file] of this.#files) {
      if (scan.files.has(name)) continue;
      this.#files.delete(name);
      this.#preparation.forget(file);
    }
    for (const file of added) this.#files.set(file.name, file);
    this.#refused = scan.refused;
    this.#byPath = Map.groupBy(this.#files.values(), ({ facts }) => facts.path.toString('latin1'));
    this.#listing = null;
    for (let from = 0; from < added.length; from += lookupsAtOnce) {
      const some = added.slice(from, from + lookupsAtOnce);
      await Promise.all(some.map((file) => this.#preparation.begin(file)));
    }
    this.#gone = null;
  }

  #touched(path: string): boolean {
    const files = this.#byPath.get(Buffer.from(path).toString('latin1')) ?? [];
    for (const file of files) void this.#preparation.check(file);
    return files.length > 0;
  }
}

/** What can be read goes before what is refused; then by name. */
function isBefore(file: HostedFile, other: HostedFile): boolean {
  const [isRefused, otherIs] = [file.state === 'refused', other.state === 'refused'];
  return isRefused === otherIs ? file.name < other.name : otherIs;
}
