/** The rows of a table as its pages have them, against what SQLite says. */
import { closeSync, existsSync, openSync, readFileSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from 'vitest';
import { Random } from '../../../test/helpers/random.ts';
import { memoryDisk, TempFolder } from '../../../test/helpers/temp-folder.ts';
import { Kernel } from '../../kernel/kernel.ts';
import { type Column, type Dataset, layoutColumns, provenanceColumns } from '../../schema/dataset.ts';
import { list, openWriter } from './connection.ts';
import { beginReadingFile, DatabaseFile } from './database-file.ts';
import { tablesOf } from './schema.ts';
import { TablePages } from './table-pages.ts';
import type { RowLister } from './listed-rows.ts';
import { TableScan } from './table-scan.ts';

const canReadFile = existsSync('/dev/fd');

const keyNames = ['first', 'second', 'third'] as const;

function datasetOf(keyColumns: number): Dataset {
  const columns: Column[] = keyNames.map((name) => ({ name, type: 'text' }));
  return {
    name: 'things',
    // Not in the order in which the table's records have them.
    columns: [...columns.toReversed(), { name: 'number', type: 'integer' }],
    key: keyNames.slice(0, keyColumns),
    counts: [],
  };
}

function rootOf(db: DatabaseSync): number {
  return (
    db.prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'things'").get() as { rootpage: number }
  ).rootpage;
}

/** Key (its parts one after the other), run, line and hash of each row that is listed. */
function listed(lister: RowLister, capacity: number): string[] {
  const kernel = new Kernel();
  const rows = kernel.reserve(capacity * 40);
  const rowList = kernel.struct(['rows', 'capacity', 'count']).set({ rows, capacity });
  const all: string[] = [];
  while (lister.hasMore) {
    rowList.set({ count: 0 });
    lister.list(kernel, rowList);
    const view = new DataView(kernel.bytes.buffer);
    for (let row = rows; row < rows + rowList.get('count') * 40; row += 40) {
      const [run, line, hash] = [0, 8, 16].map((at) => view.getBigInt64(row + at, true));
      const key = view.getUint32(row + 24, true);
      const text = Buffer.from(kernel.bytes.buffer, key, view.getUint32(row + 28, true)).toString();
      all.push([text.replaceAll('\0', ''), run, line, hash].join('|'));
    }
  }
  return all;
}

function asSqliteSays(db: DatabaseSync, { name, key }: Dataset): string[] {
  const statement = db.prepare(
    `SELECT ${key.join(' || ')}, _run, _line, _hash FROM ${name} ORDER BY ${list(key)}`,
  );
  statement.setReadBigInts(true);
  statement.setReturnArrays(true);
  return statement.all().map((row) => (row as unknown as unknown[]).join('|'));
}

/** Fills a table in random order, changes and deletes rows of it: its pages are then anywhere in the file. */
function fillRandomly(
  db: DatabaseSync,
  dataset: Dataset,
  random: Random,
  rows: number,
  longest: number,
): void {
  const columns = layoutColumns(dataset);
  const text = (bytes: number): string => 'aé€x'.repeat(bytes / 4).slice(0, bytes);
  const integer = (): bigint => {
    const size = 2n ** BigInt(random.below(64));
    return BigInt.asIntN(64, (random.below(2) === 0 ? size : -size) + BigInt(random.below(3) - 1));
  };
  const names = [...columns.map(({ name }) => name), ...provenanceColumns];
  const insert = db.prepare(
    `INSERT OR REPLACE INTO things (${list(names)}) VALUES (${names.map(() => '?').join(', ')})`,
  );
  db.exec('BEGIN');
  for (let row = 0; row < rows; row++) {
    const values = columns.map(({ type }, index) =>
      type === 'integer'
        ? integer()
        : `${random.below(rows * 3)}${text(random.below(index === 0 ? 30 : longest))}`,
    );
    insert.run(...values, integer(), integer(), integer());
  }
  db.exec(`UPDATE things SET third = third || third, _hash = ${random.below(9)} WHERE _hash % 7 = 0`);
  db.exec('DELETE FROM things WHERE _hash % 5 = 0');
  db.exec('COMMIT');
}

describe.runIf(canReadFile)('the pages of a table', () => {
  test.each([
    [512, 1, 900, 60],
    [1024, 3, 600, 400],
    [4096, 1, 12_000, 150],
    [4096, 2, 500, 3000],
    [4096, 3, 40, 100_000],
    [65_536, 2, 3000, 300],
    [4096, 1, 0, 10],
    [4096, 1, 1, 10],
  ])(
    'of %i bytes, with a key of %i parts: %i rows of up to %i bytes',
    (pageSize, keyColumns, rows, longest) => {
      using folder = new TempFolder(memoryDisk);
      const dataset = datasetOf(keyColumns);
      for (let seed = 1; seed <= 4; seed++) {
        const path = folder.file(`${seed}.db`);
        using db = new DatabaseSync(path);
        db.exec(`PRAGMA page_size = ${pageSize}; PRAGMA journal_mode = WAL`);
        db.exec(tablesOf(dataset)[0].sql);
        fillRandomly(db, dataset, new Random(seed), rows, longest);
        expect(beginReadingFile(db)).toBe(true);
        const file = DatabaseFile.openedBySqlite(path)!;
        const expected = asSqliteSays(db, dataset).join('\n');
        // Compared as one value: a difference within thousands of items takes vitest minutes to print.
        for (const capacity of [7, 8192]) {
          expect(listed(new TablePages(file, dataset, rootOf(db)), capacity).join('\n')).toBe(expected);
          expect(listed(new TableScan(db, dataset), capacity).join('\n')).toBe(expected);
        }
      }
    },
  );

  test('stay those of one state while others write and move their log', () => {
    using folder = new TempFolder();
    const path = folder.file('test.db');
    const dataset = datasetOf(1);
    using writer = openWriter(path);
    writer.exec(tablesOf(dataset)[0].sql);
    fillRandomly(writer, dataset, new Random(5), 3000, 100);
    using reader = new DatabaseSync(path);
    expect(beginReadingFile(reader)).toBe(true);
    const lister = new TablePages(DatabaseFile.openedBySqlite(path)!, dataset, rootOf(reader));
    const expected = asSqliteSays(writer, dataset).join('\n');
    for (const change of ['UPDATE things SET _run = 5', 'DELETE FROM things', 'VACUUM']) {
      writer.exec(change);
      writer.exec('PRAGMA wal_checkpoint(PASSIVE)');
    }
    expect(listed(lister, 100).join('\n')).toBe(expected);
    reader.exec('COMMIT');
    expect(asSqliteSays(writer, dataset)).toEqual([]);
  });

  test.runIf(existsSync('/proc/locks'))('are read without losing a lock', () => {
    using folder = new TempFolder();
    const path = folder.file('test.db');
    const dataset = datasetOf(1);
    using writer = openWriter(path);
    writer.exec(tablesOf(dataset)[0].sql);
    expect(beginReadingFile(writer)).toBe(true);
    const ours = `:${statSync(path).ino} `;
    const locks = (): number => readFileSync('/proc/locks', 'utf8').split(ours).length - 1;
    expect(locks()).toBeGreaterThan(0);
    const before = locks();
    listed(new TablePages(DatabaseFile.openedBySqlite(path)!, dataset, rootOf(writer)), 100);
    expect(locks()).toBe(before);
    closeSync(openSync(path, 'r'));
    // What would become of them otherwise.
    expect(locks()).toBeLessThan(before);
  });

  test('are not read while an older reader keeps a part of the state in the log', () => {
    using folder = new TempFolder();
    const path = folder.file('test.db');
    using writer = openWriter(path);
    writer.exec(tablesOf(datasetOf(1))[0].sql);
    using old = new DatabaseSync(path);
    old.exec('BEGIN');
    old.prepare('SELECT 1 FROM things').get();
    writer.exec("INSERT INTO things VALUES ('c', 'b', 'a', 1, 1, 1, 1)");
    using reader = new DatabaseSync(path);
    expect(beginReadingFile(reader)).toBe(false);
    reader.exec('COMMIT');
    old.exec('COMMIT');
    expect(beginReadingFile(reader)).toBe(true);
  });
});
