export interface HttpTuning {
  /** Until a connection stands, TLS included. */
  readonly connectMs: number;
  /** Between two pieces of an answer, and until its first one. Slow but steady is fine. */
  readonly silentMs: number;
  /** For all of a small answer, however steady. */
  readonly answerMs: number;
  /** Reads of one source at once, each through a connection of its own. */
  readonly parallelReads: number;
}

/** What the design says, and nobody has asked to change. */
export const httpTuning: HttpTuning = {
  connectMs: 10_000,
  silentMs: 30_000,
  answerMs: 60_000,
  parallelReads: 4,
};
