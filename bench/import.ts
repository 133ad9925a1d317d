/**
 * The whole job, each time into a fresh database by a fresh process, from its start to its end: keyed products of which
 * the last record wins, and the number of products per name.
 */
import type { Measured } from './lib/child.ts';
import { commonDigest, removeDatabase } from './lib/database.ts';
import { duckdbImport } from './lib/duckdb.ts';
import { build, checkStillBuilt, longhaulImport } from './lib/longhaul.ts';
import { load } from './lib/machine.ts';
import { type Contender, inTurns, once } from './lib/measure.ts';
import { benchOptions } from './lib/options.ts';
import { report } from './lib/report.ts';
import { sampleFile, WorkFolder } from './lib/samples.ts';
import { shellImport, shellMissing, sqliteShellVersion } from './lib/sqlite-shell.ts';

const { runs, records } = benchOptions({ runs: 5, records: 500_000 });
build();
const plain = await sampleFile({ records });
const gzipped = await sampleFile({ records, gzip: true });
using folder = new WorkFolder();
const hasShell = sqliteShellVersion() !== null;
const databases = new Map<string, string>();

/** A contender with a database of its own. MB/s are of plain bytes, also where the file is compressed. */
function contender(what: string, fileName: string, run: (database: string) => Promise<Measured>): Contender {
  const database = folder.file(fileName);
  databases.set(what, database);
  return {
    what,
    baseline: hasShell ? 'sqlite3 shell' : 'DuckDB',
    bytes: plain.bytes,
    records,
    prepare: () => removeDatabase(database),
    run: () => run(database),
  };
}

const contenders = [
  contender('longhaul import', 'longhaul.db', (database) => longhaulImport(database, plain.path)),
  ...(hasShell
    ? [contender('sqlite3 shell', 'shell.db', (database) => shellImport(database, plain.path))]
    : []),
  contender('DuckDB', 'products.duckdb', (database) => duckdbImport(database, plain.path)),
  contender('longhaul import, .gz', 'gzipped.db', (database) => longhaulImport(database, gzipped.path)),
];

for (const each of contenders) await once(each);
const digest = await commonDigest(databases);
const before = load();
const outcomes = await inTurns(contenders, runs);
checkStillBuilt();
const notes = hasShell ? [] : [shellMissing];
report({ name: 'import', runs, load: before, records, bytes: plain.bytes, digest, notes, outcomes });
