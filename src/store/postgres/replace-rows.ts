import type { Dataset } from '../../schema/dataset.ts';
import { layoutColumns } from '../../schema/dataset.ts';
import { identifier } from '../identifier.ts';
import { applyCountDeltas } from './count-deltas.ts';
import type { Session } from './session.ts';
import { runTable, stagedColumn } from './staging.ts';

/** Puts all staged rows into a dataset without a key. Nobody sees them before the commit. @returns their number */
export async function insertStaged(session: Session, dataset: Dataset, run: number): Promise<number> {
  const columns = layoutColumns(dataset);
  const names = columns.map(({ name }) => identifier(name)).join(', ');
  const staged = columns.map((_, index) => stagedColumn(index)).join(', ');
  return session.run(
    `INSERT INTO ${identifier(dataset.name)} (${names}, _run, _line, _hash)
     SELECT ${staged}, ${run}, _line, _hash FROM ${runTable('staged', run)} ORDER BY _line`,
  );
}

/**
 * The rest of a run into a dataset without a key, once its rows are in: the rows that the last published run of the same file
 * has brought go, and the counts follow.
 *
 * @param former that run; null: the file is new
 * @returns how many rows have gone, and by how much the sum of hashes changes
 */
export async function replaceRows(
  session: Session,
  dataset: Dataset,
  run: number,
  former: number | null,
): Promise<{ readonly removed: number; readonly checksum: bigint }> {
  const table = identifier(dataset.name);
  for (const count of dataset.counts) {
    const value = identifier(count.column);
    const deltas = `SELECT value, sum(number)::bigint FROM (
        SELECT ${value} AS value, 1 AS number FROM ${table} WHERE _run = $1
        UNION ALL SELECT ${value}, -1 FROM ${table} WHERE _run = $2
      ) moved WHERE value IS NOT NULL GROUP BY 1 HAVING sum(number) <> 0`;
    await applyCountDeltas(session, count, deltas, run, former);
  }
  const sum = await session.one<{ checksum: string }>(
    `SELECT coalesce(sum(CASE _run WHEN $1 THEN _hash ELSE -_hash::numeric END), 0)::text AS checksum
     FROM ${table} WHERE _run IN ($1, $2)`,
    ...[run, former],
  );
  const removed = former === null ? 0 : await session.run(`DELETE FROM ${table} WHERE _run = $1`, former);
  return { removed, checksum: BigInt(sum!.checksum) };
}
