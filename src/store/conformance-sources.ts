/** Sources that a database remembers, and what it knows of the files of each. */
import { describe, expect, test } from 'vitest';
import { products } from '../schema/dataset.ts';
import { planOf, testFile } from './conformance-files.ts';
import { importTestFile, openImporter, type StoreFactory } from './conformance-steps.ts';

const shop = {
  name: 'shop',
  url: 'http://shop.example:5001/',
  kind: null,
  table: 'products',
  tokenFile: null,
  guarded: true,
};
const depot = {
  ...shop,
  guarded: false,
  name: 'Depot’s "1"',
  url: '/srv/depot',
  kind: 'folder',
  tokenFile: '/run/token',
};

export function describeSources(create: StoreFactory): void {
  describe('sources', () => {
    test('are added, paused, resumed and removed, also while another process may import', async () => {
      await using database = await create();
      await using store = await openImporter(database);
      await importTestFile(store, testFile([[['a', 'Ann', '1']]]));
      await using register = await database.register();
      await using reader = await database.reader();
      expect(await reader.sources()).toEqual([]);
      await register.addSource(shop);
      await register.addSource(depot);
      const [first, second] = await reader.sources();
      expect(first).toEqual({ ...depot, paused: false, addedMs: expect.any(Number) as number });
      expect(second).toEqual({ ...shop, paused: false, addedMs: expect.any(Number) as number });
      expect(second?.addedMs).toBeGreaterThan(1.6e12);
      await register.pauseSource('shop', true);
      await register.pauseSource('shop', true);
      expect(await reader.sources()).toEqual([first, { ...second, paused: true }]);
      await register.pauseSource('shop', false);
      expect(await reader.sources()).toEqual([first, second]);
      await register.removeSource(depot.name);
      expect(await reader.sources()).toEqual([second]);
      await register.addSource(depot);
      expect(await reader.sources()).toHaveLength(2);
    });

    test('have names of their own, and one that is not there is told', async () => {
      await using database = await create();
      await using store = await openImporter(database);
      await importTestFile(store, testFile([[['a', 'Ann', '1']]]));
      await using register = await database.register();
      await register.addSource(shop);
      const again = register.addSource({ ...depot, name: 'shop' });
      await expect(again).rejects.toMatchObject({ code: 'source_there', facts: { source: 'shop' } });
      const unknown = { code: 'source_unknown', facts: { source: 'Shop' } };
      await expect(register.pauseSource('Shop', true)).rejects.toMatchObject(unknown);
      await expect(register.removeSource('Shop')).rejects.toMatchObject(unknown);
      await using reader = await database.reader();
      expect(await reader.sources()).toMatchObject([shop]);
    });

    test('take the place of a name that is paused, and are paused as it was', async () => {
      await using database = await create();
      await using store = await openImporter(database);
      await importTestFile(store, testFile([[['a', 'Ann', '1']]]));
      await using register = await database.register();
      await using reader = await database.reader();
      const name = { ...shop, url: '', kind: null, table: '', tokenFile: null, guarded: false };
      for (const paused of [true, false]) {
        await register.addSource(name);
        await register.pauseSource(name.name, paused);
        expect(await reader.sources()).toMatchObject(paused ? [{ ...name, paused }] : []);
        await register.addSource(shop);
        expect(await reader.sources()).toMatchObject([{ ...shop, paused }]);
        await expect(register.addSource(shop)).rejects.toMatchObject({ code: 'source_there' });
        await register.removeSource(shop.name);
      }
    });

    test('have files: of each what was published last, and of other sources nothing', async () => {
      await using database = await create();
      await using store = await openImporter(database);
      const published = async (source: string, name: string, value: string): Promise<object> => {
        const plan = planOf(name, { file: { source, name }, fingerprint: `${name} ${value}` });
        const file = testFile([[['a', value, '1']]]);
        const totals = { ...file.totals, fingerprint: plan.fingerprint };
        const { run, publishNumber } = await importTestFile(store, { ...file, totals }, plan);
        const { version, bytes, fingerprint } = totals;
        return { name, run, publishNumber, version, bytes, fingerprint, settings: plan.settings };
      };
      await published('shop', 'b.csv', 'Ann');
      const other = await published('depot', 'b.csv', 'Bob');
      const a = await published('shop', 'a.csv', 'Cid');
      const b = await published('shop', 'b.csv', 'Dan');
      await using reader = await database.reader();
      expect(await reader.publishedFiles(products, 'shop')).toEqual([a, b]);
      expect(await reader.publishedFiles(products, 'depot')).toEqual([other]);
      expect(await reader.publishedFiles(products, 'none')).toEqual([]);
    });
  });
}
