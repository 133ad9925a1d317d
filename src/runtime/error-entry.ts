/** One way to refuse or fail: what happened, and what to try. */
export interface ErrorEntry<Facts> {
  readonly httpStatus: number;
  /** Whether the same call can succeed later without anybody changing anything. */
  readonly retryable: boolean;
  readonly text: (facts: Facts) => string;
  /** Completes `Try: …`. */
  readonly hint: (facts: Facts) => string;
}

export function entry<Facts>(
  httpStatus: number,
  text: (facts: Facts) => string,
  hint: (facts: Facts) => string,
  retryable = false,
): ErrorEntry<Facts> {
  return { httpStatus, retryable, text, hint };
}
