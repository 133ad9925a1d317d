/** The README's table of measured figures, out of what `npm run bench` has written. */

interface Outcome {
  readonly what: string;
  readonly medianSeconds: number;
  readonly baseline: string | null;
  readonly timesAsFast: number | null;
  readonly peakRssBytes: number | null;
}

interface Result {
  readonly machine: { readonly cpu: string; readonly cores: number };
  readonly versions: Readonly<Record<string, string>>;
  readonly outcomes: readonly Outcome[];
}

/** Benchmarks whose results are shown, each with a heading for the reader. */
const shown = [
  ['import', 'half a million products into a new database, whole process'],
  ['again', 'the next version of the file, into the filled database'],
  ['postgres', 'with PostgreSQL: a new database, then the next versions of the file'],
  ['edits', 'an edit of one row while the next version is imported'],
  ['scale', 'ten and forty times as many'],
  ['parse', 'parsing alone, one thread'],
  ['start', 'commands that should answer at once'],
  ['source', 'a source server with a file of 2 GB'],
  ['master', 'two sources of half a million records each, and a master: processes of their own'],
] as const;

/** @param readResult the JSON of a benchmark's last run */
export function benchTable(readResult: (name: string) => string): string {
  const lines = ['| job | median | against it | peak memory |', '|---|---|---|---|'];
  const resultOf = (name: string): Result => JSON.parse(readResult(name)) as Result;
  for (const [name, heading] of shown) {
    lines.push(`| **${heading}** (\`npm run bench -- ${name}\`) | | | |`);
    for (const { what, medianSeconds, baseline, timesAsFast, peakRssBytes } of resultOf(name).outcomes) {
      const isBaseline = baseline === null || baseline === what || timesAsFast === null;
      const ratio = isBaseline
        ? ''
        : `${(1 / timesAsFast).toFixed(2)} of the time of ${baseline.replace(/,.*/, '')}`;
      const memory = peakRssBytes === null ? '' : `${Math.round(peakRssBytes / 2 ** 20)} MiB`;
      lines.push(`| ${what} | ${seconds(medianSeconds)} | ${ratio} | ${memory} |`);
    }
  }
  const { machine, versions } = resultOf('import');
  const { node, sqliteInNode, sqliteShell, duckdb, udsv } = versions;
  lines.push(
    '',
    `Measured on ${machine.cores} cores (${machine.cpu}), Node ${node} with SQLite ${sqliteInNode}; sqlite3 shell ${sqliteShell}, DuckDB ${duckdb}, uDSV ${udsv}.`,
  );
  return lines.join('\n');
}

/** The table of docs/scaling.md: how long workers stage, and which process used which processor time. @param result the JSON of the benchmark's last run */
export function workersTable(result: string): string {
  const { outcomes, records, machine, load, notes } = JSON.parse(result) as Result & {
    readonly records: number;
    readonly load: { readonly before: number; readonly after: number };
    readonly notes: readonly string[];
  };
  return [
    `| ${records.toLocaleString('en-US')} records are staged by | median | records/s |`,
    '|---|---|---|',
    ...outcomes.map(
      ({ what, medianSeconds }) =>
        `| ${what} | ${seconds(medianSeconds)} | ${Math.round(records / medianSeconds).toLocaleString('en-US')} |`,
    ),
    '',
    ...notes.map((note) => `* ${note}`),
    '',
    `Measured on ${machine.cores} cores (${machine.cpu}), load ${load.before} before and ${load.after} after.`,
  ].join('\n');
}

function seconds(value: number): string {
  if (value < 0.01) return `${(value * 1000).toFixed(1)} ms`;
  return value < 1 ? `${Math.round(value * 1000)} ms` : `${value.toFixed(2)} s`;
}
