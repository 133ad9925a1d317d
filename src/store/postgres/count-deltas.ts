import { LonghaulError } from '../../runtime/errors.ts';
import type { CountTable } from '../../schema/dataset.ts';
import { identifier } from '../identifier.ts';
import type { Session } from './session.ts';

/**
 * Moves the numbers of a count table. No number comes to 0: its row goes. Throws `counts_drifted` where the table does not
 * hold what is to be taken away: the rows that go had been counted, so somebody else has written to it.
 *
 * @param deltas a query of (value, number): each value once, no NULL, no number 0
 */
export async function applyCountDeltas(
  session: Session,
  count: CountTable,
  deltas: string,
  ...values: readonly unknown[]
): Promise<void> {
  const table = identifier(count.table);
  const value = identifier(count.column);
  const number = identifier(count.numberColumn);
  // The parts of one statement see the table as it was before it, and none of them meets another's rows.
  const { drifted } = (await session.one<{ drifted: string | null }>(
    `WITH delta (value, number) AS MATERIALIZED (${deltas}),
     gone AS (
       DELETE FROM ${table} c USING delta WHERE delta.number < 0 AND c.${value} = delta.value AND c.${number} = -delta.number
     ),
     fewer AS (
       UPDATE ${table} c SET ${number} = c.${number} + delta.number FROM delta
       WHERE delta.number < 0 AND c.${value} = delta.value AND c.${number} > -delta.number
     ),
     more AS (
       INSERT INTO ${table} AS c (${value}, ${number}) SELECT value, number FROM delta WHERE number > 0 ORDER BY value
       ON CONFLICT (${value}) DO UPDATE SET ${number} = c.${number} + excluded.${number}
     )
     SELECT min(value::text) AS drifted FROM delta
     WHERE number < 0 AND NOT EXISTS (SELECT FROM ${table} c WHERE c.${value} = delta.value AND c.${number} >= -delta.number)`,
    ...values,
  ))!;
  if (drifted !== null) throw LonghaulError.of('counts_drifted', { table: count.table, value: drifted });
}
