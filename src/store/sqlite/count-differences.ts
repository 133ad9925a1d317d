import type { DatabaseSync } from 'node:sqlite';
import { columnType, type CountTable, type Dataset } from '../../schema/dataset.ts';
import { compareUtf8 } from '../../schema/text-order.ts';
import type { CountDifference } from '../store.ts';
import { identifier } from '../identifier.ts';
import { fromSqlite } from './typed-values.ts';

type Counted = [value: string | number | bigint, number: bigint];

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
    `SELECT ${value}, count(*) FROM ${identifier(dataset.name)} WHERE ${value} IS NOT NULL GROUP BY 1 ORDER BY 1`,
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
      row.done === true ? 1 : counted.done === true ? -1 : compareStored(row.value[0], counted.value[0]);
    const expected = order <= 0 ? (row.value as Counted) : null;
    const found = order >= 0 ? (counted.value as Counted) : null;
    if (expected?.[1] !== found?.[1]) {
      const [shown] = (expected ?? found) as Counted;
      differences.push({
        table: count.table,
        value: fromSqlite(columnType(dataset, count.column), shown),
        expected: Number(expected?.[1] ?? 0),
        found: found === null ? null : Number(found[1]),
      });
    }
    if (order <= 0) row = rows.next();
    if (order >= 0) counted = counts.next();
  }
  return differences;
}

/** As SQLite orders the values of one column. */
function compareStored(a: Counted[0], b: Counted[0]): number {
  if (typeof a === 'string' && typeof b === 'string') return compareUtf8(a, b);
  return a < b ? -1 : a > b ? 1 : 0;
}

function inOrder(db: DatabaseSync, sql: string): Iterator<Counted, undefined> {
  const statement = db.prepare(sql);
  statement.setReturnArrays(true);
  statement.setReadBigInts(true);
  return statement.iterate() as unknown as Iterator<Counted, undefined>;
}
