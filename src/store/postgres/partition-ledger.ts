import type { FileRef } from '../../schema/file-ref.ts';
import type { OutcomeSums } from '../row-outcomes.ts';
import type { SnapshotTotals } from '../store.ts';
import type { Session } from './session.ts';

/** The part of the ledger that publishes by key ranges: one of the steps in `schema.ts`. */
export const partitionTables = `
  -- Into how many ranges of keys the run was cut, and how many of them are published. 0: it is published in one transaction.
  ALTER TABLE _longhaul_runs ADD COLUMN partitions BIGINT NOT NULL DEFAULT 0;
  ALTER TABLE _longhaul_runs ADD COLUMN partitions_published BIGINT NOT NULL DEFAULT 0;
  -- What was read, as JSON: it is finished without its file.
  ALTER TABLE _longhaul_runs ADD COLUMN partition_totals TEXT;

  -- Of runs that are being published so. Gone with the run's end.
  CREATE TABLE _longhaul_partitions (
    run BIGINT NOT NULL,
    -- From 0, in the order of their keys.
    partition BIGINT NOT NULL,
    -- Its first key, and where that stands in the table of the run's winners.
    first_key TEXT[] COLLATE "C" NOT NULL,
    first_place TID NOT NULL,
    winners BIGINT NOT NULL,
    published BOOLEAN NOT NULL DEFAULT false,
    inserted BIGINT NOT NULL DEFAULT 0,
    updated BIGINT NOT NULL DEFAULT 0,
    unchanged BIGINT NOT NULL DEFAULT 0,
    kept BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (run, partition)
  );
`;

/** Where a range of a run's winners begins. */
export interface PartitionStart {
  readonly key: readonly string[];
  /** A tuple identifier, as text. */
  readonly place: string;
}

/** A range of a run's winners, which is published in one transaction. */
export interface Partition {
  /** From 0, in the order of the keys. */
  readonly index: number;
  /** Null: from the first one on. */
  readonly from: PartitionStart | null;
  /** Where the next one begins; null: up to the last one. */
  readonly to: PartitionStart | null;
  readonly winners: number;
  readonly published: boolean;
}

/** A run of which some ranges are published: it has to be finished before anything else is written. */
export interface HalfPublishedRun {
  readonly run: number;
  readonly dataset: string;
  readonly file: FileRef;
}

/** Reads and writes what the ledger knows of the ranges of runs. Opens no transactions: its caller does. */
export class PartitionLedger {
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  /** Those that a former publish of the run has cut and not begun to publish go. */
  async save(
    run: number,
    totals: SnapshotTotals,
    starts: readonly (PartitionStart & { readonly winners: number })[],
  ): Promise<void> {
    await this.#session.run('DELETE FROM _longhaul_partitions WHERE run = $1', run);
    for (const [partition, { key, place, winners }] of starts.entries()) {
      await this.#session.run(
        'INSERT INTO _longhaul_partitions (run, partition, first_key, first_place, winners) VALUES ($1, $2, $3, $4, $5)',
        ...[run, partition, key, place, winners],
      );
    }
    await this.#session.run(
      'UPDATE _longhaul_runs SET partitions = $2, partitions_published = 0, partition_totals = $3 WHERE run = $1',
      ...[run, starts.length, JSON.stringify(totals)],
    );
  }

  async partitions(run: number): Promise<Partition[]> {
    const rows = await this.#session.rows<{
      key: string;
      place: string;
      winners: bigint;
      published: boolean;
    }>(
      `SELECT array_to_json(first_key)::text AS key, first_place::text AS place, winners, published
       FROM _longhaul_partitions WHERE run = $1 ORDER BY partition`,
      run,
    );
    const starts = rows.map(({ key, place }) => ({ key: JSON.parse(key) as string[], place }));
    return rows.map(({ winners, published }, index) => ({
      ...{ index, from: index === 0 ? null : starts[index]!, to: starts[index + 1] ?? null },
      ...{ winners: Number(winners), published },
    }));
  }

  /** Whoever holds this is the only one that publishes the range, whichever process that is. @returns how many are published now */
  async publish(run: number, index: number, sums: OutcomeSums): Promise<number> {
    const { inserted, updated, unchanged, kept } = sums;
    const changed = await this.#session.run(
      `UPDATE _longhaul_partitions SET published = true, inserted = $3, updated = $4, unchanged = $5, kept = $6
       WHERE run = $1 AND partition = $2 AND NOT published`,
      ...[run, index, inserted, updated, unchanged, kept],
    );
    const row = await this.#session.one<{ published: bigint }>(
      `UPDATE _longhaul_runs SET partitions_published = partitions_published + 1
       WHERE run = $1 AND state = 'publishing' RETURNING partitions_published AS published`,
      run,
    );
    if (changed !== 1 || row === undefined)
      throw new Error(`partition ${index} of run ${run} was published by somebody else`);
    return Number(row.published);
  }

  /** What the published ranges come to. */
  async sums(run: number): Promise<OutcomeSums> {
    const row = await this.#session.one<Record<keyof OutcomeSums, string>>(
      `SELECT coalesce(sum(inserted), 0)::text AS inserted, coalesce(sum(updated), 0)::text AS updated,
         coalesce(sum(unchanged), 0)::text AS unchanged, coalesce(sum(kept), 0)::text AS kept
       FROM _longhaul_partitions WHERE run = $1 AND published`,
      run,
    );
    const { inserted, updated, unchanged, kept } = row!;
    return {
      ...{ inserted: Number(inserted), updated: Number(updated) },
      ...{ unchanged: Number(unchanged), kept: Number(kept) },
    };
  }

  /** What was read of a run that was cut. */
  async totals(run: number): Promise<SnapshotTotals> {
    const row = await this.#session.one<{ totals: string }>(
      'SELECT partition_totals AS totals FROM _longhaul_runs WHERE run = $1',
      run,
    );
    return JSON.parse(row!.totals) as SnapshotTotals;
  }

  async halfPublished(): Promise<HalfPublishedRun[]> {
    const rows = await this.#session.rows<{ run: bigint; dataset: string; source: string; file: string }>(
      `SELECT run, dataset, source, file FROM _longhaul_runs WHERE state = 'publishing' AND partitions_published > 0 ORDER BY run`,
    );
    return rows.map(({ run, dataset, source, file: name }) => ({
      ...{ run: Number(run), dataset, file: { source, name } },
    }));
  }
}
