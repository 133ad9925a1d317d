import { databaseName } from '../config/database-url.ts';
import { keptDataset } from '../processes/datasets.ts';
import { openReader, verify } from '../processes/reading.ts';
import type { Finding, Verdict } from '../run/verify.ts';
import { type DatasetPlan, namedPlan } from '../schema/dataset-plan.ts';
import { type Dataset, storedKey } from '../schema/dataset.ts';
import type { StoreReader } from '../store/store.ts';
import { type CommandSpec, exitStatus, type Given } from './command.ts';
import { keyText } from './row-values.ts';
import { runNumber, tableOfRun } from './run-number.ts';
import { grouped, plural, printLine, visible } from './terminal.ts';

export const verifyCommand: CommandSpec = {
  name: 'verify',
  args: '[run]',
  summary: 'recount everything and compare',
  description: `Reads every row, computes its hash again, adds up rows and hashes, counts the products of every name, and checks
that the sums of all runs (or of the one named) meet. Exit status 1, and where it is, if anything differs from what
was written down when it was published. All tables are checked, or the one of --table. Reads one state of each, also
while an import runs.`,
  examples: [
    ['longhaul verify', 'check longhaul.db'],
    ['longhaul verify --json', 'the same for a program'],
  ],
  options: ['db', 'config', 'table'],
  async run(args, given, { terminal }) {
    const run = runNumber(args[0]);
    const print = (line: string): void => printLine(terminal.stdout, line);
    await using reader = await openReader(given.value('db'));
    const verdicts: Verdict[] = [];
    for (const dataset of await datasetsToVerify(reader, given, run)) {
      const verdict = await verify(reader, dataset, run);
      verdicts.push(verdict);
      if (!given.has('json')) for (const line of verdictText(dataset, verdict)) print(line);
    }
    const agrees = verdicts.every((verdict) => verdict.agrees);
    if (given.has('json')) print(JSON.stringify({ agrees, verdicts }));
    else print(agrees ? 'everything agrees' : 'the database is NOT as it was published');
    return agrees ? exitStatus.done : exitStatus.failed;
  },
};

/** The table that is named, that of the run, or else all of them: somebody who asks for everything must not get a part. */
async function datasetsToVerify(reader: StoreReader, given: Given, run: number | null): Promise<Dataset[]> {
  const name = await tableOfRun(reader, given, run);
  const names = name === undefined ? await reader.datasets() : [name];
  const database = databaseName(given.value('db'));
  const plan = given.plan();
  const of = (table: string): DatasetPlan => (table === plan.name ? plan : namedPlan(table));
  return await Promise.all(names.map((table) => keptDataset(reader, of(table), database)));
}

function verdictText(dataset: Dataset, verdict: Verdict): string[] {
  const lines = [
    `${visible(dataset.name)}: ${plural(verdict.rows, 'row')}, ${plural(verdict.groups, 'group')} counted, checksum ${verdict.checksum}, ${plural(verdict.runs, 'run')} checked`,
  ];
  const key = storedKey(dataset);
  for (const finding of verdict.findings) lines.push(`  DIFFERS ${findingText(finding, key)}`);
  const listed = verdict.findings.filter((finding) => finding.kind === 'row_changed').length;
  if (verdict.changedRows > listed)
    lines.push(`  and ${grouped(verdict.changedRows - listed)} more changed rows`);
  return lines;
}

function findingText(finding: Finding, key: readonly string[]): string {
  switch (finding.kind) {
    case 'row_changed':
      return `row ${keyText(key, finding.key)} (run ${finding.run}, line ${finding.line}): ${finding.reason}`;
    case 'count_differs': {
      const { table, value, expected, found } = finding.difference;
      return `${table} of "${visible(String(value), 80)}": ${expected} rows have it, the table says ${found === null ? 'nothing' : String(found)}`;
    }
    case 'edit_lost':
      return `edit ${finding.edit} of ${keyText(key, finding.key)}: ${finding.reason}`;
    case 'index_differs':
      return `search index of ${visible(finding.reason, 200)}`;
    case 'rows_differ':
      return `number of rows: ${grouped(finding.expected)} were published, ${grouped(finding.found)} are there`;
    case 'checksum_differs':
      return `checksum: ${finding.expected} was published, ${finding.found} is what the rows add up to`;
    case 'run_differs':
      return `run ${finding.run}: ${finding.reason}`;
  }
}
