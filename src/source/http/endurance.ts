import { setTimeout as sleep } from 'node:timers/promises';
import { LonghaulError } from '../../runtime/errors.ts';

/** Failures in a row without a byte between them, after which a read gives up for now. */
const mostInARow = 3;
/** Failures in all, however much came between them: more, and as many again for each so many bytes, is no progress. */
const mostFailures = 50;
const bytesPerFailure = 2 ** 20;
/** What was damaged on its way is not damaged again; what is wrong over there is. */
const mostWrong = 1;
const firstWaitMs = 100;

/** How long a read tries again by itself, before whoever wanted it is told. */
export class Endurance {
  readonly #most: number;
  #inARow = 0;
  #failures = 0;
  #wrong = 0;

  constructor(bytes: number) {
    this.#most = mostFailures + bytes / bytesPerFailure;
  }

  progressed(bytes: number): void {
    if (bytes > 0) this.#inARow = 0;
  }

  /** Waits before the next try. Throws what was thrown if there is none: it would not help, or has not. */
  async failed(thrown: unknown, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.#failures++;
    this.#inARow++;
    if (!(thrown instanceof LonghaulError)) throw thrown;
    if (thrown.code === 'source_content_wrong') this.#wrong++;
    else if (!passing.has(thrown.code)) throw thrown;
    if (this.#inARow > mostInARow || this.#failures > this.#most || this.#wrong > mostWrong) {
      throw thrown;
    }
    await sleep(firstWaitMs * 2 ** (this.#inARow - 1), undefined, { signal }).catch(() => undefined);
    signal.throwIfAborted();
  }
}

/** The same request may be answered well a moment later. */
const passing: ReadonlySet<string> = new Set(['source_broke_off', 'source_unreachable']);
