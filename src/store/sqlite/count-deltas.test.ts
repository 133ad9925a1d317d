import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CountDeltas } from './count-deltas.ts';

const count = { column: 'na"me', table: 'counts "of" names', numberColumn: 'number' };

function emptyTable(): DatabaseSync {
  const db = new DatabaseSync(':memory:');
  db.exec(
    'CREATE TABLE "counts ""of"" names" ("na""me" TEXT PRIMARY KEY, "number" INTEGER NOT NULL) STRICT, WITHOUT ROWID',
  );
  return db;
}

function shown(db: DatabaseSync): Record<string, unknown>[] {
  return db
    .prepare('SELECT "na""me" AS name, number FROM "counts ""of"" names"')
    .all()
    .map((row) => ({ ...row }));
}

test('the table is exact after a flush, however many happened on the way', () => {
  const names = fc.constantFrom('a', 'b', '', '\u{10000}', '\uffee', "o'neil");
  const moves = fc.array(fc.tuple(names, names), { maxLength: 40, size: 'max' });
  fc.assert(
    fc.property(
      fc.array(names, { maxLength: 20 }),
      moves,
      fc.integer({ min: 1, max: 8 }),
      (rows, changes, mostWaiting) => {
        using db = emptyTable();
        const deltas = new CountDeltas(db, count, 'text', mostWaiting);
        const held = [...rows];
        for (const name of held) deltas.change(name, 1);
        for (const [index, [, to]] of changes.entries()) {
          const at = index % Math.max(1, held.length);
          const from = held[at];
          if (from === undefined) continue;
          deltas.change(from, -1);
          deltas.change(to, 1);
          held[at] = to;
        }
        deltas.flush();
        const expected = [...Map.groupBy(held, (name) => name)].map(([name, same]) => ({
          name,
          number: same.length,
        }));
        expected.sort((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)));
        expect(shown(db)).toEqual(expected);
      },
    ),
    { numRuns: 200 },
  );
});

test('flushes on the way once so many values wait', () => {
  using db = emptyTable();
  const deltas = new CountDeltas(db, count, 'text', 3);
  for (const name of ['a', 'b', 'a', 'b']) deltas.change(name, 1);
  expect(shown(db)).toEqual([]);
  deltas.change('c', 1);
  expect(shown(db)).toHaveLength(3);
});

test('a table that holds less than is taken away was changed from outside', () => {
  using db = emptyTable();
  const deltas = new CountDeltas(db, count, 'text');
  deltas.change('a', 1);
  deltas.flush();
  deltas.change('a', -1);
  deltas.change('a', -1);
  expect(() => deltas.flush()).toThrow(
    expect.objectContaining({ code: 'counts_drifted', facts: { table: count.table, value: 'a' } }),
  );
  const others = new CountDeltas(db, count, 'text');
  others.change('never there', -1);
  expect(() => others.flush()).toThrow(expect.objectContaining({ code: 'counts_drifted' }));
});
