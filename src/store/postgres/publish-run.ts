import type { Clock } from '../../runtime/clock.ts';
import { LonghaulError } from '../../runtime/errors.ts';
import { peakRssBytes } from '../../runtime/memory.ts';
import type { Dataset } from '../../schema/dataset.ts';
import type { FileRef } from '../../schema/file-ref.ts';
import { type ChunkTotals, checkSums, totalOfChunks } from '../chunk-totals.ts';
import type { PublishControl, SnapshotTotals } from '../store.ts';
import { type Applied, applyDelta, applyFirst } from './apply-rows.ts';
import { beside } from './beside.ts';
import type { Connection } from './connection.ts';
import { DeltaSql } from './delta.ts';
import { Ledger, type LedgerTable } from './ledger.ts';
import { tableTotals } from './reader.ts';
import { insertStaged, replaceRows } from './replace-rows.ts';
import type { Session } from './session.ts';
import { removeStaged } from './staging.ts';

/** A run that is ready to be published, and what that needs. */
export interface PublishJob {
  readonly run: number;
  readonly dataset: Dataset;
  readonly file: FileRef;
  readonly totals: SnapshotTotals;
  readonly control: PublishControl;
  readonly clock: Clock;
}

/** What is known before the transaction that publishes. */
interface Prepared {
  readonly chunks: ChunkTotals & { readonly tiled: boolean };
  readonly stagedRows: number;
  /** Keys of the staged rows, where there is a delta: the dataset has a key, and rows. */
  readonly winners: number | null;
  /** The dataset's edit number in the snapshot that the delta was made from. */
  readonly editNumber: number;
}

/**
 * For the session: 128 MiB for each sort and hash table, if the server does not grant more, so that half a million rows are
 * sorted without its disk.
 */
const workMemory = `SELECT set_config('work_mem', greatest(128 * 1024, pg_size_bytes(current_setting('work_mem')) / 1024)::text, false)`;

/**
 * Makes a run visible. What takes long is done beside people who edit: the delta, against a snapshot of the table, and the
 * insertion of rows that nobody can edit yet. Then the dataset's row is locked; records of rows that were edited since are
 * decided again; and changed rows, counts and the receipt are written. Edits wait for that last part only.
 */
export async function publishRun(connection: Connection, job: PublishJob): Promise<void> {
  const { dataset, run, file } = job;
  const sql = new DeltaSql(dataset, run);
  look(job, 0);
  await connection.translating(() => connection.session.rows(workMemory));
  const prepared = await prepare(connection, job, sql);
  const { winners } = prepared;
  await connection.transaction(async (session) => {
    const ledger = new Ledger(session);
    const inserted = await insertRows(connection, session, job, sql, winners);
    look(job, inserted);
    let since = prepared.editNumber;
    if (winners !== null) since = await adoptEdited(session, ledger, job, sql, since);
    const table = await ledger.table(dataset.name, true);
    if (table === null) throw new Error(`the ledger has no dataset ${dataset.name}`);
    let applied: Applied;
    if (winners !== null) {
      await adoptEdited(session, ledger, job, sql, since);
      const publishing = { dataset, run, file, nowMs: job.clock.wallMs() };
      applied = await applyDelta(session, sql, publishing, {
        winners,
        inserted,
        look: (rows) => look(job, rows),
      });
    } else if (table.rows === 0) {
      applied = await applyFirst(session, dataset, run, inserted);
    } else {
      const former = await ledger.publishedFile(dataset.name, file);
      const replaced = await replaceRows(session, dataset, run, former?.run ?? null);
      applied = { inserted, updated: 0, unchanged: 0, kept: 0, ...replaced };
    }
    await recordPublished(session, job, prepared, table, applied);
    // The last moment at which this can be given up.
    look(job, prepared.stagedRows);
  });
}

function look({ control }: PublishJob, rows: number): void {
  control.progress(rows);
  if (control.signal.aborted) {
    throw LonghaulError.of('interrupted', { advice: 'run the same command again to go on' });
  }
}

