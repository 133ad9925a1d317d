import type { Clock } from '../runtime/clock.ts';
import type { ImportProgress } from '../run/import-file.ts';
import { byteText, grouped, printLine } from './terminal.ts';

/** Shows how far an import is. `end` once before anything else is printed; it can go on after that. */
export interface ProgressDisplay {
  show(label: string, progress: ImportProgress): void;
  end(): void;
}

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

/** The step of an import as a share of it, with what is known of its speed. */
export class Pace {
  readonly #clock: Clock;
  readonly #startedAt: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#startedAt = clock.monotonicMs();
  }

  describe(progress: ImportProgress): { share: number | null; text: string } {
    if (progress.phase === 'publishing') {
      const { rows, ofRows } = progress;
      return {
        share: ofRows === 0 ? 1 : rows / ofRows,
        text: `publishing ${grouped(rows)} of ${grouped(ofRows)} rows`,
      };
    }
    const { storedBytes, expectedBytes, contentBytes, records, chunksTakenOver } = progress;
    const seconds = Math.max(0.001, (this.#clock.monotonicMs() - this.#startedAt) / 1000);
    const share =
      expectedBytes === null || expectedBytes === 0 ? null : Math.min(1, storedBytes / expectedBytes);
    const left =
      share === null || share === 0 ? '' : `, ${Math.ceil((seconds / share) * (1 - share))} s left`;
    const before = chunksTakenOver === 0 ? '' : `, ${grouped(chunksTakenOver)} chunks taken over`;
    const speed = `${grouped(Math.round(records / seconds))} rows/s, ${(contentBytes / seconds / 1e6).toFixed(1)} MB/s`;
    return {
      share,
      text: `reading ${byteText(contentBytes)}, ${grouped(records)} records, ${speed}${before}${left}`,
    };
  }
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
    const now = this.#clock.monotonicMs();
    if (now - this.#lastAt < lineEveryMs) return;
    this.#lastAt = now;
    const { share, text } = this.#pace.pace.describe(progress);
    printLine(this.#stream, `${label}: ${share === null ? '' : `${Math.floor(share * 100)} %, `}${text}`);
  }

  end(): void {
    this.#pace = null;
  }
}
