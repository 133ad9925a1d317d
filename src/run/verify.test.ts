import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from 'vitest';
import { ManualClock } from '../../test/helpers/manual-clock.ts';
import { TempFolder } from '../../test/helpers/temp-folder.ts';
import { products } from '../schema/dataset.ts';
import { numberedRecords, planOf, testFile } from '../store/conformance-files.ts';
import { importTestFile } from '../store/conformance-steps.ts';
import { SqliteEditor } from '../store/sqlite/editor.ts';
import { SqliteReader } from '../store/sqlite/reader.ts';
import { SqliteStore } from '../store/sqlite/store.ts';
import { type Verdict, verifyDataset } from './verify.ts';

/** Two runs into an empty database, then what somebody else does to it, then the verdict. */
async function verdictAfter(sql: string, run: number | null = null): Promise<Verdict> {
  using folder = new TempFolder();
  const path = folder.file('test.db');
  {
    const warn = (message: string): never => expect.fail(message);
    await using store = new SqliteStore({
      path,
      clock: new ManualClock(),
      stagingMemoryBytes: 1e9,
      stagingMemoryMs: 5000,
      warn,
    });
    await store.lockImports();
    await store.ensureDataset(products);
    await importTestFile(
      store,
      testFile([
        [
          ['a', 'Ann', '1'],
          ['b', 'Bob', '2'],
        ],
        [['c', 'Ann', '3'], 'empty_key'],
      ]),
    );
    await importTestFile(
      store,
      testFile([[['b', 'Cid', '2'], ...numberedRecords(0, 1500, ['Dan', ''])]]),
      planOf('b.csv'),
    );
    await using editor = new SqliteEditor({ path, clock: new ManualClock() });
    await editor.editRow(products, ['c'], new Map([['description', '4']]), null);
  }
  using database = new DatabaseSync(path);
  database.exec(sql);
  await using reader = new SqliteReader(path);
  return await verifyDataset(reader, products, run);
}

describe('verify', () => {
  test('agrees with what imports have made', async () => {
    expect(await verdictAfter('')).toMatchObject({
      agrees: true,
      findings: [],
      rows: 1503,
      groups: 3,
      runs: 2,
      changedRows: 0,
    });
    expect(await verdictAfter('', 1)).toMatchObject({ agrees: true, runs: 1 });
  });

  test.each([
    ["UPDATE products SET description = 'x' WHERE sku = 'a'", ['row_changed', 'checksum_differs']],
    ["UPDATE products SET _line = 7 WHERE sku = 'a'", ['row_changed', 'checksum_differs']],
    ["UPDATE products SET _run = 2 WHERE sku = 'a'", ['row_changed', 'checksum_differs']],
    ["UPDATE products SET sku = 'A' WHERE sku = 'a'", ['row_changed', 'checksum_differs']],
    ["UPDATE products SET _hash = _hash + 1 WHERE sku = 'a'", ['row_changed']],
    [
      "UPDATE products SET name = 'Bob' WHERE sku = 'a'",
      ['row_changed', 'checksum_differs', 'count_differs', 'count_differs'],
    ],
    ["DELETE FROM products WHERE sku = 'a'", ['rows_differ', 'checksum_differs', 'count_differs']],
    [
      "INSERT INTO products SELECT name, sku || '2', description, _run, _line, _hash FROM products WHERE sku = 'a'",
      ['row_changed', 'rows_differ', 'checksum_differs', 'count_differs'],
    ],
    ["UPDATE product_counts SET no_of_products = 3 WHERE name = 'Ann'", ['count_differs']],
    ["DELETE FROM product_counts WHERE name = 'Ann'", ['count_differs']],
    ["INSERT INTO product_counts VALUES ('Zoe', 0)", ['count_differs']],
    ['UPDATE _longhaul_datasets SET rows = rows - 1', ['rows_differ', 'run_differs']],
    ['UPDATE _longhaul_datasets SET checksum = checksum + 1', ['checksum_differs']],
    ['UPDATE _longhaul_runs SET inserted = 0 WHERE run = 1', ['run_differs']],
    ['UPDATE _longhaul_chunks SET byte_offset = byte_offset + 1 WHERE chunk = 1', ['run_differs']],
    ['UPDATE _longhaul_chunks SET records = records + 1 WHERE run = 2', ['run_differs']],
    ['DELETE FROM _longhaul_chunks WHERE chunk = 1', ['run_differs']],
  ])('%s', async (sql, kinds) => {
    const verdict = await verdictAfter(sql);
    expect(verdict.agrees).toBe(false);
    expect(verdict.findings.map(({ kind }) => kind)).toEqual(kinds);
  });

  test('says which row and which count', async () => {
    const { findings } = await verdictAfter("UPDATE products SET name = 'Bob' WHERE sku = 'a'");
    expect(findings[0]).toMatchObject({ kind: 'row_changed', key: ['a'], run: 1, line: 2 });
    expect(findings.slice(2)).toEqual([
      { kind: 'count_differs', difference: { table: 'product_counts', value: 'Ann', expected: 1, found: 2 } },
      {
        kind: 'count_differs',
        difference: { table: 'product_counts', value: 'Bob', expected: 1, found: null },
      },
    ]);
  });

  test('counts all changed rows and lists the first', async () => {
    const verdict = await verdictAfter("UPDATE products SET description = 'x' WHERE name = 'Dan'");
    expect(verdict.changedRows).toBe(1500);
    expect(verdict.findings.filter(({ kind }) => kind === 'row_changed')).toHaveLength(20);
  });

  test('of one run looks at that run, and at the whole table', async () => {
    expect(await verdictAfter('UPDATE _longhaul_runs SET inserted = 0 WHERE run = 1', 2)).toMatchObject({
      agrees: true,
    });
    expect(await verdictAfter("DELETE FROM products WHERE sku = 'a'", 2)).toMatchObject({ agrees: false });
  });
});

test.each([
  ["DELETE FROM products WHERE sku = 'c'", 'its row is not there'],
  ["UPDATE products SET description = '3' WHERE sku = 'c'", 'its row holds something else'],
])('an edit that is lost is found: %s', async (sql, reason) => {
  const { findings } = await verdictAfter(sql);
  expect(findings).toContainEqual({ kind: 'edit_lost', key: ['c'], edit: 1, reason });
});
