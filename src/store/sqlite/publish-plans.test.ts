/** No publish looks through a table for each of its rows: that would take hours, and the lock with it. */
import { expect, test } from 'vitest';
import { Place } from '../../../test/helpers/sqlite-place.ts';
import { QueryPlans } from '../../../test/helpers/query-plans.ts';
import { type Dataset, products } from '../../schema/dataset.ts';
import { planOf, testFile } from '../conformance-files.ts';
import { importTestFile } from '../conformance-steps.ts';
import { SqliteIndexer } from './indexer.ts';

const numbered: Dataset = {
  name: 'numbered',
  columns: [
    { name: 'id', type: 'text' },
    { name: 'part', type: 'text' },
    { name: 'size', type: 'real' },
    { name: 'day', type: 'date' },
  ],
  key: ['id', 'part'],
  counts: [
    { column: 'size', table: 'numbered_counts_by_size', numberColumn: 'no_of_rows' },
    { column: 'day', table: 'numbered_counts_by_day', numberColumn: 'no_of_rows' },
  ],
};
const keyless: Dataset = {
  name: 'keyless',
  columns: [
    { name: 'who', type: 'text' },
    { name: 'much', type: 'integer' },
  ],
  key: [],
  counts: [{ column: 'much', table: 'keyless_counts_by_much', numberColumn: 'no_of_rows' }],
};
const datasets: readonly (readonly [Dataset, (number: number, version: number) => readonly string[]])[] = [
  [products, (number, version) => [`k${number}`, `name ${number % (2 + version)}`, 'd']],
  [numbered, (number, version) => [`${number}`, 'p', `${number % (2 + version)}`, '2026-01-01']],
  [keyless, (number, version) => ['who', String(number % (2 + version))]],
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
