/** What every entry of the error table has. */
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

export const quoted = (names: readonly string[]): string => names.map((name) => `"${name}"`).join(', ');

export const fewNames = (names: readonly string[]): string =>
  quoted(names.slice(0, 20)) + (names.length > 20 ? ` and ${names.length - 20} more` : '');
