import { LonghaulError } from '../runtime/errors.ts';
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
    const known = this.#client;
    if (known === null) return this.#openAs(await this.#find(signal)).sense(signal);
    try {
      return await known.sense(signal);
    } catch (error) {
      if (!isAnotherThing(error)) throw error;
      const kind = await this.#find(signal).catch(() => null);
      if (kind === null || kind === known.kind) throw error;
      const client = this.#openAs(kind);
      await known[Symbol.asyncDispose]();
      return await client.sense(signal);
    }
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

  #openAs(kind: SourceKind): SourceClient {
    this.#client = this.#open(kind);
    return this.#client;
  }
}

const otherThings: ReadonlySet<string> = new Set([
  'source_answer_wrong',
  'source_fails',
  'source_not_csv',
  'source_away',
]);

/** Whether what is there now may be a source of another kind. */
function isAnotherThing(error: unknown): boolean {
  return error instanceof LonghaulError && otherThings.has(error.code);
}
