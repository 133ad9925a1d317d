import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { byteText, grouped, table } from '../../src/cli/terminal.ts';
import { commit, load, machine, versions } from './machine.ts';
import type { Outcome } from './measure.ts';

export interface Report {
  readonly name: string;
  readonly runs: number;
  /** The load of the machine before the first run. */
  readonly load: number;
  /** Of the file that was read. */
  readonly records: number;
  readonly bytes: number;
  /** Of the answer, equal for all contenders. */
  readonly digest: string | Readonly<Record<string, string>> | null;
  /** What was left out and why, and figures that are no contender's. */
  readonly notes?: readonly string[];
  readonly outcomes: readonly Outcome[];
}

/** Prints the table and writes `bench/results/<name>.json`. */
export function report({ name, runs, records, bytes, digest, notes = [], outcomes, ...rest }: Report): void {
  const load1 = { before: rest.load, after: load() };
  const document = {
    name,
    date: new Date().toISOString(),
    commit: commit(),
    machine: machine(),
    load: load1,
    versions: versions(),
    records,
    bytes,
    runs,
    digest,
    notes,
    outcomes,
  };
  const folder = new URL('../results/', import.meta.url);
  mkdirSync(folder, { recursive: true });
  const file = new URL(`${name}.json`, folder);
  writeFileSync(file, `${JSON.stringify(document, null, 2)}\n`);
  // Results are committed, so they have to pass `npm run check` like all else.
  const biome = new URL('../../node_modules/@biomejs/biome/bin/biome', import.meta.url);
  const format = [fileURLToPath(biome), 'format', '--write', fileURLToPath(file)];
  spawnSync(process.execPath, format, { cwd: new URL('../../', import.meta.url) });

  const heads = ['', 'median', 'fastest–slowest', 'CPU', '× as fast', 'MB/s', 'records/s', 'peak memory'];
  const rows = outcomes.map((outcome) => {
    const { what, medianSeconds, seconds, timesAsFast, baseline, peakRssBytes } = outcome;
    return [
      what,
      time(medianSeconds),
      `${time(Math.min(...seconds))}–${time(Math.max(...seconds))}`,
      optional(outcome.medianCpuSeconds, time),
      timesAsFast === null || baseline === what ? '' : timesAsFast.toFixed(2),
      optional(outcome.megabytesPerSecond, (speed) => grouped(Math.round(speed))),
      optional(outcome.recordsPerSecond, grouped),
      optional(peakRssBytes, byteText),
    ];
  });
  console.log(`${grouped(records)} records, ${byteText(bytes)}, ${runs} runs, Node ${process.version}`);
  for (const line of table(heads, rows)) console.log(line);
  const baselines = new Set(outcomes.flatMap(({ baseline }) => baseline ?? []));
  if (baselines.size === 1) console.log(`× as fast: as ${Array.from(baselines).join()}`);
  for (const note of notes) console.log(note);
  console.log(
    `commit ${document.commit}, load ${load1.before} before and ${load1.after} after; bench/results/${name}.json`,
  );
}

function time(seconds: number): string {
  return seconds < 1 ? `${(seconds * 1000).toFixed(seconds < 0.1 ? 1 : 0)} ms` : `${seconds.toFixed(2)} s`;
}

function optional(value: number | null, text: (value: number) => string): string {
  return value === null ? '' : text(value);
}
