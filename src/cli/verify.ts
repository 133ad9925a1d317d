import { openReader, verify } from '../processes/reading.ts';
import type { Finding } from '../run/verify.ts';
import { LonghaulError } from '../runtime/errors.ts';
import { products } from '../schema/dataset.ts';
import { type CommandSpec, exitStatus } from './command.ts';
import { grouped, plural, printLine, visible } from './terminal.ts';

export const verifyCommand: CommandSpec = {
  name: 'verify',
  args: '[run]',
  summary: 'recount everything and compare',
  description: `Reads every row, computes its hash again, adds up rows and hashes, counts the products of every name, and checks
that the sums of all runs (or of the one named) meet. Exit status 1, and where it is, if anything differs from what
was written down when it was published. Reads one state of the database, also while an import runs.`,
  examples: [
    ['longhaul verify', 'check longhaul.db'],
    ['longhaul verify --json', 'the same for a program'],
  ],
  options: ['db'],
  async run(args, given, { terminal }) {
    const run = runNumber(args[0]);
    await using reader = await openReader(given.value('db'));
    if (run !== null && (await reader.run(run)) === null) throw noSuchRun(run);
    const verdict = await verify(reader, products, run);
    const print = (line: string): void => printLine(terminal.stdout, line);
    if (given.has('json')) {
      print(JSON.stringify(verdict));
    } else {
      print(
        `${products.name}: ${plural(verdict.rows, 'row')}, ${plural(verdict.groups, 'group')} counted, checksum ${verdict.checksum}, ${plural(verdict.runs, 'run')} checked`,
      );
      for (const finding of verdict.findings) print(`  DIFFERS ${findingText(finding)}`);
      const listed = verdict.findings.filter((finding) => finding.kind === 'row_changed').length;
      if (verdict.changedRows > listed)
        print(`  and ${grouped(verdict.changedRows - listed)} more changed rows`);
      print(verdict.agrees ? 'everything agrees' : 'the database is NOT as it was published');
    }
    return verdict.agrees ? exitStatus.done : exitStatus.failed;
  },
};

/** The number of a run as given on the command line. */
export function runNumber(given: string | undefined): number | null {
  if (given === undefined) return null;
  if (/^[1-9]\d{0,14}$/.test(given)) return Number(given);
  throw LonghaulError.of('bad_option', {
    option: '[run]',
    value: given,
    expected: 'it must be the number of a run',
  });
}

export function noSuchRun(run: number): LonghaulError {
  return LonghaulError.of('not_found', {
    what: `there is no run ${run}`,
    hint: '"longhaul show runs" lists them',
  });
}

function findingText(finding: Finding): string {
  switch (finding.kind) {
    case 'row_changed': {
      const key = finding.key.map((part) => visible(part, 80)).join(', ');
      return `row ${products.key.join(', ')}=${key} (run ${finding.run}, line ${finding.line}): ${finding.reason}`;
    }
    case 'count_differs': {
      const { table, value, expected, found } = finding.difference;
      return `${table} of "${visible(String(value), 80)}": ${expected} rows have it, the table says ${found === null ? 'nothing' : String(found)}`;
    }
    case 'edit_lost': {
      const key = finding.key.map((part) => visible(part, 80)).join(', ');
      return `edit ${finding.edit} of ${products.key.join(', ')}=${key}: ${finding.reason}`;
    }
    case 'rows_differ':
      return `number of rows: ${grouped(finding.expected)} were published, ${grouped(finding.found)} are there`;
    case 'checksum_differs':
      return `checksum: ${finding.expected} was published, ${finding.found} is what the rows add up to`;
    case 'run_differs':
      return `run ${finding.run}: ${finding.reason}`;
  }
}
