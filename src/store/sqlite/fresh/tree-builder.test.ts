import { closeSync, openSync, readSync, truncateSync, writeSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from 'vitest';
import { Random } from '../../../../test/helpers/random.ts';
import { TempFolder } from '../../../../test/helpers/temp-folder.ts';
import { Kernel } from '../../../kernel/kernel.ts';
import { appendPages } from './fresh-database.ts';
import { addLeaves, LeafList } from './leaf-list.ts';
import type { PageFile } from './page-file.ts';
import { integerType, putInteger, putVarint, textType } from './record.ts';
import { recordAt, TreeBuilder } from './tree-builder.ts';
import { UpperLevels } from './upper-levels.ts';

type Row = readonly [key: string, number: number, text: string];

/** A database with one empty table, made by SQLite. @returns the table's root page */
function makeDatabase(path: string, pageSize: number): number {
  using db = new DatabaseSync(path);
  db.exec(
    `PRAGMA page_size = ${pageSize}; CREATE TABLE t (key TEXT PRIMARY KEY, number INTEGER, text TEXT) WITHOUT ROWID`,
  );
  return (db.prepare("SELECT rootpage FROM sqlite_schema WHERE name = 't'").get() as { rootpage: number })
    .rootpage;
}

function addRows(file: PageFile, root: number, rows: readonly Row[]): void {
  const tree = new TreeBuilder(file, new Kernel());
  addTo(tree, rows);
  tree.finish(root);
}

/** The same of leaves that are built apart: the last ones first, as other threads may be faster. */
function addParts(file: PageFile, root: number, parts: readonly (readonly Row[])[], listPath: string): void {
  const [first = [], ...others] = parts;
  const lists = others.toReversed().map((rows, index) => {
    // Of small trees one list lies in memory whole, the others almost whole in files.
    using list = new LeafList(`${listPath}-${index}`, index === 0 ? undefined : 200);
    const leaves = new TreeBuilder(file, new Kernel(), { sink: list });
    addTo(leaves, rows);
    return list.finish(leaves.finishLeaves());
  });
  const above = new UpperLevels(file);
  const sink = { leaf: above.add.bind(above) };
  const tree = new TreeBuilder(file, new Kernel(), { sink });
  addTo(tree, first);
  let last = tree.finishLeaves();
  for (const list of lists.toReversed()) {
    addLeaves(above, file.append(last), list);
    last = list.last;
  }
  above.finish(last, root);
}

function addTo(tree: TreeBuilder, rows: readonly Row[]): void {
  for (const [key, number, text] of rows) {
    const [keyBytes, textBytes] = [Buffer.from(key), Buffer.from(text)];
    const record = tree.room(keyBytes.length + textBytes.length + 40).subarray(recordAt);
    const type = integerType(number);
    let at = putVarint(record, 1, textType(keyBytes.length));
    record[at++] = type;
    at = putVarint(record, at, textType(textBytes.length));
    record[0] = at;
    record.set(keyBytes, at);
    at = putInteger(record, at + keyBytes.length, number, type);
    record.set(textBytes, at);
    tree.add(at + textBytes.length);
  }
}

/** What SQLite reads, after it has found nothing wrong. */
function readRows(path: string): Row[] {
  using db = new DatabaseSync(path);
  expect(db.prepare('PRAGMA integrity_check').all()).toEqual([{ integrity_check: 'ok' }]);
  const rows = db.prepare('SELECT key, number, text FROM t').all();
  // Looked up, a row is found on the way from the root; read in order, the tree is walked.
  const one = db.prepare('SELECT number FROM t WHERE key = ?');
  for (const row of rows.slice(0, 300))
    expect(one.get(row['key'] as string)).toEqual({ number: row['number'] });
  return rows.map((row) => [row['key'] as string, row['number'] as number, row['text'] as string]);
}

function rowsOf(lengths: readonly number[]): Row[] {
  return lengths.map((length, index) => [`key ${String(index).padStart(7, '0')}`, index, 'x'.repeat(length)]);
}

/** @param cuts where other parts begin */
function build(lengths: readonly number[], pageSize = 4096, cuts: readonly number[] = []): void {
  using folder = new TempFolder();
  const path = folder.file('test.db');
  const root = makeDatabase(path, pageSize);
  const rows = rowsOf(lengths);
  const parts = [0, ...cuts].map((from, part) => rows.slice(from, cuts[part]));
  appendPages(path, (file) =>
    cuts.length === 0 ? addRows(file, root, rows) : addParts(file, root, parts, `${path}.list`),
  );
  const read = readRows(path);
  expect(read.length).toBe(rows.length);
  expect(read.every((row, index) => row.join() === rows[index]?.join())).toBe(true);
}

describe('a tree', () => {
  test('of every small number of rows, so that pages end everywhere', () => {
    for (let rows = 0; rows <= 70; rows++) build(new Array<number>(rows).fill(900));
    for (let rows = 0; rows <= 30; rows++) build(new Array<number>(rows).fill(100), 512);
  });

  test('of several levels', () => {
    build(Array.from({ length: 20_000 }, (_, index) => index % 50));
    for (const rows of [3000, 3001, 3002, 3003, 3004]) build(new Array<number>(rows).fill(20), 512);
  });

  test('of leaves that were built apart, wherever they are cut', () => {
    for (let rows = 3; rows <= 30; rows++) {
      for (let cut = 1; cut <= rows - 2; cut++) build(new Array<number>(rows).fill(100), 512, [cut]);
    }
    build([1, 50_000, 60_000, 2, 3, 40_000], 4096, [1, 3]);
    const random = new Random(7);
    for (let round = 0; round < 10; round++) {
      const lengths = Array.from({ length: 300 + random.below(3000) }, () => random.below(900));
      const cuts = [1 + random.below(100), 150 + random.below(100), lengths.length - 2 - random.below(40)];
      build(lengths, [512, 4096][random.below(2)], cuts);
    }
  });

  test('of a part with one row fails: there is nothing to put beside the cell before it', () => {
    expect(() => build([1, 2], 512, [1])).toThrow('one row only');
    expect(() => build([1, 2], 512, [2])).toThrow('no row');
  });

  test('with records around the length from which on they overflow, and of many pages', () => {
    build(Array.from({ length: 120 }, (_, index) => 940 + index));
    build(Array.from({ length: 60 }, (_, index) => 4050 + index));
    build(Array.from({ length: 60 }, (_, index) => 4092 * 3 + 400 + index * 20));
    build([100_000, 0, 5000, 10, 2_000_000, 1]);
    build(
      Array.from({ length: 200 }, (_, index) => index * 3),
      512,
    );
    build(
      Array.from({ length: 30 }, (_, index) => 12_000 + index * 300),
      65_536,
    );
  });

  test('with records of random lengths', () => {
    const random = new Random(99);
    for (let round = 0; round < 20; round++) {
      build(
        Array.from({ length: random.below(400) }, () =>
          random.below([10, 300, 1100, 9000][random.below(4)]!),
        ),
      );
    }
  });

  test('goes on being one when SQLite changes it', () => {
    using folder = new TempFolder();
    const path = folder.file('test.db');
    const root = makeDatabase(path, 4096);
    appendPages(path, (file) =>
      addRows(file, root, rowsOf(Array.from({ length: 5000 }, (_, index) => (index * 7) % 1500))),
    );
    {
      using db = new DatabaseSync(path);
      db.exec("UPDATE t SET text = text || text || 'y' WHERE number % 3 = 0");
      db.exec('DELETE FROM t WHERE number % 5 = 0');
      db.exec("INSERT INTO t SELECT key || '+', number, text FROM t WHERE number % 2 = 0");
    }
    expect(readRows(path)).toHaveLength(6000);
  });

  test('never uses the page of the lock bytes', () => {
    using folder = new TempFolder();
    const path = folder.file('test.db');
    const root = makeDatabase(path, 4096);
    const lockPage = 2 ** 30 / 4096 + 1;
    const rows = rowsOf(new Array<number>(400).fill(900));
    // Pages that nobody uses up to a little before it; a hole on the disk.
    truncateSync(path, (lockPage - 20) * 4096);
    const fd = openSync(path, 'r+');
    const pages = Buffer.alloc(4);
    pages.writeUInt32BE(lockPage - 20);
    writeSync(fd, pages, 0, 4, 28);
    appendPages(path, (file) => addRows(file, root, rows));
    const skipped = Buffer.alloc(4096, 1);
    readSync(fd, skipped, 0, 4096, (lockPage - 1) * 4096);
    closeSync(fd);
    expect(skipped.equals(Buffer.alloc(4096))).toBe(true);
    using db = new DatabaseSync(path, { readOnly: true });
    expect(db.prepare('SELECT key FROM t').all()).toHaveLength(rows.length);
    expect(db.prepare('SELECT count(*) AS n FROM t WHERE length(text) = 900').get()).toEqual({
      n: rows.length,
    });
    const { n } = db
      .prepare('SELECT pgno AS n FROM pragma_page_count, (SELECT page_count AS pgno FROM pragma_page_count)')
      .get() as { n: number };
    expect(n).toBeGreaterThan(lockPage + 50);
  });
});

test('integers of all sizes and varints are read as they were written', () => {
  using folder = new TempFolder();
  const path = folder.file('test.db');
  const root = makeDatabase(path, 4096);
  const sizes = [7, 8, 14, 15, 16, 21, 23, 24, 28, 31, 32, 35, 42, 47, 48, 53].map((bits) => 2 ** bits);
  const numbers = [0, 1, 2, ...sizes.flatMap((size) => [size - 1, Math.min(size, Number.MAX_SAFE_INTEGER)])];
  const rows = numbers.map((number, index) => [`key ${String(index).padStart(3, '0')}`, number, ''] as const);
  appendPages(path, (file) => addRows(file, root, rows));
  expect(readRows(path)).toEqual(rows);
  for (const value of [0, 127, 128, 16_383, 16_384, 2 ** 21, 2 ** 28 - 1, 2 ** 32]) {
    const bytes = new Uint8Array(9);
    const end = putVarint(bytes, 0, value);
    const read = bytes.subarray(0, end).reduce((sum, byte) => sum * 128 + (byte & 0x7f), 0);
    expect([read, ...bytes.subarray(0, end).map((byte) => byte >> 7)]).toEqual([
      value,
      ...new Array<number>(end - 1).fill(1),
      0,
    ]);
  }
});
