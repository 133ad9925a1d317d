import type { Dataset } from '../../schema/dataset.ts';
import { rowLayout } from '../../schema/packed-rows.ts';
import { keyBytes } from '../../schema/row-values.ts';
import { totalOfChunks } from '../chunk-totals.ts';
import type { OpenedRows } from '../opened-rows.ts';
import { beside } from './beside.ts';
import { compareRows, DeltaEncoder } from './compare-rows.ts';
import type { Connection } from './connection.ts';
import type { DeltaSql } from './delta.ts';
import { ExistingRows } from './existing-rows.ts';
import { Ledger } from './ledger.ts';
import type { Prepared, PublishJob } from './publish-job.ts';
import type { Session } from './session.ts';

/**
 * For the session: 128 MiB for each sort and hash table, if the server does not grant more, so that half a million rows are
 * sorted without its disk.
 */
export const workMemory = `SELECT set_config('work_mem', greatest(128 * 1024, pg_size_bytes(current_setting('work_mem')) / 1024)::text, false)`;

/** Adds up the ledger's chunks and makes the delta, if there is to be one. */
export async function prepareRun(connection: Connection, job: PublishJob, sql: DeltaSql): Promise<Prepared> {
  const { run, dataset, rows, rowsInMemory } = job;
  return connection.translating(async () => {
    const { session } = connection;
    const ledger = new Ledger(session);
    const chunks = totalOfChunks(await ledger.chunks(run));
    // Read before the delta's own snapshot: an edit between the two is looked at once more than it needs.
    const table = await ledger.table(dataset.name);
    if (table === null) throw new Error(`the ledger has no dataset ${dataset.name}`);
    const known = { chunks, editNumber: table.editNumber, isEmpty: table.rows === 0 };
    if (table.rows === 0 || dataset.key.length === 0) {
      const stagedRows = rows === null ? await countStaged(session, sql) : rowsInMemory;
      return { ...known, stagedRows, winners: null };
    }
    await session.run(sql.createDelta);
    const withEdits = await anyStanding(session, dataset);
    let counted: { readonly stagedRows: number; readonly winners: number };
    if (rows === null) {
      [, counted] = await beside(
        connection,
        () => session.run(sql.fillDelta(withEdits), ...(withEdits ? [dataset.name] : [])),
        async (side) => {
          await side.rows(workMemory);
          const found = await side.one<{ rows: number; winners: number }>(sql.countWinnersOfStaged);
          return { stagedRows: found!.rows, winners: found!.winners };
        },
      );
    } else {
      counted = { stagedRows: rowsInMemory, winners: await fillDelta(session, job, rows, sql, withEdits) };
    }
    return { ...known, ...counted };
  });
}

export async function countStaged(session: Session, sql: DeltaSql): Promise<number> {
  const counted = await session.one<{ n: number }>(`SELECT count(*)::int AS n FROM ${sql.staged}`);
  return counted!.n;
}

export async function anyStanding(session: Session, { name }: Dataset): Promise<boolean> {
  const sql = "SELECT 1 FROM _longhaul_edits WHERE dataset = $1 AND state = 'standing' LIMIT 1";
  return (await session.one(sql, name)) !== undefined;
}

/** Compares rows that wait in memory with the table, which the side connection reads. @returns the number of winners */
async function fillDelta(
  session: Session,
  { run, dataset, control, side }: PublishJob,
  rows: OpenedRows,
  sql: DeltaSql,
  withEdits: boolean,
): Promise<number> {
  if (side === null) throw new Error('rows in memory are compared by a second connection');
  await side.session.rows(workMemory);
  const existing = new ExistingRows(side.session, dataset, withEdits);
  const encoder = new DeltaEncoder(rowLayout(dataset), run, dataset.counts.length);
  const compared = { winners: 0, superseded: 0 };
  async function* delta(): AsyncGenerator<Buffer> {
    yield* compareRows(rows, existing, control, compared, encoder.put.bind(encoder));
    yield* encoder.rest();
  }
  await session.copyIn(sql.copyDelta, delta());
  return compared.winners;
}

/**
 * Looks the winners of rows that were edited after edit `since` up again, so that the delta has them as `edited`. Done once
 * before the lock, as all staged rows may be read for it, and again under it for those that came meanwhile: mostly none.
 *
 * @returns the edit number up to which this is done
 */
export async function adoptEdited(
  session: Session,
  { dataset, run, rows }: Pick<PublishJob, 'dataset' | 'run' | 'rows'>,
  sql: DeltaSql,
  since: number,
): Promise<number> {
  const { editNumber } = (await new Ledger(session).table(dataset.name))!;
  if (editNumber === since) return editNumber;
  await session.run(sql.removeTouched, dataset.name, since);
  if (rows === null) {
    await session.run(sql.addTouched, dataset.name, since);
    return editNumber;
  }
  const touched = await session.rows<{ key: string }>(
    'SELECT DISTINCT array_to_json(key)::text AS key FROM _longhaul_edits WHERE dataset = $1 AND edit_number > $2',
    ...[dataset.name, since],
  );
  const encoder = new DeltaEncoder(rowLayout(dataset), run, dataset.counts.length);
  function* edited(among: OpenedRows): Generator<Buffer> {
    for (const { key } of touched) {
      const winner = among.find(keyBytes(JSON.parse(key) as string[]));
      const full = winner === null ? null : encoder.put(winner, 'edited', null);
      if (full !== null) yield full;
    }
    yield* encoder.rest();
  }
  await session.copyIn(sql.copyDelta, edited(rows));
  return editNumber;
}
