import { parseArgs } from 'node:util';

export interface BenchOptions {
  /** How often each contender is timed. */
  readonly runs: number;
  readonly records: number;
}

/** `--runs` and `--records` of the command line, else the benchmark's own. */
export function benchOptions(fallback: BenchOptions): BenchOptions {
  const { values } = parseArgs({ options: { runs: { type: 'string' }, records: { type: 'string' } } });
  const wholeNumber = (name: 'runs' | 'records'): number => {
    const value = Number(values[name] ?? fallback[name]);
    if (Number.isSafeInteger(value) && value > 0) return value;
    throw new RangeError(`--${name} must be a whole number above 0, not ${values[name]}`);
  };
  return { runs: wholeNumber('runs'), records: wholeNumber('records') };
}
