/** How often a source is asked, and how patiently. All in milliseconds. */
export interface SourcePatience {
  /** Between two senses of a source that answers. */
  readonly senseIntervalMs: number;
  /** A source that has not answered a sense by then is slow, and asked again later. */
  readonly senseTimeoutMs: number;
  /** Until a connection stands. */
  readonly connectMs: number;
  /** Between two pieces of an answer, and until its first one. */
  readonly silentMs: number;
  /** After so long what a source does not surely tell of is read again. */
  readonly rereadMs: number;
}

/** What is said of one source; the rest is as for all. */
export type OwnPatience = Partial<SourcePatience>;
