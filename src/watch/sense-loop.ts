import type { Clock } from '../runtime/clock.ts';
import { Backoff, jittered } from './backoff.ts';
import { troubleOf } from './database-health.ts';
import type { WatchEvent } from './events.ts';
import { pause } from './pause.ts';
import type { SensingState, SourceStatus, Trouble } from './status.ts';
import type { WatchTuning } from './tuning.ts';

export interface SenseLoopParts {
  readonly source: string;
  /** Resolves to whether the source is about to offer something. */
  readonly sense: (signal: AbortSignal) => Promise<boolean>;
  readonly tuning: WatchTuning;
  readonly clock: Clock;
  readonly random: () => number;
  readonly report: (event: WatchEvent) => void;
}

/** A source that is about to offer something is asked so many times as often, but for so many intervals only: somebody may write for hours. */
const soonTimes = 8;
const mostSoonIntervals = 5;
/** What takes long to answer is not asked for more often than this many times as long. */
const leastSoonPauses = 20;

/** Senses one source again and again: at the interval while it answers, ever less often while it does not. */
export class SenseLoop {
  readonly #parts: SenseLoopParts;
  readonly #backoff: Backoff;
  readonly #stopping = new AbortController();
  #waking = new AbortController();
  #looping: Promise<void> | null = null;
  #state: SensingState = 'starting';
  #trouble: Trouble | null = null;
  #sensedMs: number | null = null;
  #tookMs: number | null = null;
  /** On the monotonic clock: since when it is about to offer something. */
  #soonSinceMs: number | null = null;
  /** On the monotonic clock. */
  #dueMs: number;

  constructor(parts: SenseLoopParts) {
    this.#parts = parts;
    this.#backoff = new Backoff(parts.tuning.senseBackoff, parts.random);
    this.#dueMs = parts.clock.monotonicMs();
  }

  get isStopped(): boolean {
    return this.#stopping.signal.aborted;
  }

  start(): void {
    this.#looping ??= this.#loop();
  }

  /** Without waiting for the interval, nor for the end of a back-off. */
  senseNow(): void {
    this.#waking.abort();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#waking.abort();
    await this.#looping;
  }

  status(): Omit<SourceStatus, 'name' | 'url' | 'kind' | 'table' | 'paused' | 'files' | 'filesBy'> {
    const { clock } = this.#parts;
    const nextSenseMs = Math.round(this.#dueMs + clock.wallMs() - clock.monotonicMs());
    return {
      state: this.#state,
      trouble: this.#trouble,
      failures: this.#backoff.failures,
      sensedMs: this.#sensedMs,
      senseTookMs: this.#tookMs,
      nextSenseMs: this.isStopped ? null : nextSenseMs,
    };
  }

  async #loop(): Promise<void> {
    const { clock, random, report, source } = this.#parts;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      this.#waking = new AbortController();
      const startMs = clock.monotonicMs();
      const lateMs = Math.max(0, startMs - this.#dueMs);
      const trouble = await this.#senseOnce();
      if (signal.aborted as boolean) return;
      const endMs = clock.monotonicMs();
      this.#tookMs = endMs - startMs;
      report({ kind: 'sensed', source, tookMs: this.#tookMs, lateMs, trouble });
      if (trouble === null) this.#answered();
      else this.#failed(trouble);
      // From its beginning, so that an answer that takes long does not make the interval longer.
      this.#dueMs =
        trouble === null
          ? Math.max(endMs, startMs + jittered(this.#intervalMs(endMs, this.#tookMs), random))
          : endMs + this.#backoff.failed();
      await pause(this.#dueMs - endMs, this.#waking.signal);
      this.#dueMs = Math.min(this.#dueMs, clock.monotonicMs());
    }
  }

  #intervalMs(nowMs: number, tookMs: number): number {
    const { senseIntervalMs: usual } = this.#parts.tuning;
    if (this.#soonSinceMs === null || nowMs - this.#soonSinceMs > mostSoonIntervals * usual) return usual;
    return Math.min(usual, Math.max(usual / soonTimes, leastSoonPauses * tookMs));
  }

  async #senseOnce(): Promise<Trouble | null> {
    const { senseTimeoutMs } = this.#parts.tuning;
    const ending = new AbortController();
    const end = (): void => ending.abort();
    const timer = setTimeout(() => ending.abort(timedOut), senseTimeoutMs);
    this.#stopping.signal.addEventListener('abort', end, { once: true });
    try {
      const isSoon = await this.#parts.sense(ending.signal);
      this.#soonSinceMs = isSoon ? (this.#soonSinceMs ?? this.#parts.clock.monotonicMs()) : null;
      return null;
    } catch (error) {
      const reason = `it has not answered within ${senseTimeoutMs / 1000} s`;
      return ending.signal.reason === timedOut ? { code: 'source_slow', reason } : troubleOf(error);
    } finally {
      clearTimeout(timer);
      this.#stopping.signal.removeEventListener('abort', end);
    }
  }

  #answered(): void {
    const { report, source, clock } = this.#parts;
    const wasFailing = this.#trouble !== null;
    this.#state = 'ok';
    this.#trouble = null;
    this.#sensedMs = clock.wallMs();
    this.#backoff.succeeded();
    if (wasFailing) report({ kind: 'source_back', source });
  }

  #failed(trouble: Trouble): void {
    const { report, source } = this.#parts;
    const isNew = this.#trouble?.code !== trouble.code;
    this.#state = stateOf(trouble);
    this.#trouble = trouble;
    if (isNew) report({ kind: 'source_failing', source, trouble });
  }
}

const timedOut = Symbol('timed out');

/** What answers, but not as a source does. */
const garbage: ReadonlySet<string> = new Set([
  'source_answer_wrong',
  'source_content_wrong',
  'source_encodes',
  'source_not_csv',
  'source_redirects',
]);

function stateOf({ code }: Trouble): SensingState {
  if (code === 'source_slow' || code === 'source_silent') return 'slow';
  return garbage.has(code) ? 'garbage' : 'unreachable';
}
