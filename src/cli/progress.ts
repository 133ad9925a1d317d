import type { Clock } from '../runtime/clock.ts';
import type { ImportProgress } from '../run/import-file.ts';
import { Pace, type ProgressDisplay } from './pace.ts';
import { printLine } from './terminal.ts';

/** Where nobody draws over a line, one is printed at most this often. */
const lineEveryMs = 3000;

export async function progressDisplay(
  stream: NodeJS.WriteStream,
  clock: Clock,
  quiet: boolean,
): Promise<ProgressDisplay> {
  if (quiet) return { show: () => undefined, end: () => undefined };
  if (!stream.isTTY) return new ProgressLines(stream, clock);
  // The library is loaded where there is somebody to see the bar.
  const { ProgressBar } = await import('./progress-bar.ts');
  return new ProgressBar(stream, clock);
}

class ProgressLines implements ProgressDisplay {
  readonly #stream: NodeJS.WriteStream;
  readonly #clock: Clock;
  #pace: { readonly label: string; readonly pace: Pace } | null = null;
  #lastAt: number;

  constructor(stream: NodeJS.WriteStream, clock: Clock) {
    this.#stream = stream;
    this.#clock = clock;
    this.#lastAt = clock.monotonicMs();
  }

  show(label: string, progress: ImportProgress): void {
    if (this.#pace?.label !== label) this.#pace = { label, pace: new Pace(this.#clock) };
    // Also of what is not shown: from it a step has its beginning.
    const { share, text } = this.#pace.pace.describe(progress);
    const now = this.#clock.monotonicMs();
    if (now - this.#lastAt < lineEveryMs) return;
    this.#lastAt = now;
    printLine(this.#stream, `${label}: ${share === null ? '' : `${Math.floor(share * 100)} %, `}${text}`);
  }

  end(): void {
    this.#pace = null;
  }
}
