import type { Clock } from '../../runtime/clock.ts';
import { LonghaulError } from '../../runtime/errors.ts';
import { peakRssBytes } from '../../runtime/memory.ts';
import type { Dataset } from '../../schema/dataset.ts';
import type { FileRef } from '../../schema/file-ref.ts';
import { type ChunkTotals, checkSums, totalOfChunks } from '../chunk-totals.ts';
import type { PublishControl, SnapshotTotals } from '../store.ts';
import type { Connection } from './connection.ts';
import { applyCountDeltas } from './count-deltas.ts';
import { DeltaSql, type Kind } from './delta.ts';
import { Ledger, type LedgerTable } from './ledger.ts';
import { tableTotals } from './reader.ts';
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

/** What the delta held when it was made, beside people who edit. */
interface Prepared {
  readonly chunks: ChunkTotals & { readonly tiled: boolean };
  readonly stagedRows: number;
  /** Keys of the staged rows. Null: the table has no rows, and there is no delta. */
  readonly winners: number | null;
  /** The dataset's edit number then. */
  readonly editNumber: number;
}

interface Applied {
  readonly inserted: number;
  readonly updated: number;
  readonly unchanged: number;
  readonly kept: number;
  /** By which the sum of all hashes changes. */
  readonly checksum: bigint;
}

/** 128 MiB for each sort and hash table, if the server does not grant more: half a million rows are sorted without its disk. */
const workMemory =
  "SELECT set_config('work_mem', greatest(128 * 1024, pg_size_bytes(current_setting('work_mem')) / 1024)::text, true)";

/**
 * Makes a run visible. What takes long is done beside people who edit: the delta, against a snapshot of the table, and the
 * insertion of rows that nobody can edit yet. Then the dataset's row is locked; records of rows that were edited since are
 * decided again; and changed rows, counts and the receipt are written. Edits wait for that last part only.
 */
export async function publishRun(connection: Connection, job: PublishJob): Promise<void> {
  const sql = new DeltaSql(job.dataset, job.run);
  look(job, 0);
  const prepared = await prepare(connection, job, sql);
  const { winners } = prepared;
  await connection.transaction(async (session) => {
    await session.rows(workMemory);
    const ledger = new Ledger(session);
    const inserted = await session.run(winners === null ? sql.insertWinners : sql.insertNew);
    look(job, inserted);
    let since = prepared.editNumber;
    if (winners !== null) since = await adoptEdited(session, ledger, job, sql, since);
    const table = await ledger.table(job.dataset.name, true);
    if (table === null) throw new Error(`the ledger has no dataset ${job.dataset.name}`);
    const applied =
      winners === null
        ? await applyFirst(session, job, sql, inserted)
        : await applyDelta(session, job, sql, { winners, inserted, since });
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

/** Completes the ledger's chunks and makes the delta, in one snapshot. */
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
  return connection.transaction(async (session) => {
    await session.rows(workMemory);
    const ledger = new Ledger(session);
    const table = await ledger.table(dataset.name);
    const chunks = totalOfChunks(await ledger.chunks(run));
    const { rows, editNumber } = table!;
    if (rows === 0) {
      const counted = await session.one<{ n: number }>(`SELECT count(*)::int AS n FROM ${sql.staged}`);
      return { chunks, editNumber, stagedRows: counted!.n, winners: null };
    }
    await session.run('SET LOCAL enable_hashagg = off');
    const counted = (await session.one<{ rows: number; winners: number }>(sql.countStaged))!;
    const standing = await session.one(
      "SELECT 1 FROM _longhaul_edits WHERE dataset = $1 AND state = 'standing' LIMIT 1",
      dataset.name,
    );
    await session.run(sql.createDelta);
    await session.run(
      sql.fillDelta(standing !== undefined),
      ...(standing === undefined ? [] : [dataset.name]),
    );
    // Or the planner would take 5 rows for half a million, and look each up.
    await session.run(`ANALYZE ${sql.delta}`);
    return { chunks, editNumber, stagedRows: counted.rows, winners: counted.winners };
  }, 'ISOLATION LEVEL REPEATABLE READ');
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

/** Into a table without rows. */
async function applyFirst(
  session: Session,
  { dataset }: PublishJob,
  sql: DeltaSql,
  inserted: number,
): Promise<Applied> {
  for (const index of dataset.counts.keys()) await session.run(sql.insertCounts(index));
  const sum = await session.one<{ checksum: string }>(
    `SELECT coalesce(sum(_hash), 0)::text AS checksum FROM ${sql.table}`,
  );
  return { inserted, updated: 0, unchanged: 0, kept: 0, checksum: BigInt(sum!.checksum) };
}

async function applyDelta(
  session: Session,
  job: PublishJob,
  sql: DeltaSql,
  {
    winners,
    inserted,
    since,
  }: { readonly winners: number; readonly inserted: number; readonly since: number },
): Promise<Applied> {
  const { dataset, file, run, clock } = job;
  await adoptEdited(session, new Ledger(session), job, sql, since);
  const ofFile = [dataset.name, file.source, file.name];
  const judged = await session.run(sql.judgeEdited, ...ofFile);
  if (judged > 0) {
    await session.run(sql.rememberKept, ...ofFile);
    await session.run(sql.coverKept, dataset.name);
    await session.run(sql.endEdits, dataset.name, clock.wallMs());
  }
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
    const found = `${inserted} inserted, ${updated} updated, ${numberOf('edited')} not decided, ${unchanged} equal`;
    const expected = `${numberOf('new')} rows to be inserted and ${changed} to be updated`;
    throw LonghaulError.of('sums_do_not_meet', { run, sums: `${expected}: ${found}` });
  }
  look(job, inserted + updated);
  for (const [index, count] of dataset.counts.entries()) {
    if (changed + inserted > 0) await applyCountDeltas(session, count, sql.countDeltas(index));
  }
  const written: readonly Kind[] = ['new', 'changed', 'ended'];
  const checksum = written.reduce((sum, kind) => sum + (sums.get(kind)?.checksum ?? 0n), 0n);
  return { inserted, updated, unchanged, kept: numberOf('kept'), checksum };
}

/** Writes what a publish leaves in the ledger: receipt, publish number, the file's new version. Checks the sums first. */
async function recordPublished(
  session: Session,
  { run, dataset, file, totals, clock }: PublishJob,
  { chunks, stagedRows }: Prepared,
  before: LedgerTable,
  applied: Applied,
): Promise<void> {
  const { inserted, updated, unchanged, kept } = applied;
  const winners = inserted + updated + unchanged + kept;
  const superseded = chunks.superseded + stagedRows - winners;
  checkSums(run, totals, chunks, winners + superseded);
  const ledger = new Ledger(session);
  const publishNumber = before.publishNumber + 1;
  const checksum = BigInt.asIntN(64, before.checksum + applied.checksum);
  const { editNumber } = before;
  await ledger.saveTable(dataset.name, { rows: before.rows + inserted, checksum, publishNumber, editNumber });
  await ledger.saveFile(dataset.name, file, run, totals);
  await ledger.saveTotals(run, chunks, totals, clock.wallMs(), peakRssBytes());
  await ledger.savePublished(
    run,
    publishNumber,
    { ...applied, superseded },
    await tableTotals(session, dataset),
  );
  await ledger.trimRejects(run);
  await ledger.forgetStaged(run);
  await ledger.setState(run, 'done');
}
