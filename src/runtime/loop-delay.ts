import { monitorEventLoopDelay } from 'node:perf_hooks';

/** A timer of 10 ms would cost 0.25 % of a core a thread, more than all sensing of a few sources. */
export const loopTimerMs = 20;

/** How far apart the turns of this thread's event loop are, by a timer of `loopTimerMs`: what is more than that is delay. Seconds. */
export class LoopDelay {
  readonly #histogram = monitorEventLoopDelay({ resolution: loopTimerMs });

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