async function insertRows(
  connection: Connection,
  session: Session,
  { dataset, run }: PublishJob,
  sql: DeltaSql,
  winners: number | null,
): Promise<number> {
  if (winners !== null) return session.run(sql.insertNew);
  const isKeyless = dataset.key.length === 0;
  const insert = (): Promise<number> =>
    isKeyless ? insertStaged(session, dataset, run) : session.run(sql.insertWinners);
  if (isKeyless) return insert();
  // Half a million rows: 0.3 s of counting while they are inserted, in 1.1 s.
  const [inserted] = await beside(connection, insert, async (side) => {
    await side.rows(workMemory);
    for (const index of dataset.counts.keys()) await side.run(sql.countWinners(index));
  });
  return inserted;
}

/** Completes the ledger's chunks and makes the delta. */
async function prepare(
  connection: Connection,
  { run, dataset, totals }: PublishJob,
  sql: DeltaSql,
): Promise<Prepared> {
  await connection.transaction(async (session) => {
    const ledger = new Ledger(session);
    for (const { index } of await ledger.chunks(run)) {
      // Left over from a longer content that an earlier process has read under the same name.
      if (index >= totals.chunks) await removeStaged(session, ledger, run, index);
    }
  });
  return connection.translating(async () => {
    const { session } = connection;
    const ledger = new Ledger(session);
    const chunks = totalOfChunks(await ledger.chunks(run));
    // Read before the delta's own snapshot: an edit between the two is looked at once more than it needs.
    const table = await ledger.table(dataset.name);
    if (table === null) throw new Error(`the ledger has no dataset ${dataset.name}`);
    const { rows, editNumber } = table;
    if (rows === 0 || dataset.key.length === 0) {
      const counted = await session.one<{ n: number }>(`SELECT count(*)::int AS n FROM ${sql.staged}`);
      return { chunks, editNumber, stagedRows: counted!.n, winners: null };
    }
    const [, counted] = await beside(
      connection,
      () => makeDelta(session, dataset, sql),
      async (side) => {
        await side.rows(workMemory);
        return (await side.one<{ rows: number; winners: number }>(sql.countStaged))!;
      },
    );
    return { chunks, editNumber, stagedRows: counted.rows, winners: counted.winners };
  });
}

async function makeDelta(session: Session, dataset: Dataset, sql: DeltaSql): Promise<void> {
  await session.run(sql.createDelta);
  const standing = await session.one(
    "SELECT 1 FROM _longhaul_edits WHERE dataset = $1 AND state = 'standing' LIMIT 1",
    dataset.name,
  );
  if (standing === undefined) await session.run(sql.fillDelta(false));
  else await session.run(sql.fillDelta(true), dataset.name);
  await session.run(sql.analyzeDelta);
}

/**
 * Looks the winners of rows that were edited after edit `since` up again, so that the delta has them as `edited`. Done once
 * before the lock, as all staged rows are read for it, and again under it for those that came meanwhile: mostly none.
 *
 * @returns the edit number up to which this is done
 */
async function adoptEdited(
  session: Session,
  ledger: Ledger,
  { dataset }: PublishJob,
  sql: DeltaSql,
  since: number,
): Promise<number> {
  const { editNumber } = (await ledger.table(dataset.name))!;
  if (editNumber > since) {
    await session.run(sql.removeTouched, dataset.name, since);
    await session.run(sql.addTouched, dataset.name, since);
  }
  return editNumber;
}

/** Writes what a publish leaves in the ledger: receipt, publish number, the file's new version. Checks the sums first. */
async function recordPublished(
  session: Session,
  { run, dataset, file, totals, clock }: PublishJob,
  { chunks, stagedRows }: Prepared,
  before: LedgerTable,
  applied: Applied,
): Promise<void> {
  const { inserted, updated, unchanged, kept, removed } = applied;
  const winners = inserted + updated + unchanged + kept;
  const superseded = chunks.superseded + stagedRows - winners;
  checkSums(run, totals, chunks, winners + superseded);
  const ledger = new Ledger(session);
  const publishNumber = before.publishNumber + 1;
  const checksum = BigInt.asIntN(64, before.checksum + applied.checksum);
  const rows = before.rows + inserted - removed;
  await ledger.saveTable(dataset.name, { rows, checksum, publishNumber, editNumber: before.editNumber });
  await ledger.saveFile(dataset.name, file, run, totals);
  await ledger.saveTotals(run, chunks, totals, clock.wallMs(), peakRssBytes());
  const after = await tableTotals(session, dataset);
  await ledger.savePublished(run, publishNumber, { ...applied, superseded }, after);
  await ledger.trimRejects(run);
  await ledger.forgetStaged(run);
  await ledger.setState(run, 'done');
}
