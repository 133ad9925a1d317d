/** The life of a run: opened, gone on with, ended, without a trace; and of the tables. */
import { describe, expect, test } from 'vitest';
import { products } from '../schema/dataset.ts';
import { maxKeptRejects } from '../schema/rejects.ts';
import {
  copyOf,
  emptyTable,
  importTestFile,
  neverStopped,
  openImporter,
  seeNow,
  seeTable,
  stageFile,
  type StoreFactory,
} from './conformance-steps.ts';
import { planOf, testFile } from './conformance-files.ts';

const small = testFile([[['a', 'Ann', '1'], 'too_few_fields'], [['b', 'Bob', '2']], [['c', 'Ann', '3']]]);
const other = testFile([[['b', 'Cid', '9']]]);

export function describeRuns(create: StoreFactory): void {
  describe('tables', () => {
    test('are made once; made again they stay as they are', async () => {
      await using database = await create();
      await using store = await openImporter(database);
      expect(await store.ensureDataset(products)).toEqual({ rows: 0, groups: 0, checksum: 0n });
      const { table } = await importTestFile(store, small);
      expect(table).toMatchObject({ rows: 3, groups: 2 });
      expect(await store.ensureDataset(products)).toEqual(table);
      expect((await seeNow(database)).rows).toHaveLength(3);
    });

    test('of another definition are refused and left alone', async () => {
      await using database = await create();
      await using store = await openImporter(database);
      await importTestFile(store, small);
      const wider = { ...products, columns: [...products.columns, { name: 'price', type: 'text' } as const] };
      await expect(store.ensureDataset(wider)).rejects.toMatchObject({ code: 'table_mismatch' });
      const moreCounts = {
        column: 'description',
        table: 'products_counts_by_description',
        numberColumn: 'no_of_rows',
      };
      await expect(
        store.ensureDataset({ ...products, counts: [...products.counts, moreCounts] }),
      ).rejects.toMatchObject({ code: 'table_mismatch' });
      expect((await seeNow(database)).rows).toHaveLength(3);
    });

    test.each(['products', 'PRODUCTS', 'product_counts'])(
      'that another program made are refused: %s',
      async (name) => {
        await using database = await create();
        await database.createForeignTable(name);
        await using store = await database.open();
        if (name === 'PRODUCTS' && !database.foldsNames) {
          expect(await store.ensureDataset(products)).toEqual(emptyTable().totals);
          return;
        }
        await expect(store.ensureDataset(products)).rejects.toMatchObject({ code: 'table_mismatch' });
        await expect(store.ensureDataset(products)).rejects.toMatchObject({ code: 'table_mismatch' });
      },
    );
  });

  describe('the right to import', () => {
    test('is held by one store at a time, until it closes', async () => {
      await using database = await create();
      await using second = await database.open();
      {
        await using first = await database.open();
        await first.lockImports('longhaul master');
        await expect(second.lockImports('longhaul import')).rejects.toMatchObject({
          code: 'import_running',
          facts: { holder: `longhaul master, process ${process.pid}` },
        });
        await first.ensureDataset(products);
        await expect(second.openRun(planOf())).rejects.toThrow('lockImports');
      }
      await second.lockImports();
      await second.ensureDataset(products);
      await importTestFile(second, small);
    });
  });

  describe('an unfinished run', () => {
    test('goes on under the same fingerprint and settings', async () => {
      await using database = await create();
      let run: number;
      {
        await using store = await openImporter(database);
        run = await stageFile(store, small, planOf(), [0, 2]);
      }
      await using store = await openImporter(database);
      const opened = await store.openRun(planOf());
      expect(opened.run).toBe(run);
      const staged = database.isDurable ? [0, 2] : [];
      expect(opened.staged.map((chunk) => chunk.index)).toEqual(staged);
      for (const chunk of opened.staged) {
        const { packed: _, rejects: __, ...expected } = small.chunks[chunk.index]!;
        expect(chunk).toMatchObject(expected);
      }
      for (const chunk of small.chunks) {
        if (!staged.includes(chunk.index)) await store.stageChunk(run, copyOf(chunk));
      }
      const record = await store.publish(
        run,
        { ...small.totals, chunksTakenOver: staged.length },
        neverStopped,
      );
      expect(record).toMatchObject({
        run,
        state: 'done',
        inserted: 3,
        rejected: 1,
        chunksTakenOver: staged.length,
      });
      expect((await seeNow(database)).rows).toEqual([
        `Ann|a|1 #${run}:2`,
        `Bob|b|2 #${run}:4`,
        `Ann|c|3 #${run}:5`,
      ]);
    });

    test.each([
      ['other settings', { settings: 'others' }],
      ['another fingerprint', { fingerprint: 'of another content' }],
      ['no fingerprint', { fingerprint: null }],
    ])('is outdated by a run with %s; runs of other files go on', async (_, changes) => {
      await using database = await create();
      let [run, elsewhere] = [0, 0];
      {
        await using store = await openImporter(database);
        await importTestFile(store, other, planOf('c.csv'));
        elsewhere = await stageFile(store, small, planOf('b.csv'), [1]);
        run = await stageFile(store, small, planOf(), [0]);
      }
      await using store = await openImporter(database);
      const opened = await store.openRun(planOf('a.csv', changes));
      expect(opened).toMatchObject({ staged: [] });
      expect(opened.run).toBeGreaterThan(run);
      await using reader = await database.reader();
      expect(await reader.run(run)).toMatchObject({ state: 'outdated', publishNumber: null });
      expect((await store.openRun(planOf('b.csv'))).run).toBe(elsewhere);
    });

    test('with a shorter content now: chunks beyond its end do not count', async () => {
      await using database = await create();
      {
        await using store = await openImporter(database);
        await stageFile(store, small);
      }
      await using store = await openImporter(database);
      const { run } = await store.openRun(planOf());
      for (const chunk of other.chunks) await store.stageChunk(run, copyOf(chunk));
      const record = await store.publish(run, other.totals, neverStopped);
      expect(record).toMatchObject({ records: 1, inserted: 1, rejected: 0, chunks: 1 });
      await using reader = await database.reader();
      expect(await reader.rejects(products, run, 10)).toEqual([]);
      expect(await reader.chunks(run)).toHaveLength(1);
    });
  });

  describe('a run without work', () => {
    test('leaves no trace', async () => {
      await using database = await create();
      await using store = await openImporter(database);
      await importTestFile(store, other, planOf('b.csv'));
      const before = await seeNow(database);
      const run = await stageFile(store, small);
      await store.discardRun(run);
      await using reader = await database.reader();
      expect(await seeNow(database)).toEqual(before);
      expect(await reader.run(run)).toBeNull();
      expect(await reader.chunks(run)).toEqual([]);
      expect(await reader.rejects(products, null, 10)).toEqual([]);
      expect(await reader.runs(products, 10)).toHaveLength(1);
      expect(await store.findPublished(products, planOf().file)).toBeNull();
      expect((await store.openRun(planOf())).staged).toEqual([]);
    });
  });

  describe('a run that nobody goes on with', () => {
    test.each(['cancelled', 'outdated'] as const)(
      '%s: what was staged of it is in its account, also by an earlier process',
      async (state) => {
        await using database = await create();
        let run: number;
        {
          await using store = await openImporter(database);
          run = await stageFile(store, small);
          if (state === 'cancelled') await store.endRuns(products, planOf().file, state);
        }
        if (state === 'outdated') {
          await using store = await openImporter(database);
          await store.endRuns(products, planOf().file, state);
        }
        await using reader = await database.reader();
        const record = await reader.run(run);
        expect(record).toMatchObject({ run, state, publishNumber: null, version: null, table: null });
        expect(record!.endedMs).toBeGreaterThanOrEqual(record!.startedMs);
        const chunks = await reader.chunks(run);
        const records = chunks.reduce((sum, chunk) => sum + chunk.records, 0);
        expect(record).toMatchObject({ records, chunks: chunks.length });
        if (state === 'cancelled')
          expect(record).toMatchObject({ records: 4, rejected: 1, rejectedBy: { too_few_fields: 1 } });
        expect(await reader.rejects(products, run, 10)).toHaveLength(record!.rejected);
      },
    );

    test('what was cancelled last of each file is known, until another run of it begins', async () => {
      await using database = await create();
      await using store = await openImporter(database);
      await importTestFile(store, other, planOf('published.csv'));
      const cancelled = async (): Promise<unknown> => {
        await using reader = await database.reader();
        return (await reader.cancelledFiles(products, planOf().file.source)).toSorted((a, b) =>
          a.name < b.name ? -1 : 1,
        );
      };
      for (const name of ['a.csv', 'b.csv', 'c.csv', 'd.csv']) {
        const plan = { ...planOf(name), fingerprint: name === 'd.csv' ? null : `content of ${name}` };
        await store.openRun(plan);
        await store.endRuns(products, plan.file, name === 'c.csv' ? 'outdated' : 'cancelled');
      }
      const a = { name: 'a.csv', fingerprint: 'content of a.csv' };
      const b = { name: 'b.csv', fingerprint: 'content of b.csv' };
      expect(await cancelled()).toEqual([a, b]);
      await importTestFile(store, other, planOf('b.csv'));
      expect(await cancelled()).toEqual([a]);
      await store.openRun(planOf('a.csv'));
      expect(await cancelled()).toEqual([]);
    });
  });

  describe('a run that ends unpublished', () => {
    test.each(['failed', 'cancelled', 'outdated'] as const)(
      '%s: its account stays, its rows do not',
      async (state) => {
        await using database = await create();
        await using store = await openImporter(database);
        await importTestFile(store, other, planOf('b.csv'));
        const before = await seeNow(database);
        const run = await stageFile(store, small);
        const failure = state === 'failed' ? { code: 'reject_limit', message: 'too many' } : null;
        const record = await store.endRun(run, state, small.totals, failure);
        expect(record).toMatchObject({
          run,
          state,
          failure,
          publishNumber: null,
          records: 4,
          rejected: 1,
          table: null,
        });
        expect(record).toMatchObject({
          rejectedBy: { too_few_fields: 1 },
          version: small.totals.version,
          chunks: 3,
        });
        await using reader = await database.reader();
        expect(await reader.run(run)).toEqual(record);
        expect(await reader.rejects(products, run, 10)).toEqual([{ run, ...small.chunks[0]!.rejects[0] }]);
        expect(await seeNow(database)).toEqual(before);
        expect(await store.findPublished(products, planOf().file)).toBeNull();

        await expect(store.stageChunk(run, copyOf(small.chunks[0]!))).rejects.toThrow('not open');
        await expect(store.publish(run, small.totals, neverStopped)).rejects.toThrow('not open');
        const next = await importTestFile(store, small);
        expect(next.run).toBeGreaterThan(run);
        expect(next).toMatchObject({ publishNumber: 2, inserted: 2, updated: 1 });
      },
    );

    test('as the first one of a database can be read once the store has closed', async () => {
      await using database = await create();
      let run: number;
      {
        await using store = await openImporter(database);
        run = await stageFile(store, small);
        await store.endRun(run, 'failed', small.totals, { code: 'reject_limit', message: 'too many' });
      }
      await using reader = await database.reader();
      expect(await reader.runs(products, 10)).toMatchObject([
        { run, state: 'failed', failure: { code: 'reject_limit' } },
      ]);
      expect(await reader.rejects(products, run, 10)).toHaveLength(1);
      expect(await seeTable(reader)).toEqual(emptyTable());
    });

    test('before its content was read to the end', async () => {
      await using database = await create();
      await using store = await openImporter(database);
      const run = await stageFile(store, small, planOf(), [2, 0]);
      const record = await store.endRun(run, 'failed', null, { code: 'gzip_truncated', message: 'short' });
      expect(record).toMatchObject({ state: 'failed', version: null, records: 3, chunks: 2 });
    });
  });

  describe('rejects', () => {
    test('only the first ones of the file are kept, whatever the order of the chunks', async () => {
      await using database = await create();
      await using store = await openImporter(database);
      const half = new Array<'empty_key'>(0.6 * maxKeptRejects).fill('empty_key');
      const file = testFile([half, half, [['a', 'Ann', '1']]]);
      const run = await stageFile(store, file, planOf(), [2, 1, 0]);
      const record = await store.publish(run, file.totals, neverStopped);
      expect(record.rejected).toBe(2 * half.length);
      await using reader = await database.reader();
      const kept = await reader.rejects(products, run, 1e9);
      expect(kept).toHaveLength(maxKeptRejects);
      expect(kept.map(({ line }) => line)).toEqual(kept.map((_, index) => index + 2));
    });

    test('of all runs, the newest run first, in the order of the file', async () => {
      await using database = await create();
      await using store = await openImporter(database);
      const bad = testFile([['nul_byte', 'empty_key'], ['stray_quote']]);
      const first = await importTestFile(store, bad);
      const second = await importTestFile(store, testFile([['bad_encoding']]), planOf('b.csv'));
      await using reader = await database.reader();
      const all = await reader.rejects(products, null, 3);
      expect(all.map(({ run, code, line }) => `${run} ${code} ${line}`)).toEqual([
        `${second.run} bad_encoding 2`,
        `${first.run} nul_byte 2`,
        `${first.run} empty_key 3`,
      ]);
    });
  });

  test('clear removes rows, counts, runs and staged chunks, and numbering starts again', async () => {
    await using database = await create();
    await using store = await openImporter(database);
    await importTestFile(store, small);
    const unfinished = await stageFile(store, other, planOf('b.csv'));
    await store.clear(products);
    expect(await seeNow(database)).toEqual(emptyTable());
    {
      await using reader = await database.reader();
      expect(await reader.runs(products, 10)).toEqual([]);
      expect(await reader.rejects(products, null, 10)).toEqual([]);
      expect(await reader.chunks(unfinished)).toEqual([]);
    }
    expect(await store.findPublished(products, planOf().file)).toBeNull();
    expect(await importTestFile(store, small)).toMatchObject({ publishNumber: 1, inserted: 3 });
  });
}
