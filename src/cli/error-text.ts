import type { LonghaulError } from '../runtime/errors.ts';
import { printLine, visible } from './terminal.ts';

/** Names of files and columns go into errors, and a file of others may call its columns what it likes. */
const mostCharacters = 2000;

/** What happened, then what to try. A stack trace only for whoever asks, or for a defect. */
export function printError(stderr: NodeJS.WritableStream, error: LonghaulError, verbose: boolean): void {
  printLine(stderr, `longhaul: ${visible(error.message, mostCharacters)}`);
  const { mistakes } = error.facts as { mistakes?: readonly string[] };
  if (mistakes !== undefined && mistakes.length > 1)
    for (const mistake of mistakes) printLine(stderr, `  ${visible(mistake, mostCharacters)}`);
  printLine(stderr, `Try: ${visible(error.hint, mostCharacters)}`);
  if (!verbose) return;
  const origin = error.cause instanceof Error ? error.cause : error;
  printLine(stderr, origin.stack ?? '(no stack)');
}
