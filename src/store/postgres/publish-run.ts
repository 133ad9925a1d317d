import { lookWhetherToStop } from '../publish-control.ts';
import { type Applied, applyDelta, applyFirst } from './apply-rows.ts';
import { beside } from './beside.ts';
import type { Connection } from './connection.ts';
import { copyRows } from './copy-rows.ts';
import { DeltaSql } from './delta.ts';
import { Ledger } from './ledger.ts';
import { type Prepared, type PublishJob, recordPublished, tableAfter } from './publish-job.ts';
import { publishThroughSuccessors } from './publish-through-successors.ts';
import { adoptEdited, prepareRun, workMemory } from './prepare-run.ts';
import { insertStaged, replaceRows } from './replace-rows.ts';
import type { Session } from './session.ts';

/**
 * Makes a run visible. What takes long is done beside people who edit: the delta, against a snapshot of the table, and the
 * insertion of rows that nobody can edit yet. Then the dataset's row is locked; records of rows that were edited since are
 * decided again; and changed rows, counts and the receipt are written. Edits wait for that last part only.
 */
export async function publishRun(connection: Connection, job: PublishJob): Promise<void> {
  const { dataset, run, file, control } = job;
  const sql = new DeltaSql(dataset, run);
  lookWhetherToStop(control, 0);
  await connection.translating(() => connection.session.rows(workMemory));
  const prepared = await prepareRun(connection, job, sql);
  const { winners } = prepared;
  if (winners !== null && (await publishThroughSuccessors(connection, job, sql, { ...prepared, winners })))
    return;
  if (winners !== null) await connection.translating(() => connection.session.run(sql.analyzeDelta));
  let lockedAtMs = 0;
  await connection.transaction(async (session) => {
    const ledger = new Ledger(session);
    const { inserted, finish } = await insertRows(connection, session, job, sql, prepared);
    lookWhetherToStop(control, inserted);
    let since = prepared.editNumber;
    if (winners !== null) since = await adoptEdited(session, job, sql, since);
    const table = await ledger.table(dataset.name, true);
    lockedAtMs = job.clock.monotonicMs();
    if (table === null) throw new Error(`the ledger has no dataset ${dataset.name}`);
    let applied: Applied;
    if (winners !== null) {
      await adoptEdited(session, job, sql, since);
      const publishing = { dataset, run, file, nowMs: job.clock.wallMs() };
      const look = (rows: number): void => lookWhetherToStop(control, rows);
      applied = await applyDelta(session, sql, publishing, { winners, inserted, look });
    } else if (prepared.isEmpty) {
      applied = await finish();
    } else {
      const former = await ledger.publishedFile(dataset.name, file);
      const replaced = await replaceRows(session, dataset, run, former?.run ?? null);
      applied = { inserted, updated: 0, unchanged: 0, kept: 0, ...replaced };
    }
    await recordPublished(session, job, prepared, tableAfter(table, applied), applied);
    // The last moment at which this can be given up.
    lookWhetherToStop(control, prepared.stagedRows);
  });
  control.locked?.(job.clock.monotonicMs() - lockedAtMs);
}

/** Inserts what nobody can see or edit yet. @returns how many, and what is left to be done if they are the table's first */
async function insertRows(
  connection: Connection,
  session: Session,
  { dataset, run, rows, control }: PublishJob,
  sql: DeltaSql,
  { winners, isEmpty }: Prepared,
): Promise<{ readonly inserted: number; readonly finish: () => Promise<Applied> }> {
  if (winners === null && rows !== null) {
    const counts = isEmpty ? dataset.counts : [];
    const copied = await copyRows(session, dataset, run, rows, control, counts);
    return {
      inserted: copied.rows,
      finish: () => applyFirst(session, dataset, run, copied.rows, copied),
    };
  }
  const inserted = await insertFromServer(connection, session, { dataset, run, winners }, sql);
  return { inserted, finish: () => applyFirst(session, dataset, run, inserted, null) };
}

async function insertFromServer(
  connection: Connection,
  session: Session,
  { dataset, run, winners }: Pick<PublishJob, 'dataset' | 'run'> & Pick<Prepared, 'winners'>,
  sql: DeltaSql,
): Promise<number> {
  if (winners !== null) return session.run(sql.insertNew);
  if (dataset.key.length === 0) return insertStaged(session, dataset, run);
  // Half a million rows: 0.3 s of counting while they are inserted, in 1.1 s.
  const insert = (): Promise<number> => session.run(sql.insertWinners);
  const [inserted] = await beside(connection, insert, async (side) => {
    await side.rows(workMemory);
    for (const index of dataset.counts.keys()) await side.run(sql.countWinners(index));
  });
  return inserted;
}
