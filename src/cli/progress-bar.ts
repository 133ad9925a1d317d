import { Presets, SingleBar } from 'cli-progress';
import type { ImportProgress } from '../run/import-file.ts';
import type { Clock } from '../runtime/clock.ts';
import { Pace, type ProgressDisplay } from './pace.ts';

/** For a terminal: one line that is drawn again and again. */
export class ProgressBar implements ProgressDisplay {
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
