import type { Measured } from './child.ts';

export interface Contender {
  readonly what: string;
  /** The contender whose median this one's is compared with. */
  readonly baseline?: string | undefined;
  /** What it has to read: for MB/s and records/s. Commands that read no file have none. */
  readonly bytes?: number;
  readonly records?: number;
  /** Untimed, before each run. */
  readonly prepare?: () => unknown;
  readonly run: () => Measured | Promise<Measured>;
}

export interface Outcome {
  readonly what: string;
  readonly seconds: readonly number[];
  readonly medianSeconds: number;
  readonly medianCpuSeconds: number | null;
  readonly baseline: string | null;
  /** The baseline's median divided by this one's. */
  readonly timesAsFast: number | null;
  readonly megabytesPerSecond: number | null;
  readonly recordsPerSecond: number | null;
  /** The highest of all runs. */
  readonly peakRssBytes: number | null;
}

/** A benchmark's first round warms up (page cache, compile cache) and is what answers are checked on. */
export async function once(contender: Contender): Promise<Measured> {
  await contender.prepare?.();
  return contender.run();
}

/** Something of this process. */
export async function timed(work: () => unknown): Promise<Measured> {
  const start = process.hrtime.bigint();
  await work();
  return { seconds: Number(process.hrtime.bigint() - start) / 1e9, cpuSeconds: null, peakRssBytes: null };
}

/** Times contenders in turns, A B C A B C …, so that a machine that gets busy slows all alike. */
export async function inTurns(contenders: readonly Contender[], runs: number): Promise<Outcome[]> {
  const measured = contenders.map((): Measured[] => []);
  for (let run = 0; run < runs; run++) {
    for (const [index, contender] of contenders.entries()) measured[index]!.push(await once(contender));
  }
  const medians = new Map(
    contenders.map(({ what }, index) => [what, median(measured[index]!.map(({ seconds }) => seconds))]),
  );
  return contenders.map(({ what, baseline, bytes, records }, index) => {
    const all = measured[index]!;
    const medianSeconds = medians.get(what)!;
    const other = baseline === undefined ? undefined : medians.get(baseline);
    return {
      what,
      seconds: all.map(({ seconds }) => Number(seconds.toFixed(4))),
      medianSeconds: Number(medianSeconds.toFixed(4)),
      medianCpuSeconds: medianOrNull(all.map(({ cpuSeconds }) => cpuSeconds)),
      baseline: other === undefined ? null : (baseline ?? null),
      timesAsFast: other === undefined ? null : Number((other / medianSeconds).toFixed(3)),
      megabytesPerSecond: bytes === undefined ? null : Number((bytes / 1e6 / medianSeconds).toFixed(1)),
      recordsPerSecond: records === undefined ? null : Math.round(records / medianSeconds),
      peakRssBytes: all.reduce<number | null>(
        (peak, { peakRssBytes }) => (peakRssBytes === null ? peak : Math.max(peak ?? 0, peakRssBytes)),
        null,
      ),
    };
  });
}

function medianOrNull(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length < values.length ? null : Number(median(known).toFixed(3));
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
