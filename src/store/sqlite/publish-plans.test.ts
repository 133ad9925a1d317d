/** No publish looks through a table for each of its rows: that would take hours, and the lock with it. */
import { expect, test } from 'vitest';
import { Place } from '../../../test/helpers/sqlite-place.ts';
import { QueryPlans } from '../../../test/helpers/query-plans.ts';
import { type Dataset, products } from '../../schema/dataset.ts';
import { planOf, testFile } from '../conformance-files.ts';
import { keyless, parts } from '../conformance-reading.ts';
import { importTestFile } from '../conformance-steps.ts';
import { SqliteIndexer } from './indexer.ts';

const datasets: readonly (readonly [Dataset, (number: number, version: number) => readonly string[]])[] = [
  [products, (number, version) => [`k${number}`, `name ${number % (2 + version)}`, 'd']],
  [parts, (number, version) => [`${number}`, 'left', `${number % (2 + version)}`, '2026-01-01', '1']],
  [keyless, (number, version) => ['left', '0.5', '2026-01-01', 'right', `${number % (2 + version)}`]],
];
const ways = [
  ['in place', {}],
  ['through successors, few entries of indexes', { mostMsInPlace: 0 }],
  ['through successors, many entries of indexes', { mostMsInPlace: 0, mostEntriesOneByOne: 0 }],
] as const;

for (const [dataset, record] of datasets) {
  const file = (version: number) =>
    testFile([Array.from({ length: 40 }, (_, number) => record(number, version))], dataset);
  test.each(ways)(`${dataset.name}, published %s`, async (_, tuning) => {
    using place = new Place();
    await using store = await place.importer(tuning, dataset);
    await importTestFile(store, file(0), planOf('a.csv', { dataset }));
    await using indexer = new SqliteIndexer({ path: place.database, entriesAtOnce: 7 });
    await indexer.makeIndexes(dataset);
    using plans = new QueryPlans();
    await importTestFile(store, file(1), planOf('a.csv', { dataset, fingerprint: 'the next one' }));
    expect(plans.seen).toBeGreaterThan(30);
    expect([...plans.nested]).toEqual([]);
  });

  test(`${dataset.name}, its search indexes made`, async () => {
    using place = new Place();
    await using store = await place.importer({}, dataset);
    await importTestFile(store, file(0), planOf('a.csv', { dataset }));
    using plans = new QueryPlans();
    await using indexer = new SqliteIndexer({ path: place.database, entriesAtOnce: 7 });
    await indexer.makeIndexes(dataset);
    expect(plans.seen).toBeGreaterThan(10);
    expect([...plans.nested]).toEqual([]);
  });
}
