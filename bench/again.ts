/**
 * Importing into a table that is filled already, each time into a fresh copy of it: what is the same costs nothing, what
 * has changed costs what it changes. The shell's recipe is the same as for the first import.
 */
import type { Receipt } from '../src/run/receipt.ts';
import { commonDigest, copyDatabase } from './lib/database.ts';
import { build, checkStillBuilt, longhaulImport } from './lib/longhaul.ts';
import { load } from './lib/machine.ts';
import { type Contender, inTurns, once } from './lib/measure.ts';
import { benchOptions } from './lib/options.ts';
import { report } from './lib/report.ts';
import { type SampleFile, sampleFile, WorkFolder } from './lib/samples.ts';
import { shellImport, shellMissing, sqliteShellVersion } from './lib/sqlite-shell.ts';

const { runs, records } = benchOptions({ runs: 5, records: 500_000 });
build();
const first = await sampleFile({ records });
const few = await sampleFile({ records, changed: 0.01 });
const all = await sampleFile({ records, changed: 1 });
using folder = new WorkFolder();
const hasShell = sqliteShellVersion() !== null;

interface Case {
  readonly what: string;
  readonly file: SampleFile;
  readonly name?: string;
  /** Whether the receipt is of the work that this case is about. */
  readonly expected: (receipt: Receipt) => boolean;
}

const cases: readonly Case[] = [
  { what: 'same version', file: first, expected: ({ status }) => status === 'already_published' },
  {
    what: 'same content, other name',
    file: first,
    name: 'other.csv',
    expected: ({ status, unchanged, superseded }) => status === 'done' && unchanged + superseded === records,
  },
  {
    what: '1 % changed',
    file: few,
    expected: ({ updated, unchanged }) => updated > 0 && updated < unchanged / 50,
  },
  { what: 'all changed', file: all, expected: ({ updated, superseded }) => updated + superseded === records },
];

const filled = folder.file('filled.db');
await longhaulImport(filled, first.path);
const filledByShell = folder.file('filled-by-shell.db');
if (hasShell) {
  await shellImport(filledByShell, first.path);
  await commonDigest(
    new Map([
      ['longhaul', filled],
      ['sqlite3 shell', filledByShell],
    ]),
  );
}

/** What a case is done by, each with its own database. */
function contendersFor({ what, file, name, expected }: Case): Contender[] {
  const size = { bytes: file.bytes, records };
  const shell: Contender = {
    what: `sqlite3 shell, ${what}`,
    ...size,
    prepare: () => copyDatabase(filledByShell, folder.file('shell.db')),
    run: () => shellImport(folder.file('shell.db'), file.path),
  };
  const ours: Contender = {
    what: `longhaul, ${what}`,
    baseline: shell.what,
    ...size,
    prepare: () => copyDatabase(filled, folder.file('longhaul.db')),
    async run() {
      const measured = await longhaulImport(folder.file('longhaul.db'), file.path, name);
      if (!expected(measured.receipt)) {
        throw new Error(`${what}: not the work that was expected: ${JSON.stringify(measured.receipt)}`);
      }
      return measured;
    },
  };
  return hasShell ? [ours, shell] : [ours];
}

const digests: Record<string, string> = {};
const contenders: Contender[] = [];
for (const each of cases) {
  const databases = new Map<string, string>([['longhaul', folder.file('longhaul.db')]]);
  if (hasShell) databases.set('sqlite3 shell', folder.file('shell.db'));
  const those = contendersFor(each);
  for (const contender of those) await once(contender);
  digests[each.what] = await commonDigest(databases);
  contenders.push(...those);
}
const before = load();
const outcomes = await inTurns(contenders, runs);
checkStillBuilt();
report({
  name: 'again',
  runs,
  load: before,
  records,
  bytes: first.bytes,
  digest: digests,
  notes: [hasShell ? '× as fast: as the shell with the same file' : shellMissing],
  outcomes,
});
