/** What successors leave behind, and how it goes. */
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { Place, publish } from '../../../test/helpers/sqlite-place.ts';
import { testFile } from '../conformance-files.ts';
import { removeSuccessors } from './successor.ts';

const first = testFile([[['a', 'Ann', '1']]]);
const second = testFile([[['a', 'Ann', 'new']]]);

test('what a killed publish has left goes with the next import', async () => {
  using place = new Place();
  {
    await using store = await place.importer({});
    await publish(store, first);
  }
  place.change(`
    CREATE TABLE _longhaul_next_products (sku TEXT PRIMARY KEY, x) WITHOUT ROWID;
    INSERT INTO _longhaul_next_products VALUES ('a', 1);
    CREATE TABLE _longhaul_touched_products (sku TEXT PRIMARY KEY) WITHOUT ROWID;
    CREATE TRIGGER _longhaul_watch_insert_products AFTER INSERT ON products BEGIN INSERT INTO _longhaul_touched_products SELECT new.sku; END`);
  expect(place.leftovers).toHaveLength(3);
  await using store = await place.importer({ mostMsInPlace: 0 });
  expect(place.leftovers).toEqual([]);
  await publish(store, second);
  expect((await place.see()).rows).toEqual(['Ann|a|new #2:2']);
});

test('a table too large to be dropped at once goes in pieces', () => {
  using place = new Place();
  using db = new DatabaseSync(place.database);
  db.exec(`
    CREATE TABLE _longhaul_next_products (a, b, PRIMARY KEY (a, b)) WITHOUT ROWID;
    INSERT INTO _longhaul_next_products SELECT n / 7, n FROM (WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 35000) SELECT n FROM c)`);
  const rowsLeft: unknown[] = [];
  const countAfter = (work: () => void): void => {
    work();
    const isThere =
      place.all("SELECT 1 FROM sqlite_schema WHERE name = '_longhaul_next_products'").length > 0;
    rowsLeft.push(...(isThere ? place.all('SELECT count(*) FROM _longhaul_next_products') : ['gone']));
  };
  removeSuccessors(db, countAfter, 8000);
  expect(rowsLeft).toEqual(['24999', '14998', '4997', 'gone']);
});
