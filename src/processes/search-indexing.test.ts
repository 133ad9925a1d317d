/** When a master makes search indexes: after an import, or beside imports that do not end. */
import { expect, test } from 'vitest';
import { eventually } from '../../test/helpers/eventually.ts';
import { Place, publish } from '../../test/helpers/sqlite-place.ts';
import { products } from '../schema/dataset.ts';
import { testFile } from '../store/conformance-files.ts';
import { SqliteReader } from '../store/sqlite/reader.ts';
import { SearchIndexing } from './search-indexing.ts';

const bothIndexes = { rowsBy: ['sku', 'name'], countsBy: ['name'] };
const none = { rowsBy: ['sku'], countsBy: [] };

async function filled(place: Place): Promise<SqliteReader> {
  await using store = await place.importer({});
  await publish(store, testFile([[['a', 'Ann', '1']]]));
  return new SqliteReader(place.database);
}

function indexingOf(place: Place, patienceMs: number): SearchIndexing {
  const fail = (message: string): void => expect.fail(message);
  return new SearchIndexing({ engine: 'sqlite', path: place.database }, fail, patienceMs);
}

test('none is made during an import, and all are once it has ended', async () => {
  using place = new Place();
  await using reader = await filled(place);
  const indexing = indexingOf(place, 1e6);
  const first = await indexing.giveWay();
  const second = await indexing.giveWay();
  indexing.look();
  first[Symbol.dispose]();
  // It takes a thread to make one: were it begun, this would wait for it.
  await indexing.stop();
  expect(await reader.indexesReady(products)).toEqual(none);
  second[Symbol.dispose]();
  const next = indexingOf(place, 1e6);
  next.look();
  await eventually('both are there', async () => (await reader.indexesReady(products)).countsBy.length > 0);
  expect(await reader.indexesReady(products)).toEqual(bothIndexes);
  await next.stop();
});

test('where imports follow each other without an end, they are made beside them', async () => {
  using place = new Place();
  await using reader = await filled(place);
  const indexing = indexingOf(place, 1);
  using _ = await indexing.giveWay();
  indexing.look();
  await eventually('both are there', async () => (await reader.indexesReady(products)).countsBy.length > 0);
  expect(await reader.indexesReady(products)).toEqual(bothIndexes);
  await indexing.stop();
});
