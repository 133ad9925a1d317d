import { monitorEventLoopDelay } from 'node:perf_hooks';

/** How late the event loop of this thread is: a timer of 10 ms that looks at the time. Seconds. */
export class LoopDelay {
  readonly #histogram = monitorEventLoopDelay({ resolution: 10 });

  constructor() {
    this.#histogram.enable();
  }

  /** Since the last call. */
  take(): { readonly median: number; readonly p99: number; readonly longest: number } {
    const histogram = this.#histogram;
    const [median, p99, longest] = [histogram.percentile(50), histogram.percentile(99), histogram.max];
    histogram.reset();
    return { median: median / 1e9, p99: p99 / 1e9, longest: longest / 1e9 };
  }
}
