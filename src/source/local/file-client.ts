import { realpath, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { LonghaulError } from '../../runtime/errors.ts';
import { type FileFacts, lookAgain } from '../folder-scan.ts';
import type { OfferedFile, ReadProgress, ReadVersion, Sensed, SourceClient } from '../source-client.ts';
import { type LocalClientParts, LocalState, versionInPlace } from './local-version.ts';

/** One file of this machine. */
export class FileClient implements SourceClient {
  readonly kind = 'file';
  readonly #parts: LocalClientParts;
  #state: LocalState | null = null;

  constructor(parts: LocalClientParts) {
    this.#parts = parts;
  }

  async sense(signal: AbortSignal): Promise<Sensed> {
    signal.throwIfAborted();
    const facts = await this.#look();
    const known = this.#state;
    if (known === null || !known.facts.path.equals(facts.path)) {
      this.#state = new LocalState(basename(this.#parts.definition.url), facts, this.#parts);
      await this.#state.settle(this.#parts);
      return [this.#state.offered()];
    }
    const hasChanged = known.see(facts, this.#parts);
    const isNowQuiet = await known.settle(this.#parts);
    return hasChanged || isNowQuiet ? [known.offered()] : null;
  }

  read(offered: OfferedFile, onProgress: (progress: ReadProgress) => void): Promise<ReadVersion> {
    return versionInPlace(this.#parts, this.#state ?? undefined, offered, onProgress);
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  /** A link is followed: who named it wants what it leads to. */
  async #look(): Promise<FileFacts> {
    const { name: source, url } = this.#parts.definition;
    try {
      const path = await realpath(url, 'buffer');
      if ((await stat(path)).isDirectory()) throw LonghaulError.of('file_is_folder', { file: url });
      return await lookAgain(path, url);
    } catch (error) {
      const { code = 'unknown error' } = error as NodeJS.ErrnoException;
      const reason = error instanceof LonghaulError ? 'it is no file' : code;
      throw LonghaulError.of('source_away', { source, path: url, reason }, { cause: error });
    }
  }
}
