import { Presets, SingleBar } from 'cli-progress';
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

export function progressDisplay(stream: NodeJS.WriteStream, clock: Clock, quiet: boolean): ProgressDisplay {
  if (quiet) return { show: () => undefined, end: () => undefined };
  return stream.isTTY ? new ProgressBar(stream, clock) : new ProgressLines(stream, clock);
}

/** The step of an import as a share of it, with what is known of its speed. */
class Pace {
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

class ProgressBar implements ProgressDisplay {
  readonly #stream: NodeJS.WriteStream;
  readonly #clock: Clock;
  #bar: { readonly bar: SingleBar; readonly label: string; readonly pace: Pace } | null = null;

  constructor(stream: NodeJS.WriteStream, clock: Clock) {
    this.#stream = stream;
    this.#clock = clock;
  }

  show(label: string, progress: ImportProgress): void {
    if (this.#bar?.label !== label) {
      this.end();
      const options = {
        stream: this.#stream,
        format: '{label} {bar} {percentage}% | {text}',
        hideCursor: true,
        clearOnComplete: true,
        fps: 10,
        // The exit that Ctrl-C leads to is ours; the bar must not end the process.
        gracefulExit: false,
      };
      const bar = new SingleBar(options, Presets.shades_classic);
      bar.start(1000, 0, { label, text: '' });
      this.#bar = { bar, label, pace: new Pace(this.#clock) };
    }
    const { bar, pace } = this.#bar;
    const { share, text } = pace.describe(progress);
    bar.update(Math.round((share ?? 0) * 1000), { text });
  }

  end(): void {
    this.#bar?.bar.stop();
    this.#bar = null;
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
