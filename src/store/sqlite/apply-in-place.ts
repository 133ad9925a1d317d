import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { LonghaulError } from '../../runtime/errors.ts';
import { type CountTable, type Dataset, layoutColumns } from '../../schema/dataset.ts';
import { equalOn, identifier, list } from './connection.ts';

/** Rows that one statement writes: some 40 ms. */
const rowsAtOnce = 10_000;

/**
 * Writes the rows of the attached difference into a dataset's table, in the caller's transaction.
 *
 * @param afterSome called after each few thousand rows, with the number of rows so far
 */
export function applyRows(db: DatabaseSync, dataset: Dataset, afterSome: (rows: number) => void): void {
  const upTo = prepareWriting(db, dataset, `AND (${list(dataset.key, 'd')}) <= (${marks(dataset)})`);
  const bound = db.prepare(
    `SELECT ${list(dataset.key)} FROM difference.rows WHERE (${list(dataset.key)}) > (${marks(dataset)})
     ORDER BY ${list(dataset.key)} LIMIT 1 OFFSET ${rowsAtOnce - 1}`,
  );
  bound.setReturnArrays(true);
  // No part of a key is empty, so all keys are greater than this one.
  let after: readonly string[] = dataset.key.map(() => '');
  for (let rows = 0; ; ) {
    const last = bound.get(...after) as unknown as readonly string[] | undefined;
    if (last === undefined) {
      for (const statement of prepareWriting(db, dataset, '')) statement.run(...after);
      return;
    }
    for (const statement of upTo) rows += Number(statement.run(...after, ...last).changes);
    after = last;
    afterSome(rows);
  }
}

/**
 * One statement for all rows is half as slow again when it is two; but where another program has triggers, these must see an
 * insert for what is inserted and an update for what is updated, and no more.
 */
function prepareWriting(db: DatabaseSync, dataset: Dataset, upperBound: string): StatementSync[] {
  const { name, key } = dataset;
  const columns = [...layoutColumns(dataset).map((column) => column.name), '_run', '_line', '_hash'];
  const written = columns.slice(key.length);
  const table = `main.${identifier(name)}`;
  const bounds = `(${list(key, 'd')}) > (${marks(dataset)}) ${upperBound}`;
  const insert = `INSERT INTO ${table} (${list(columns)}) SELECT ${list(columns, 'd')} FROM difference.rows d WHERE ${bounds}`;
  const inOrder = `ORDER BY ${list(key, 'd')}`;
  if (!hasTriggers(db, name)) {
    const set = written.map((column) => `${identifier(column)} = excluded.${identifier(column)}`).join(', ');
    return [db.prepare(`${insert} ${inOrder} ON CONFLICT DO UPDATE SET ${set}`)];
  }
  const set = written.map((column) => `${identifier(column)} = d.${identifier(column)}`).join(', ');
  return [
    db.prepare(`${insert} AND d._longhaul_former IS NULL ${inOrder}`),
    db.prepare(
      `UPDATE ${table} AS p SET ${set} FROM difference.rows d WHERE ${bounds} AND d._longhaul_former IS NOT NULL AND ${equalOn(key, 'd', 'p')}`,
    ),
  ];
}

function marks({ key }: Dataset): string {
  return key.map(() => '?').join(', ');
}

/** Whether a program has triggers on a table, which must see each row that is written. */
export function hasTriggers(db: DatabaseSync, table: string): boolean {
  const trigger = db.prepare(
    "SELECT 1 FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = ? COLLATE NOCASE",
  );
  return trigger.get(table) !== undefined;
}

/** Adds the difference of the count table with this index to it. Throws `counts_drifted`. */
export function applyCounts(db: DatabaseSync, index: number, count: CountTable): void {
  const table = `main.${identifier(count.table)}`;
  const value = identifier(count.column);
  const number = identifier(count.numberColumn);
  const difference = `difference.counted_${index}`;
  db.exec(
    `INSERT INTO ${table} (${value}, ${number}) SELECT ${value}, _longhaul_by FROM ${difference} WHERE _longhaul_by <> 0 ORDER BY ${value}
     ON CONFLICT DO UPDATE SET ${number} = ${number} + excluded.${number}`,
  );
  const fewer = `${difference} d CROSS JOIN ${table} c ON c.${value} = d.${value} WHERE d._longhaul_by < 0`;
  // The rows that go had been counted; if the table says otherwise, somebody else has written to it.
  const drifted = db.prepare(`SELECT d.${value} AS value FROM ${fewer} AND c.${number} < 0`).get();
  if (drifted !== undefined) {
    throw LonghaulError.of('counts_drifted', { table: count.table, value: String(drifted['value']) });
  }
  db.exec(`DELETE FROM ${table} WHERE ${value} IN (SELECT d.${value} FROM ${fewer} AND c.${number} = 0)`);
}
