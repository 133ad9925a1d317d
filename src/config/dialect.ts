import type { Dialect } from '../csv/dialect.ts';
import { LonghaulError } from '../runtime/errors.ts';

export interface DialectOptions {
  readonly delimiter: number;
  readonly quote: number | 'none';
  readonly escape: number | 'none';
  readonly header: boolean;
}

/** The dialect that options make together. Throws when they contradict each other, naming both. */
export function dialectOf(options: DialectOptions): Dialect {
  const { delimiter, header } = options;
  const quote = options.quote === 'none' ? null : options.quote;
  const escape = options.escape === 'none' ? null : options.escape;
  const refuse = (option: string, value: number, expected: string): never => {
    throw LonghaulError.of('bad_option', { option, value: String.fromCharCode(value), expected });
  };
  if (quote === delimiter) refuse('--quote', quote, 'it must be another character than --delimiter');
  if (escape === delimiter) refuse('--escape', escape, 'it must be another character than --delimiter');
  if (escape !== null && quote === null)
    refuse(
      '--escape',
      escape,
      'it must be none where --quote is none: it means something inside quotes only',
    );
  return { delimiter, quote, escape, header };
}
