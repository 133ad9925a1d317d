import { LonghaulError } from '../runtime/errors.ts';
import type { FileRef } from '../schema/file-ref.ts';
import type { OfferedFile, ReadProgress, ReadVersion, SourceClient } from './source-client.ts';
import type { ContentReader, SensedFile, SourceFile } from './source-file.ts';

/** The one file of a source that is asked once: brought here when it is first needed, and given up at the end. */
export class RemoteFile implements SourceFile, AsyncDisposable {
  readonly ref: FileRef;
  readonly label: string;
  readonly #open: () => Promise<SourceClient>;
  readonly #onProgress: (progress: ReadProgress) => void;
  readonly #signal: AbortSignal;
  #client: SourceClient | null = null;
  #offered: OfferedFile | null = null;
  #read: ReadVersion | null = null;

  /**
   * @param open a client for it; called when it is first asked for
   * @param onProgress told how much of it is here
   * @param signal ends what is under way
   */
  constructor(
    ref: FileRef,
    label: string,
    open: () => Promise<SourceClient>,
    onProgress: (progress: ReadProgress) => void,
    signal: AbortSignal,
  ) {
    this.ref = ref;
    this.label = label;
    this.#open = open;
    this.#onProgress = onProgress;
    this.#signal = signal;
  }

  async sense(): Promise<SensedFile> {
    const { fingerprint, bytes } = await this.#look();
    return { fingerprint, settled: true, bytes };
  }

  async version(signal: AbortSignal): Promise<string | null> {
    return (await this.#bring(signal)).file.version(signal);
  }

  async open(signal: AbortSignal): Promise<ContentReader> {
    return (await this.#bring(signal)).file.open(signal);
  }

  /** What was brought here is not wanted any more: it was imported, or cannot be. */
  async forget(): Promise<void> {
    await this.#read?.forget();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#read?.[Symbol.asyncDispose]();
    await this.#client?.[Symbol.asyncDispose]();
  }

  async #look(): Promise<OfferedFile> {
    if (this.#offered !== null) return this.#offered;
    this.#client ??= await this.#open();
    const [offered] = (await this.#client.sense(this.#signal)) ?? [];
    if (offered === undefined) throw LonghaulError.of('file_not_found', { file: this.label });
    this.#offered = offered;
    return offered;
  }

  async #bring(signal: AbortSignal): Promise<ReadVersion> {
    const offered = await this.#look();
    if (this.#client === null) throw new Error('nobody was asked');
    this.#read ??= await this.#client.read(offered, this.#onProgress, signal);
    return this.#read;
  }
}
