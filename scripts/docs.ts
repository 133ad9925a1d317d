/**
 * Writes what documents say out of where it is known, so that they cannot drift: today the table of README.md out of
 * bench/results/. With --check it writes nothing and fails where something would change.
 */
import { readFileSync, writeFileSync } from 'node:fs';

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

const root = new URL('../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');

/** Benchmarks whose results the README shows, each with a heading for the reader. */
const shown = [
  ['import', 'half a million products into a new database, whole process'],
  ['again', 'the next version of the file, into the filled database'],
  ['scale', 'ten times as many'],
  ['parse', 'parsing alone, one thread'],
] as const;

function benchTable(): string {
  const lines = ['| job | median | against it | peak memory |', '|---|---|---|---|'];
  for (const [name, heading] of shown) {
    const { outcomes } = JSON.parse(read(`bench/results/${name}.json`)) as Result;
    lines.push(`| **${heading}** (\`npm run bench -- ${name}\`) | | | |`);
    for (const { what, medianSeconds, baseline, timesAsFast, peakRssBytes } of outcomes) {
      const compared = baseline === null || baseline === what || timesAsFast === null;
      const ratio = compared
        ? ''
        : `${(1 / timesAsFast).toFixed(2)} of the time of ${baseline.replace(/,.*/, '')}`;
      const memory = peakRssBytes === null ? '' : `${Math.round(peakRssBytes / 2 ** 20)} MiB`;
      lines.push(`| ${what} | ${seconds(medianSeconds)} | ${ratio} | ${memory} |`);
    }
  }
  const { machine, versions } = JSON.parse(read('bench/results/import.json')) as Result;
  const { node, sqliteInNode, sqliteShell, duckdb, udsv } = versions;
  lines.push(
    '',
    `Measured on ${machine.cores} cores (${machine.cpu}), Node ${node} with SQLite ${sqliteInNode}; sqlite3 shell ${sqliteShell}, DuckDB ${duckdb}, uDSV ${udsv}.`,
  );
  return lines.join('\n');
}

function seconds(value: number): string {
  return value < 1 ? `${Math.round(value * 1000)} ms` : `${value.toFixed(2)} s`;
}

/** The text with what stands between the two marks replaced. */
function withSection(text: string, name: string, content: string): string {
  const [begin, end] = [`<!-- ${name}: written by scripts/docs.ts -->`, `<!-- end of ${name} -->`];
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from === -1 || to < from) throw new Error(`no section "${name}"`);
  return `${text.slice(0, from + begin.length)}\n${content}\n${text.slice(to)}`;
}

const before = read('README.md');
const after = withSection(before, 'bench', benchTable());
if (process.argv.includes('--check')) {
  if (after !== before) {
    process.stderr.write('README.md is not what bench/results/ says: run node scripts/docs.ts\n');
    process.exitCode = 1;
  }
} else if (after !== before) {
  writeFileSync(new URL('README.md', root), after);
}
