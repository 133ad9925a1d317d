import { setImmediate as nextTurn } from 'node:timers/promises';
import type { JobCaller } from '../queue/local-threads.ts';
import type { Handler } from '../runtime/thread-calls.ts';
import { newPartLine, type PartLine } from './part-line.ts';

/**
 * The thread that reads, where it does some of what stage threads do. One thread more than there are cores costs 25 ms of CPU to
 * start, as much to compile the same code once more, and 30 MiB; and this one has time left. Whatever else it should do waits
 * meanwhile: for a chunk some 30 ms, for a part of a publish some 100.
 */
export class HelpingThread implements JobCaller {
  /** The end at which the store's thread asks for a part. */
  readonly line: PartLine;
  readonly #far: PartLine;
  #handlers: Promise<Readonly<Record<string, Handler>>> | null = null;

  constructor() {
    const { near, far } = newPartLine();
    this.line = near;
    this.#far = far;
  }

  /** Loads what it needs, which nobody does who has nothing to import. */
  prepare(): void {
    this.#handlers ??= this.#load();
  }

  async #load(): Promise<Readonly<Record<string, Handler>>> {
    const [{ stagingHandlers }, { answerParts }] = await Promise.all([
      import('./staging-calls.ts'),
      import('./part-line.ts'),
    ]);
    answerParts(this.#far);
    this.#far.port.unref();
    return stagingHandlers;
  }

  async call<Result>(method: string, args: readonly unknown[]): Promise<Result> {
    this.prepare();
    const handler = (await this.#handlers)?.[method];
    if (handler === undefined) throw new Error(`no handler for ${method}`);
    // Answers of the others are taken first.
    await nextTurn();
    return (await handler(args, () => undefined)).value as Result;
  }

  close(): void {
    this.#far.port.close();
  }
}
