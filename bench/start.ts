/** Commands that should answer at once, as whole processes, next to a Node that does nothing. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { runChild } from './lib/child.ts';
import { build, checkStillBuilt, longhaul, longhaulImport } from './lib/longhaul.ts';
import { load } from './lib/machine.ts';
import { inTurns } from './lib/measure.ts';
import { benchOptions } from './lib/options.ts';
import { report } from './lib/report.ts';
import { sampleFile, WorkFolder } from './lib/samples.ts';

const { runs, records } = benchOptions({ runs: 21, records: 500_000 });
build();
const sample = await sampleFile({ records });
using folder = new WorkFolder();
const database = folder.file('longhaul.db');
await longhaulImport(database, sample.path);
const show = (what: string): string[] => ['show', what, '--limit', '10', '--db', `sqlite:${database}`];

/** Throws unless the commands say what is so. @returns the digest of what they say */
async function check(): Promise<string> {
  const packageText = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  const { version } = JSON.parse(packageText) as { version: string };
  const { stdout } = await longhaul(['--version']);
  if (stdout !== `${version}\n`) throw new Error(`--version says ${stdout}, package.json ${version}`);

  using db = new DatabaseSync(database, { readOnly: true });
  const expected = {
    products: db
      .prepare('SELECT name, sku, description, _run, _line FROM products ORDER BY sku LIMIT 10')
      .all(),
    counts: db
      .prepare('SELECT name, no_of_products FROM product_counts ORDER BY no_of_products DESC, name LIMIT 10')
      .all(),
  };
  const hash = createHash('sha256');
  for (const [what, rows] of Object.entries(expected)) {
    const shown = (await longhaul([...show(what), '--json'])).stdout.trim();
    if (shown !== JSON.stringify({ [what]: rows })) throw new Error(`show ${what} shows ${shown}`);
    hash.update(shown);
  }
  return hash.digest('hex');
}

const digest = await check();
const before = load();
const node = 'node -e 0';
const contenders = [
  { what: node, run: () => runChild(process.execPath, ['-e', '0']) },
  { what: 'longhaul --version', baseline: node, run: () => longhaul(['--version']) },
  { what: 'longhaul show products --limit 10', baseline: node, run: () => longhaul(show('products')) },
  { what: 'longhaul show counts --limit 10', baseline: node, run: () => longhaul(show('counts')) },
];
const outcomes = await inTurns(contenders, runs);
checkStillBuilt();
report({ name: 'start', runs, load: before, records, bytes: sample.bytes, digest, outcomes });
