import type {
  OfferedFile,
  ReadProgress,
  ReadVersion,
  Sensed,
  SourceClient,
  SourceKind,
} from './source-client.ts';

/** A source of which nobody has said what it is. */
export class FindingClient implements SourceClient {
  readonly #find: (signal: AbortSignal) => Promise<SourceKind>;
  readonly #open: (kind: SourceKind) => SourceClient;
  #client: SourceClient | null = null;
  /** Whether it answered when it was asked last. */
  #isSure = false;

  /**
   * @param find throws when the source cannot be asked
   * @param open a client for a source of that kind
   */
  constructor(find: (signal: AbortSignal) => Promise<SourceKind>, open: (kind: SourceKind) => SourceClient) {
    this.#find = find;
    this.#open = open;
  }

  get kind(): SourceKind | null {
    return this.#client?.kind ?? null;
  }

  async sense(signal: AbortSignal): Promise<Sensed> {
    if (!this.#isSure) await this.#choose(await this.#find(signal));
    this.#isSure = false;
    const sensed = await this.#chosen.sense(signal);
    this.#isSure = true;
    return sensed;
  }

  async read(
    offered: OfferedFile,
    onProgress: (progress: ReadProgress) => void,
    signal: AbortSignal,
  ): Promise<ReadVersion> {
    return this.#chosen.read(offered, onProgress, signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client?.[Symbol.asyncDispose]();
  }

  get #chosen(): SourceClient {
    if (this.#client === null) throw new Error('nothing was sensed yet');
    return this.#client;
  }

  /** One that is what it was goes on with what it knows. */
  async #choose(kind: SourceKind): Promise<void> {
    if (this.#client?.kind === kind) return;
    const former = this.#client;
    this.#client = this.#open(kind);
    await former?.[Symbol.asyncDispose]();
  }
}
