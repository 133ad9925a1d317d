/** The only place that reads the time; everything else is handed a clock, so that tests can hand their own. */
export interface Clock {
  /** Milliseconds since 1970-01-01T00:00:00Z. For records that people read, never for measuring. */
  wallMs(): number;
  /** Milliseconds from an arbitrary start that never goes backwards. For measuring. */
  monotonicMs(): number;
}

export const systemClock: Clock = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
};
