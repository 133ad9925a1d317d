import { LonghaulError } from '../../runtime/errors.ts';
import type { CountTable, Dataset } from '../../schema/dataset.ts';
import { identifier } from '../identifier.ts';
import { applyCountDeltas } from './count-deltas.ts';
import { meetEdits, type PublishingRun } from './covering-edits.ts';
import type { DeltaSql, Kind } from './delta.ts';
import type { Session } from './session.ts';
import { runTable } from './staging.ts';

export interface Applied {
  readonly inserted: number;
  readonly updated: number;
  readonly unchanged: number;
  readonly kept: number;
  /** Rows that have gone: in datasets without a key. */
  readonly removed: number;
  /** By which the sum of all hashes changes. */
  readonly checksum: bigint;
}

/**
 * The counts of a table that had no rows before these. With a key they were counted while the rows were inserted.
 *
 * @param copied what is known of rows that came from this process; their counts are in place but for those of `uncounted`
 */
export async function applyFirst(
  session: Session,
  dataset: Dataset,
  run: number,
  inserted: number,
  copied: { readonly checksum: bigint; readonly uncounted: readonly CountTable[] } | null,
): Promise<Applied> {
  const table = identifier(dataset.name);
  for (const [index, count] of dataset.counts.entries()) {
    if (copied !== null && !copied.uncounted.includes(count)) continue;
    const value = identifier(count.column);
    const counted =
      dataset.key.length > 0 && copied === null
        ? `SELECT value, number FROM ${runTable('counts', run, index)}`
        : `SELECT ${value} AS value, count(*) FROM ${table} WHERE ${value} IS NOT NULL GROUP BY 1`;
    await session.run(
      `INSERT INTO ${identifier(count.table)} (${value}, ${identifier(count.numberColumn)}) ${counted} ORDER BY value`,
    );
  }
  const first = { inserted, updated: 0, unchanged: 0, kept: 0, removed: 0 };
  if (copied !== null) return { ...first, checksum: copied.checksum };
  const sum = await session.one<{ checksum: string }>(
    `SELECT coalesce(sum(_hash), 0)::text AS checksum FROM ${table}`,
  );
  return { ...first, checksum: BigInt(sum!.checksum) };
}

/** What is known of the run before its delta is applied. */
export interface DeltaState {
  /** Keys of the staged rows. */
  readonly winners: number;
  readonly inserted: number;
  /** To be called with the rows that are done. */
  readonly look: (rows: number) => void;
}

/** Applies a delta whose new rows are in already, while nobody can edit: edits, changed rows, counts. */
export async function applyDelta(
  session: Session,
  sql: DeltaSql,
  publishing: PublishingRun,
  { winners, inserted, look }: DeltaState,
): Promise<Applied> {
  const { dataset, run } = publishing;
  await meetEdits(session, sql, publishing);
  const sums = new Map<Kind, { readonly number: number; readonly checksum: bigint }>();
  for (const row of await session.rows<{ kind: Kind; number: number; checksum: string }>(sql.sums)) {
    sums.set(row.kind, { number: row.number, checksum: BigInt(row.checksum) });
  }
  const numberOf = (...of: readonly Kind[]): number =>
    of.reduce((sum, kind) => sum + (sums.get(kind)?.number ?? 0), 0);
  const changed = numberOf('changed', 'ended');
  const updated = changed === 0 ? 0 : await session.run(sql.updateChanged);
  // Every winner is in the delta or is equal to its row.
  const unchanged = winners - numberOf('new', 'changed', 'ended', 'kept', 'edited');
  if (updated !== changed || inserted !== numberOf('new') || numberOf('edited') > 0 || unchanged < 0) {
    const expected = `${numberOf('new')} rows to be inserted and ${changed} to be updated`;
    const found = `${inserted} inserted, ${updated} updated, ${numberOf('edited')} not decided, ${unchanged} equal`;
    throw LonghaulError.of('sums_do_not_meet', { run, sums: `${expected}: ${found}` });
  }
  look(inserted + updated);
  for (const [index, count] of dataset.counts.entries()) {
    if (changed + inserted > 0) await applyCountDeltas(session, count, sql.countDeltas(index));
  }
  const written: readonly Kind[] = ['new', 'changed', 'ended'];
  const checksum = written.reduce((sum, kind) => sum + (sums.get(kind)?.checksum ?? 0n), 0n);
  return { inserted, updated, unchanged, kept: numberOf('kept'), removed: 0, checksum };
}
