import type { DatabaseSync } from 'node:sqlite';
import type { CountTable, Dataset } from '../../schema/dataset.ts';
import { compareUtf8 } from '../../schema/text-order.ts';
import type { CountDifference } from '../store.ts';
import { identifier } from './connection.ts';

type Counted = [value: string, number: number];

/**
 * Where a count table differs from the rows, at most `limit` differences. Both sides come in the order of their values
 * and are walked side by side: a join of the two would look for each value of one in all of the other.
 */
export function countDifferences(
  db: DatabaseSync,
  dataset: Dataset,
  count: CountTable,
  limit: number,
): CountDifference[] {
  const value = identifier(count.column);
  const rows = inOrder(
    db,
    `SELECT ${value}, count(*) FROM ${identifier(dataset.name)} GROUP BY 1 ORDER BY 1`,
  );
  const counts = inOrder(
    db,
    `SELECT ${value}, ${identifier(count.numberColumn)} FROM ${identifier(count.table)} ORDER BY 1`,
  );
  const differences: CountDifference[] = [];
  let row = rows.next();
  let counted = counts.next();
  while (differences.length < limit && !(row.done === true && counted.done === true)) {
    const order =
      row.done === true ? 1 : counted.done === true ? -1 : compareUtf8(row.value[0], counted.value[0]);
    const expected = order <= 0 ? (row.value as Counted) : null;
    const found = order >= 0 ? (counted.value as Counted) : null;
    if (expected?.[1] !== found?.[1]) {
      const [shown] = (expected ?? found) as Counted;
      differences.push({
        table: count.table,
        value: shown,
        expected: expected?.[1] ?? 0,
        found: found?.[1] ?? null,
      });
    }
    if (order <= 0) row = rows.next();
    if (order >= 0) counted = counts.next();
  }
  return differences;
}

function inOrder(db: DatabaseSync, sql: string): Iterator<Counted, undefined> {
  const statement = db.prepare(sql);
  statement.setReturnArrays(true);
  return statement.iterate() as unknown as Iterator<Counted, undefined>;
}
