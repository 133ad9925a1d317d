import type { OfferedFile } from '../source/source-client.ts';
import type { Importing, SourceToWatch } from './importing.ts';

/**
 * What a person has cancelled of a source's files, also in an earlier process. A run is begun under what the source tells of a
 * content: where it tells nothing, the ledger cannot know it again.
 */
export class UnwantedContent {
  readonly #source: SourceToWatch;
  readonly #importing: Importing;
  #byName: Map<string, string> | null = null;

  constructor(source: SourceToWatch, importing: Importing) {
    this.#source = source;
    this.#importing = importing;
  }

  /** Asks the ledger, unless it has answered already. */
  async learn(): Promise<void> {
    this.#byName ??= new Map(await this.#importing.cancelledFiles(this.#source));
  }

  /** Whether it is what is not wanted. */
  is({ name, version, fingerprint }: OfferedFile): boolean {
    const unwanted = this.#byName?.get(name);
    return unwanted !== undefined && unwanted === (version ?? fingerprint);
  }

  /** A person wants it after all, or another content has come. */
  forget(name: string): void {
    this.#byName?.delete(name);
  }
}
