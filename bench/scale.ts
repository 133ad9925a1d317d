/**
 * The same job with ten times the records: the time a record should grow little, the memory hardly at all.
 * `--records` is the smaller number. DuckDB says, untimed, what the answer is.
 */
import { commonDigest, removeDatabase } from './lib/database.ts';
import { duckdbImport } from './lib/duckdb.ts';
import { build, checkStillBuilt, longhaulImport } from './lib/longhaul.ts';
import { load } from './lib/machine.ts';
import { type Contender, inTurns, once } from './lib/measure.ts';
import { benchOptions } from './lib/options.ts';
import { report } from './lib/report.ts';
import { type SampleFile, sampleFile, WorkFolder } from './lib/samples.ts';
import { byteText, grouped } from '../src/cli/terminal.ts';

const { runs, records } = benchOptions({ runs: 3, records: 500_000 });
const factor = 10;
build();
const small = await sampleFile({ records });
const large = await sampleFile({ records: records * factor });
using folder = new WorkFolder();

function contender(file: SampleFile): Contender {
  const database = folder.file(`${file.records}.db`);
  return {
    what: `longhaul import, ${grouped(file.records)} records`,
    bytes: file.bytes,
    records: file.records,
    prepare: () => removeDatabase(database),
    run: () => longhaulImport(database, file.path),
  };
}

const digests: Record<string, string> = {};
for (const file of [small, large]) {
  await once(contender(file));
  const duckdb = folder.file('products.duckdb');
  await duckdbImport(duckdb, file.path);
  const databases = { 'longhaul import': folder.file(`${file.records}.db`), DuckDB: duckdb };
  digests[file.records] = await commonDigest(new Map(Object.entries(databases)));
  removeDatabase(duckdb);
}
const before = load();
const outcomes = await inTurns([contender(small), contender(large)], runs);
checkStillBuilt();

const [one, ten] = outcomes;
const grown = ten!.medianSeconds / factor / one!.medianSeconds;
const memory = (ten!.peakRssBytes ?? 0) - (one!.peakRssBytes ?? 0);
report({
  name: 'scale',
  runs,
  load: before,
  records: large.records,
  bytes: large.bytes,
  digest: digests,
  notes: [
    `${factor} times the records take ${grown.toFixed(2)} times as long a record, and ${memory < 0 ? '-' : ''}${byteText(Math.abs(memory))} more memory.`,
  ],
  outcomes,
});
