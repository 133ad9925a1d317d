import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import { LonghaulError } from '../../runtime/errors.ts';
import { type CountTable, type Dataset, provenanceColumns, storedKey } from '../../schema/dataset.ts';
import { identifier } from '../identifier.ts';
import { equalOn, list } from './connection.ts';
import type { Difference } from './difference.ts';
import { hasTriggers } from './foreign-objects.ts';

/** Rows that one statement writes: some 40 ms. */
const rowsAtOnce = 10_000;

/**
 * Writes the rows of the attached difference into a dataset's table, in the caller's transaction.
 *
 * @param afterSome called after each few thousand rows, with the number of rows so far
 */
export function applyRows(
  db: DatabaseSync,
  dataset: Dataset,
  { removedRun }: Difference,
  afterSome: (rows: number) => void,
): void {
  if (removedRun !== null) {
    db.prepare(`DELETE FROM main.${identifier(dataset.name)} WHERE _run = ?`).run(removedRun);
    afterSome(0);
  }
  const key = storedKey(dataset);
  const marks = key.map(() => '?').join(', ');
  const isAfter = `(${list(key, 'd')}) > (${marks})`;
  const isUpTo = `(${list(key, 'd')}) <= (${marks})`;
  let after: readonly SQLInputValue[] = [];
  for (let rows = 0; ; ) {
    const condition = after.length === 0 ? 'true' : isAfter;
    const bound = db.prepare(
      `SELECT ${list(key)} FROM difference.rows d WHERE ${condition} ORDER BY ${list(key)} LIMIT 1 OFFSET ${rowsAtOnce - 1}`,
    );
    bound.setReturnArrays(true);
    const last = bound.get(...after) as unknown as readonly SQLInputValue[] | undefined;
    if (last === undefined) {
      for (const sql of writingSql(db, dataset, condition)) db.prepare(sql).run(...after);
      return;
    }
    for (const sql of writingSql(db, dataset, `${condition} AND ${isUpTo}`)) {
      rows += Number(db.prepare(sql).run(...after, ...last).changes);
    }
    after = last;
    afterSome(rows);
  }
}

/**
 * One statement for all rows is half as slow again when it is two; but where another program has triggers, these must see an
 * insert for what is inserted and an update for what is updated, and no more.
 */
function writingSql(db: DatabaseSync, dataset: Dataset, condition: string): string[] {
  const { name } = dataset;
  const key = storedKey(dataset);
  const columns = [...dataset.columns.map((column) => column.name), ...provenanceColumns];
  const written = columns.filter((column) => !key.includes(column));
  const table = `main.${identifier(name)}`;
  const insert = `INSERT INTO ${table} (${list(columns)}) SELECT ${list(columns, 'd')} FROM difference.rows d WHERE ${condition}`;
  const inOrder = `ORDER BY ${list(key, 'd')}`;
  if (!hasTriggers(db, name)) {
    const set = written.map((column) => `${identifier(column)} = excluded.${identifier(column)}`).join(', ');
    // By the key alone: else a row would take the place of another that a unique index of somebody else has it collide with.
    return [`${insert} ${inOrder} ON CONFLICT (${list(key)}) DO UPDATE SET ${set}`];
  }
  const set = written.map((column) => `${identifier(column)} = d.${identifier(column)}`).join(', ');
  return [
    `${insert} AND d._longhaul_former IS NULL ${inOrder}`,
    `UPDATE ${table} AS p SET ${set} FROM difference.rows d WHERE ${condition} AND d._longhaul_former IS NOT NULL AND ${equalOn(key, 'd', 'p')}`,
  ];
}

/** Adds the difference of the count table with this index to it. Throws `counts_drifted`. */
export function applyCounts(db: DatabaseSync, index: number, count: CountTable): void {
  const table = `main.${identifier(count.table)}`;
  const value = identifier(count.column);
  const number = identifier(count.numberColumn);
  const difference = `difference.counted_${index}`;
  db.exec(
    `INSERT INTO ${table} (${value}, ${number}) SELECT ${value}, _longhaul_by FROM ${difference} WHERE _longhaul_by <> 0 ORDER BY ${value}
     ON CONFLICT (${value}) DO UPDATE SET ${number} = ${number} + excluded.${number}`,
  );
  const fewer = `${difference} d CROSS JOIN ${table} c ON c.${value} = d.${value} WHERE d._longhaul_by < 0`;
  // The rows that go had been counted; if the table says otherwise, somebody else has written to it.
  const drifted = db.prepare(`SELECT d.${value} AS value FROM ${fewer} AND c.${number} < 0`).get();
  if (drifted !== undefined) {
    throw LonghaulError.of('counts_drifted', { table: count.table, value: String(drifted['value']) });
  }
  db.exec(`DELETE FROM ${table} WHERE ${value} IN (SELECT d.${value} FROM ${fewer} AND c.${number} = 0)`);
}
