import { type ErrorCode, LonghaulError } from '../runtime/errors.ts';
import { ThreadCaller } from '../runtime/thread-calls.ts';
import type { ManifestSettings } from '../run/manifest.ts';
import type { Described } from '../source-server/hosted-file.ts';
import type { FileToDescribe, ManifestMaker } from '../source-server/preparation.ts';
import { startThread } from './threads.ts';

export type DescribeArgs = readonly [path: Uint8Array, name: string, fingerprint: string];

/** As `Described`, with the error as it can cross threads. */
export type DescribedInThread =
  | Extract<Described, { kind: 'ready' }>
  | {
      readonly kind: 'refused';
      readonly code: ErrorCode;
      readonly facts: Readonly<Record<string, unknown>>;
    };

/** Hashes on a thread of its own; `manifest-thread.ts` is its side. */
export class ThreadedManifestMaker implements ManifestMaker {
  readonly #settings: ManifestSettings;
  #thread: ThreadCaller | null = null;

  constructor(settings: ManifestSettings) {
    this.#settings = settings;
  }

  async describe({ path, name, fingerprint }: FileToDescribe): Promise<Described> {
    this.#thread ??= new ThreadCaller(startThread('manifest-thread', this.#settings));
    try {
      const args: DescribeArgs = [path, name, fingerprint];
      const described = await this.#thread.call<DescribedInThread>('describe', args);
      if (described.kind === 'ready') return described;
      return { kind: 'refused', error: LonghaulError.from(described.code, described.facts) };
    } catch (error) {
      // A thread that has died does not take the next file with it.
      if (!(error instanceof LonghaulError) || error.code === 'unexpected') await this.#end();
      throw error;
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#end();
  }

  async #end(): Promise<void> {
    const thread = this.#thread;
    this.#thread = null;
    await thread?.[Symbol.asyncDispose]();
  }
}
