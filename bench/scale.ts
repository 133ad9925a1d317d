/**
 * The same job with ten and forty times the records: the time a record should grow little, the memory hardly at all.
 * `--records` is the smallest number. DuckDB says, untimed, what the answer is.
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
const factors = [1, 10, 40];
build();
const files: SampleFile[] = [];
for (const factor of factors) files.push(await sampleFile({ records: records * factor }));
const largest = files.at(-1)!;
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
for (const file of files) {
  await once(contender(file));
  const duckdb = folder.file('products.duckdb');
  await duckdbImport(duckdb, file.path);
  const databases = { 'longhaul import': folder.file(`${file.records}.db`), DuckDB: duckdb };
  digests[file.records] = await commonDigest(new Map(Object.entries(databases)));
  removeDatabase(duckdb);
}
const before = load();
const outcomes = await inTurns(files.map(contender), runs);
checkStillBuilt();

const [one] = outcomes;
const notes = outcomes.slice(1).map((outcome, index) => {
  const factor = factors[index + 1]!;
  const grown = outcome.medianSeconds / factor / one!.medianSeconds;
  const memory = (outcome.peakRssBytes ?? 0) - (one!.peakRssBytes ?? 0);
  return `${factor} times the records take ${grown.toFixed(2)} times as long a record, and ${memory < 0 ? '-' : ''}${byteText(Math.abs(memory))} more memory.`;
});
report({
  name: 'scale',
  runs,
  load: before,
  records: largest.records,
  bytes: largest.bytes,
  digest: digests,
  notes,
  outcomes,
});
