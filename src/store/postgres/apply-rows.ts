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

/** What a delta comes to, by what its records do. */
export class DeltaSums {
  readonly #sums = new Map<Kind, { number: number; checksum: bigint }>();

  /** @param found as `DeltaSql.sums` gives it */
  constructor(found: readonly unknown[]) {
    this.add(found, 1);
  }

  /** @param times -1: takes it away */
  add(found: readonly unknown[], times: 1 | -1): void {
    for (const { kind, number, checksum } of found as readonly {
      readonly kind: Kind;
      readonly number: number;
      readonly checksum: string | bigint;
    }[]) {
      const sum = this.#sums.get(kind) ?? { number: 0, checksum: 0n };
      this.#sums.set(kind, {
        number: sum.number + times * number,
        checksum: sum.checksum + BigInt(times) * BigInt(checksum),
      });
    }
  }

  addAll(others: DeltaSums): void {
    this.add(
      Array.from(others.#sums, ([kind, { number, checksum }]) => ({ kind, number, checksum })),
      1,
    );
  }

  without(kind: Kind): DeltaSums {
    const sums = new DeltaSums([]);
    sums.addAll(this);
    sums.#sums.delete(kind);
    return sums;
  }

  numberOf(...kinds: readonly Kind[]): number {
    return kinds.reduce((sum, kind) => sum + (this.#sums.get(kind)?.number ?? 0), 0);
  }
  checksumOf(...kinds: readonly Kind[]): bigint {
    return kinds.reduce((sum, kind) => sum + (this.#sums.get(kind)?.checksum ?? 0n), 0n);
  }
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
  const sums = new DeltaSums(await session.rows(sql.sums));
  const changed = sums.numberOf('changed', 'ended');
  const updated = changed === 0 ? 0 : await session.run(sql.updateChanged);
  const applied = appliedDelta(run, sums, { winners, inserted, updated });
  look(inserted + updated);
  for (const [index, count] of dataset.counts.entries()) {
    if (changed + inserted > 0) await applyCountDeltas(session, count, sql.countDeltas(index));
  }
  return applied;
}

/** What a delta does, against what was done. Throws `sums_do_not_meet` where that is not the same. */
export function appliedDelta(
  run: number,
  sums: DeltaSums,
  done: { readonly winners: number; readonly inserted: number; readonly updated: number },
): Applied {
  const [added, changed, undecided] = [
    sums.numberOf('new'),
    sums.numberOf('changed', 'ended'),
    sums.numberOf('edited'),
  ];
  const kept = sums.numberOf('kept');
  // Every winner is in the delta or is equal to its row.
  const unchanged = done.winners - added - changed - undecided - kept;
  const { inserted, updated } = done;
  if (updated !== changed || inserted !== added || undecided > 0 || unchanged < 0) {
    const expected = `${added} rows to be inserted and ${changed} to be updated`;
    const found = `${inserted} inserted, ${updated} updated, ${undecided} not decided, ${unchanged} equal`;
    throw LonghaulError.of('sums_do_not_meet', { run, sums: `${expected}: ${found}` });
  }
  const checksum = sums.checksumOf('new', 'changed', 'ended');
  return { inserted, updated, unchanged, kept, removed: 0, checksum };
}
