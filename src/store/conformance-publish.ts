/** The one atomic step: what it writes, what it leaves alone, and that nobody sees half of it. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { products } from '../schema/dataset.ts';
import { numberedRecords, planOf, type TestFile, type TestRecord, testFile } from './conformance-files.ts';
import {
  copyOf,
  emptyTable,
  importTestFile,
  neverStopped,
  openImporter,
  type SeenTable,
  seeNow,
  seeTable,
  stageFile,
  stopAfter,
  type StoreFactory,
} from './conformance-steps.ts';
import type { SnapshotTotals, StagedChunk, StoreReader } from './store.ts';

export function describePublish(create: StoreFactory, byPartitions: boolean): void {
  describe('a publish', () => {
    test('inserts what is new and says so', async () => {
      await using database = await create();
      await using store = await openImporter(database);
      const file = testFile([[['b', 'Bob', '2'], ['a', 'Ann', '1'], 'empty_key'], [['b', 'Ann', '3']]]);
      const record = await importTestFile(store, file, planOf('a.csv', { ignoredColumns: ['x'] }));
      expect(record).toMatchObject({
        ...{
          dataset: 'products',
          source: 'local',
          name: 'a.csv',
          state: 'done',
          publishNumber: 1,
          failure: null,
        },
        ...{
          records: 4,
          inserted: 2,
          updated: 0,
          unchanged: 0,
          superseded: 1,
          kept: 0,
          rejected: 1,
          blankLines: 0,
        },
        ...{
          version: file.totals.version,
          bytes: file.totals.bytes,
          contentBytes: file.totals.bytes,
          chunks: 2,
        },
        ...{ rejectedBy: { empty_key: 1 }, ignoredColumns: ['x'], table: { rows: 2, groups: 1 } },
      });
      const { run } = record;
      const table = await seeNow(database);
      expect(table).toMatchObject({ rows: [`Ann|a|1 #${run}:3`, `Ann|b|3 #${run}:5`], counts: [['Ann=2']] });
      expect(record.table).toEqual(table.totals);
      await using reader = await database.reader();
      expect(await reader.run(run)).toEqual(record);
      expect(await store.findPublished(products, planOf().file)).toEqual({
        ...{
          run,
          publishNumber: 1,
          version: file.totals.version,
          bytes: file.totals.bytes,
          fingerprint: null,
          settings: planOf().settings,
        },
      });
    });

    test('does not write what is equal: rows go on naming the run that last changed them', async () => {
      await using database = await create();
      await using store = await openImporter(database);
      const file = testFile([
        [
          ['a', 'Ann', '1'],
          ['b', 'Bob', '2'],
          ['c', 'Cid', '3'],
        ],
      ]);
      const first = await importTestFile(store, file);
      const before = await seeNow(database);
      const rowWrites = await database.watchWrites('products');
      const countWrites = await database.watchWrites('product_counts');

      const again = await importTestFile(store, file, planOf('b.csv'));
      expect(again).toMatchObject({ inserted: 0, updated: 0, unchanged: 3, publishNumber: 2 });
      expect(again.table).toEqual(first.table);
      expect(await seeNow(database)).toEqual(before);
      expect([await rowWrites(), await countWrites()]).toEqual([0, 0]);

      const changed = testFile([
        [['x', 'Ann', '9']],
        [
          ['c', 'Cid', '3'],
          ['b', 'Bob', 'new'],
          ['a', 'Ann', '1'],
        ],
      ]);
      const third = await importTestFile(store, changed);
      expect(third).toMatchObject({ inserted: 1, updated: 1, unchanged: 2 });
      expect((await seeNow(database)).rows).toEqual([
        `Ann|a|1 #${first.run}:2`,
        `Bob|b|new #${third.run}:4`,
        `Cid|c|3 #${first.run}:4`,
        `Ann|x|9 #${third.run}:2`,
      ]);
      // One row changed and one is new; of the counts only Ann's.
      expect([await rowWrites(), await countWrites()]).toEqual([2, 1]);
    });

    test('moves counts when names change, and drops those that come to 0', async () => {
      await using database = await create();
      await using store = await openImporter(database);
      await importTestFile(
        store,
        testFile([
          [
            ['a', 'Ann', ''],
            ['b', 'Ann', ''],
            ['c', 'Bob', ''],
            ['d', 'Cid', ''],
          ],
        ]),
      );
      await importTestFile(
        store,
        testFile([
          [
            ['a', 'Bob', ''],
            ['b', '', ''],
            ['c', 'Ann', ''],
            ['d', 'Bob', ''],
          ],
        ]),
      );
      expect(await seeNow(database)).toMatchObject({ counts: [['Bob=2', '=1', 'Ann=1']] });
      await importTestFile(
        store,
        testFile([
          [
            ['a', 'Dan', ''],
            ['b', 'Dan', ''],
            ['c', 'Dan', ''],
            ['d', 'Dan', ''],
          ],
        ]),
      );
      expect(await seeNow(database)).toMatchObject({ counts: [['Dan=4']] });
    });

    test('of nothing but a header publishes that', async () => {
      await using database = await create();
      await using store = await openImporter(database);
      expect(await importTestFile(store, testFile([[]]))).toMatchObject({ records: 0, publishNumber: 1 });
      expect(await importTestFile(store, testFile([[], ['empty_key']]), planOf('b.csv'))).toMatchObject({
        publishNumber: 2,
      });
      expect(await seeNow(database)).toEqual(emptyTable());
    });

    test('the last record wins, across chunks and in any order of staging', async () => {
      await using database = await create();
      await using store = await openImporter(database);
      const record = fc.tuple(
        fc.constantFrom('a', 'b', 'ab', 'abcdefgh', 'abcdefghi'),
        fc.constantFrom('Ann', 'Bob'),
        fc.constantFrom('', '1', '2'),
      );
      const chunks = fc.array(fc.array(record, { maxLength: 4 }), {
        minLength: 1,
        maxLength: 6,
        size: 'max',
      });
      const expected = new Map<string, string>();
      let runs = 0;
      const property = fc.asyncProperty(chunks, fc.infiniteStream(fc.nat()), async (records, ranks) => {
        const file = testFile(records);
        const order = file.chunks.map(({ index }) => ({ index, rank: ranks.next().value as number }));
        order.sort((a, b) => a.rank - b.rank);
        const run = await stageFile(
          store,
          file,
          planOf(`${runs++}`),
          order.map(({ index }) => index),
        );
        const sums = await store.publish(run, file.totals, neverStopped);

        let line = 1;
        const last = new Map(
          records.flat().map(([sku, name, text]) => [sku, { sku, name, text, line: ++line }]),
        );
        expect(sums.superseded).toBe(records.flat().length - last.size);
        for (const { sku, name, text, line: at } of last.values()) {
          const values = `${name}|${sku}|${text}`;
          if (expected.get(sku)?.startsWith(`${values} #`) !== true)
            expected.set(sku, `${values} #${run}:${at}`);
        }
        const { rows } = await seeNow(database);
        expect(rows.toSorted()).toEqual([...expected.values()].toSorted());
      });
      await fc.assert(property, { numRuns: 40, endOnFailure: true });
    });

    test('the same chunk again replaces what was there', async () => {
      await using database = await create();
      await using store = await openImporter(database);
      const [wrong, right] = [
        testFile([
          [
            ['a', 'Ann', 'x'],
            ['z', 'Ann', ''],
          ],
        ]),
        testFile([['nul_byte', ['a', 'Ann', '']]]),
      ];
      const { run } = await store.openRun(planOf());
      for (const chunk of [wrong, right, wrong, right, right])
        await store.stageChunk(run, copyOf(chunk.chunks[0]!));
      expect(await store.publish(run, right.totals, neverStopped)).toMatchObject({
        records: 2,
        inserted: 1,
        rejected: 1,
      });
      expect(await seeNow(database)).toMatchObject({ rows: [`Ann|a| #${run}:3`], counts: [['Ann=1']] });
      await using reader = await database.reader();
      expect(await reader.rejects(products, run, 10)).toHaveLength(1);
    });
  });

  describe('sums that do not meet', () => {
    const good = testFile([[['a', 'Ann', '1']], [['b', 'Bob', '2']], [['c', 'Cid', '3'], 'empty_key']]);
    const changed = (index: number, changes: Partial<StagedChunk>): TestFile => ({
      ...good,
      chunks: good.chunks.map((chunk) => (chunk.index === index ? { ...chunk, ...changes } : chunk)),
    });
    const wrong: readonly [string, TestFile, Partial<SnapshotTotals>, number[]][] = [
      ['a chunk is missing', good, {}, [0, 2]],
      ['the last chunk is missing', good, {}, [0, 1]],
      ['the last chunk is missing and nobody counts chunks', good, { chunks: 2 }, [0, 1]],
      ['two chunks overlap', changed(1, { offset: good.chunks[1]!.offset - 1 }), {}, [0, 1, 2]],
      ['there is a gap', changed(1, { length: good.chunks[1]!.length - 1 }), {}, [0, 1, 2]],
      ['the content is longer', good, { contentBytes: good.totals.contentBytes + 1 }, [0, 1, 2]],
      ['a record was not seen', good, { records: good.totals.records + 1 }, [0, 1, 2]],
      ['a chunk counts a record that the file does not have', changed(2, { records: 3 }), {}, [0, 1, 2]],
      ['a chunk counts a record too many', changed(2, { records: 3 }), { records: 5 }, [0, 1, 2]],
      [
        'a chunk has lost its rows',
        changed(1, { packed: { words: new Uint32Array(0), rows: 0 } }),
        {},
        [0, 1, 2],
      ],
    ];
    test.each(wrong)('%s: nothing is published', async (_, file, totals, order) => {
      await using database = await create();
      await using store = await openImporter(database);
      await importTestFile(store, testFile([[['a', 'Zoe', '0']]]), planOf('b.csv'));
      const before = await seeNow(database);
      const run = await stageFile(store, file, planOf(), order);
      const publish = store.publish(run, { ...file.totals, ...totals }, neverStopped);
      await expect(publish).rejects.toMatchObject({ code: 'sums_do_not_meet', facts: { run } });
      expect(await seeNow(database)).toEqual(before);
      expect(await store.findPublished(products, planOf().file)).toBeNull();

      for (const chunk of good.chunks) await store.stageChunk(run, copyOf(chunk));
      expect(await store.publish(run, good.totals, neverStopped)).toMatchObject({ inserted: 2, updated: 1 });
    });
  });

  describe('while a large run publishes', () => {
    const rows = 10_000;
    const old = testFile([numberedRecords(0, rows, ['Ann', 'old'])]);
    const records: TestRecord[] = [...numberedRecords(rows / 2, rows, ['Bob', 'new'])];
    const next = testFile([records.slice(0, 3000), records.slice(3000)]);

    test.skipIf(byPartitions)(
      'an abort leaves everything as it was, and the run can be published later',
      async () => {
        await using database = await create();
        await using store = await openImporter(database);
        for (const [file, inserted, updated] of [
          [old, rows, 0],
          [next, rows / 2, rows / 2],
        ] as const) {
          const before = await seeNow(database);
          const run = await stageFile(store, file);
          for (const at of [1, rows / 2, rows]) {
            const stopped = store.publish(run, file.totals, stopAfter(at));
            await expect(stopped).rejects.toMatchObject({ code: 'interrupted' });
            expect(await seeNow(database)).toEqual(before);
          }
          expect(await store.publish(run, file.totals, neverStopped)).toMatchObject({ inserted, updated });
        }
        expect(await seeNow(database)).toMatchObject({ counts: [['Bob=10000', 'Ann=5000']] });
      },
    );

    test.skipIf(byPartitions)('readers see the table before it or after it', async () => {
      await using database = await create();
      await using store = await openImporter(database);
      await importTestFile(store, old);
      const before = await seeNow(database);
      await using early = await database.reader();
      const openedOnTheWay: Promise<[StoreReader, SeenTable]>[] = [];
      const open = async (): Promise<[StoreReader, SeenTable]> => {
        const reader = await database.reader();
        return [reader, await seeTable(reader)];
      };
      const run = await stageFile(store, next);
      const progress = (): void => {
        openedOnTheWay.push(open());
      };
      await store.publish(run, next.totals, { signal: neverStopped.signal, progress });
      const after = await seeNow(database);
      expect(openedOnTheWay.length).toBeGreaterThanOrEqual(3);
      const states = [before, after].map((table) => JSON.stringify(table, bigintsAsText));
      for (const [reader, seen] of await Promise.all(openedOnTheWay)) {
        expect(states).toContain(JSON.stringify(seen, bigintsAsText));
        await reader[Symbol.asyncDispose]();
      }
      expect(await seeTable(early)).toEqual(after);
    });

    test('one reader keeps to one state as long as it wants', async () => {
      await using database = await create();
      await using store = await openImporter(database);
      await importTestFile(store, testFile([[['a', 'Ann', '1']]]));
      await using reader = await database.reader();
      await reader.consistently(async () => {
        const totals = await reader.totals(products);
        await importTestFile(store, testFile([[['b', 'Bob', '2']]]));
        expect(await reader.totals(products)).toEqual(totals);
        expect(await reader.runs(products, 10)).toHaveLength(1);
        expect(await reader.row(products, ['b'])).toBeNull();
      });
      expect(await reader.row(products, ['b'])).toMatchObject({ values: ['Bob', 'b', '2'], line: 2 });
    });
  });
}

function bigintsAsText(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}
