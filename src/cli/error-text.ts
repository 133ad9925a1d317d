import type { LonghaulError } from '../runtime/errors.ts';
import { printLine } from './terminal.ts';

/** What happened, then what to try. A stack trace only for whoever asks, or for a defect. */
export function printError(stderr: NodeJS.WritableStream, error: LonghaulError, verbose: boolean): void {
  printLine(stderr, `longhaul: ${error.message}`);
  printLine(stderr, `Try: ${error.hint}`);
  if (!verbose) return;
  const origin = error.cause instanceof Error ? error.cause : error;
  printLine(stderr, origin.stack ?? '(no stack)');
}
