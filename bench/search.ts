/**
 * Searching and paging in the store, without HTTP: keys and names that begin with something, the first and the last page of each list; how
 * long the search indexes take to make, and what imports pay for them.
 */
import { DatabaseSync } from 'node:sqlite';
import { products } from '../src/schema/dataset.ts';
import { SqliteIndexer } from '../src/store/sqlite/indexer.ts';
import { SqliteReader } from '../src/store/sqlite/reader.ts';
import type { CountSearch, RowSearch } from '../src/store/search.ts';
import { copyDatabase } from './lib/database.ts';
import { build, checkStillBuilt, longhaul, longhaulImport } from './lib/longhaul.ts';
import { load } from './lib/machine.ts';
import { inTurns, type Outcome } from './lib/measure.ts';
import { benchOptions } from './lib/options.ts';
import { report } from './lib/report.ts';
import { sampleFile, WorkFolder } from './lib/samples.ts';

const { runs, records } = benchOptions({ runs: 5, records: 5_000_000 });
const importedRecords = Math.min(records, 500_000);
const page = 100;
const queriesOfRun = 40;
build();
const before = load();
const file = await sampleFile({ records });
using folder = new WorkFolder();
const database = folder.file('search.db');
await longhaulImport(database, file.path);

const startedAt = performance.now();
/** Of what holds the write lock; sorting does not. */
let longestLockedMs = 0;
let stepAt = startedAt;
let under = 'begin';
const onStep = (next: string): void => {
  if (under !== 'sort') longestLockedMs = Math.max(longestLockedMs, performance.now() - stepAt);
  stepAt = performance.now();
  under = next;
};
{
  await using indexer = new SqliteIndexer({ path: database, onStep });
  await indexer.makeIndexes(products);
}
const indexedMs = performance.now() - startedAt;
await longhaul(['verify', '--db', `sqlite:${database}`]);

await using reader = new SqliteReader(database);
using other = new DatabaseSync(database, { readOnly: true });
/** The values of one row at some place from the end. */
const fromEnd = (columns: string, table: string, order: string): Record<string, string | number> =>
  other.prepare(`SELECT ${columns} FROM ${table} ORDER BY ${order} LIMIT 1 OFFSET ${page}`).get() as Record<
    string,
    string | number
  >;
const some = other.prepare('SELECT sku, name FROM products ORDER BY _hash LIMIT 500').all() as unknown as {
  sku: string;
  name: string;
}[];

const rows = async (search: RowSearch): Promise<number> =>
  (await reader.findRows(products, search, page)).length;
const counts = async (search: Omit<CountSearch, 'by' | 'match' | 'number'>): Promise<number> =>
  (await reader.findCounts(products, { by: 'name', match: null, number: null, ...search }, page)).length;
const lastSku = fromEnd('sku', 'products', 'sku DESC');
const lastName = fromEnd('name, sku', 'products', 'name DESC, sku DESC');
const last = (order: string) => {
  const { name, no_of_products: number } = fromEnd('*', 'product_counts', order);
  return { value: String(name), number: Number(number) };
};
const [rarest, mostFrequent, lastOfAll] = [
  'no_of_products, name DESC',
  'no_of_products DESC, name DESC',
  'name DESC',
].map(last);
const lists: Readonly<Record<string, (row: { sku: string; name: string }) => Promise<number>>> = {
  'a key': ({ sku }) => rows({ by: null, match: { kind: 'exact', text: sku }, after: null }),
  'what a key begins with': ({ sku }) =>
    rows({ by: null, match: { kind: 'prefix', text: sku.slice(0, 5) }, after: null }),
  'a name': ({ name }) => rows({ by: 'name', match: { kind: 'exact', text: name }, after: null }),
  'what a name begins with': ({ name }) =>
    rows({ by: 'name', match: { kind: 'prefix', text: name.slice(0, 3) }, after: null }),
  'rows by key: first page': () => rows({ by: null, match: null, after: null }),
  'rows by key: last page': () =>
    rows({ by: null, match: null, after: { value: null, key: [String(lastSku['sku'])] } }),
  'rows by name: first page': () => rows({ by: 'name', match: null, after: null }),
  'rows by name: last page': () =>
    rows({
      by: 'name',
      match: null,
      after: { value: String(lastName['name']), key: [String(lastName['sku'])] },
    }),
  'most frequent names: first page': () => counts({ order: '-number', after: null }),
  'most frequent names: last page': () => counts({ order: '-number', after: rarest! }),
  'least frequent names: first page': () => counts({ order: 'number', after: null }),
  'least frequent names: last page': () => counts({ order: 'number', after: mostFrequent! }),
  'names: last page': () => counts({ order: 'value', after: lastOfAll! }),
  'distribution of names': async () => (await reader.distribution(products, 'name')).length,
};

/** Of each run the time that 95 of 100 searches do not exceed. */
async function timed(
  what: string,
  search: (row: { sku: string; name: string }) => Promise<number>,
): Promise<Outcome> {
  const seconds: number[] = [];
  for (let run = 0; run < runs; run++) {
    const ofRun: number[] = [];
    for (let query = 0; query < queriesOfRun; query++) {
      const row = some[(run * queriesOfRun + query) % some.length]!;
      const at = performance.now();
      if ((await search(row)) === 0) throw new Error(`${what}: nothing was found`);
      ofRun.push((performance.now() - at) / 1000);
    }
    seconds.push(Number(ofRun.sort((a, b) => a - b)[Math.floor(queriesOfRun * 0.95)]!.toFixed(5)));
  }
  return {
    ...{
      what: `p95: ${what}`,
      seconds,
      medianSeconds: seconds.toSorted((a, b) => a - b)[Math.floor(runs / 2)]!,
    },
    ...{ medianCpuSeconds: null, baseline: null, timesAsFast: null },
    ...{ megabytesPerSecond: null, recordsPerSecond: null, peakRssBytes: null },
  };
}

const outcomes: Outcome[] = [];
for (const [what, search] of Object.entries(lists)) outcomes.push(await timed(what, search));

/** Imports of a next version into a filled table, with search indexes and without. */
const [filled, indexed, target] = ['filled.db', 'indexed.db', 'target.db'].map((name) =>
  folder.file(name),
) as [string, string, string];
await longhaulImport(filled, (await sampleFile({ records: importedRecords })).path);
copyDatabase(filled, indexed);
{
  await using indexer = new SqliteIndexer({ path: indexed });
  await indexer.makeIndexes(products);
}
const contenders = [];
for (const [what, changed] of [
  ['1 % changed', 0.01],
  ['all changed', 1],
] as const) {
  const { path } = await sampleFile({ records: importedRecords, changed });
  for (const [how, from] of [
    ['without search indexes', filled],
    ['with search indexes', indexed],
  ] as const) {
    contenders.push({
      what: `import, ${what}, ${how}`,
      baseline: `import, ${what}, without search indexes`,
      prepare: () => copyDatabase(from, target),
      run: () => longhaulImport(target, path),
    });
  }
}
outcomes.push(...(await inTurns(contenders, runs)));
checkStillBuilt();
const notes = [
  `both search indexes of ${records} records: ${(indexedMs / 1000).toFixed(1)} s; the longest piece under the lock ${Math.round(longestLockedMs)} ms, with the wait for it`,
  `imports: ${importedRecords} records`,
];
report({
  ...{ name: 'search', runs, load: before, records, bytes: file.bytes, digest: null },
  notes,
  outcomes,
});
