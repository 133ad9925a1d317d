/**
 * How long an edit waits while a publish is under way: another process edits a row every 20 ms during whole imports of
 * a next version into a filled table.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { copyDatabase } from './lib/database.ts';
import { build, checkStillBuilt, longhaul, longhaulImport } from './lib/longhaul.ts';
import { load } from './lib/machine.ts';
import type { Outcome } from './lib/measure.ts';
import { benchOptions } from './lib/options.ts';
import { report } from './lib/report.ts';
import { type SampleFile, sampleFile, WorkFolder } from './lib/samples.ts';

const { runs, records } = benchOptions({ runs: 5, records: 500_000 });
build();
const first = await sampleFile({ records });
const cases: readonly (readonly [what: string, file: SampleFile])[] = [
  ['1 % of the rows change', await sampleFile({ records, changed: 0.01 })],
  ['all rows change', await sampleFile({ records, changed: 1 })],
];
using folder = new WorkFolder();
const filled = folder.file('filled.db');
const database = folder.file('edited.db');
await longhaulImport(filled, first.path);

interface Run {
  /** In ascending order. */
  readonly waitsMs: readonly number[];
  readonly seconds: number;
  readonly peakRssBytes: number | null;
}

/** One import beside an editing process. Throws unless what they make together is right. */
async function runBeside(file: SampleFile): Promise<Run> {
  copyDatabase(filled, database);
  const editing = fileURLToPath(new URL('lib/edit-process.ts', import.meta.url));
  const editor = spawn(process.execPath, [editing, database], { stdio: ['pipe', 'pipe', 'inherit'] });
  const exited = once(editor, 'exit');
  const lines = createInterface(editor.stdout)[Symbol.asyncIterator]();
  await lines.next();
  const { receipt, seconds, peakRssBytes } = await longhaulImport(database, file.path);
  editor.stdin.end();
  const { value } = (await lines.next()) as { value: string };
  await exited;
  const waitsMs = (JSON.parse(value) as number[]).sort((a, b) => a - b);
  if (receipt.status !== 'done' || waitsMs.length < 10) throw new Error(JSON.stringify({ receipt, waitsMs }));
  await longhaul(['verify', '--db', `sqlite:${database}`]);
  return { waitsMs, seconds, peakRssBytes };
}

const before = load();
const all = new Map<string, Run[]>(cases.map(([what]) => [what, []]));
for (let run = 0; run < runs; run++) {
  for (const [what, file] of cases) all.get(what)!.push(await runBeside(file));
}
checkStillBuilt();

/** The wait that so many of all edits did not exceed. */
function quantile(sorted: readonly number[], part: number): number {
  return sorted[Math.min(Math.floor(sorted.length * part), sorted.length - 1)]!;
}

function outcome(what: string, msOfRun: readonly number[], ms: number): Outcome {
  return {
    what,
    seconds: msOfRun.map((each) => Number((each / 1000).toFixed(4))),
    medianSeconds: Number((ms / 1000).toFixed(4)),
    ...{ medianCpuSeconds: null, baseline: null, timesAsFast: null },
    ...{ megabytesPerSecond: null, recordsPerSecond: null, peakRssBytes: null },
  };
}

const outcomes = [...all].flatMap(([what, ofCase]) => {
  const waits = ofCase.flatMap(({ waitsMs }) => waitsMs).sort((a, b) => a - b);
  const figures = [
    ['the median edit', 0.5],
    ['99 of 100 edits take at most', 0.99],
    ['the longest of all edits', 1],
  ] as const;
  return figures.map(([figure, part]) =>
    outcome(
      `${what}: ${figure}`,
      ofCase.map(({ waitsMs }) => quantile(waitsMs, part)),
      quantile(waits, part),
    ),
  );
});
const notes = [...all].map(([what, ofCase]) => {
  const edits = ofCase.reduce((sum, { waitsMs }) => sum + waitsMs.length, 0);
  const seconds = ofCase.map((run) => run.seconds.toFixed(2)).join(', ');
  const peak = Math.max(...ofCase.map(({ peakRssBytes }) => peakRssBytes ?? 0)) / 2 ** 20;
  return `${what}: ${edits} edits; the imports beside them took ${seconds} s, ${Math.round(peak)} MiB at most`;
});
report({
  ...{ name: 'edits', runs, load: before, records, bytes: first.bytes, digest: null },
  notes,
  outcomes,
});
