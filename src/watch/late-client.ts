import type {
  OfferedFile,
  ReadProgress,
  ReadVersion,
  Sensed,
  SourceClient,
  SourceKind,
} from '../source/source-client.ts';

/** A client that is opened when it is first asked: what is wrong with a source is then told like any other trouble of it. */
export class LateClient implements SourceClient {
  readonly #open: () => Promise<SourceClient>;
  #client: SourceClient | null = null;

  constructor(open: () => Promise<SourceClient>) {
    this.#open = open;
  }

  get kind(): SourceKind | null {
    return this.#client?.kind ?? null;
  }

  async sense(signal: AbortSignal): Promise<Sensed> {
    this.#client ??= await this.#open();
    return this.#client.sense(signal);
  }

  async read(
    offered: OfferedFile,
    onProgress: (progress: ReadProgress) => void,
    signal: AbortSignal,
  ): Promise<ReadVersion> {
    if (this.#client === null) throw new Error('nothing was sensed yet');
    return this.#client.read(offered, onProgress, signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client?.[Symbol.asyncDispose]();
  }
}
