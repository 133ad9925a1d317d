import { columnType, type CountTable, type Dataset } from '../../schema/dataset.ts';
import { identifier } from '../identifier.ts';
import type { CountDifference } from '../store.ts';
import type { Session } from './session.ts';
import { fromPostgres } from './typed-values.ts';

/** Where a count table differs from the rows, in the order of the values, at most `limit` differences. */
export async function countDifferences(
  session: Session,
  dataset: Dataset,
  count: CountTable,
  limit: number,
): Promise<CountDifference[]> {
  const value = identifier(count.column);
  const rows = await session.arrays(
    `SELECT value, coalesce(expected, 0), found
     FROM (SELECT ${value} AS value, count(*) AS expected FROM ${identifier(dataset.name)} WHERE ${value} IS NOT NULL GROUP BY 1) r
     FULL JOIN (SELECT ${value} AS value, ${identifier(count.numberColumn)} AS found FROM ${identifier(count.table)}) c USING (value)
     WHERE expected IS DISTINCT FROM found ORDER BY value LIMIT $1`,
    limit,
  );
  return rows.map(([shown, expected, found]) => ({
    table: count.table,
    value: fromPostgres(columnType(dataset, count.column), shown),
    expected: Number(expected),
    found: found === null ? null : Number(found),
  }));
}
