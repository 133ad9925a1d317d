/**
 * Publishes a run by ranges of keys, each in a transaction of its own with its counts and its row of the ledger: for runs that are too
 * large for one. See docs/decisions/0022-publish-by-partitions.md.
 */
import type { Clock } from '../../runtime/clock.ts';
import { LonghaulError } from '../../runtime/errors.ts';
import { type Dataset, tableNames } from '../../schema/dataset.ts';
import { checkSums, totalOfChunks } from '../chunk-totals.ts';
import { lookWhetherToStop } from '../publish-control.ts';
import { searchIndexes } from '../search-indexes.ts';
import { type Applied, applyDelta } from './apply-rows.ts';
import { openBeside } from './beside.ts';
import { cancelWhenAborted } from './cancel.ts';
import type { Connection } from './connection.ts';
import { applyCountDeltas } from './count-deltas.ts';
import { DeltaSql } from './delta.ts';
import { columnsOfOthersIndexes, refuser } from './foreign-objects.ts';
import { writeBeside } from './import-lock.ts';
import { Ledger } from './ledger.ts';
import { type Partition, PartitionLedger } from './partition-ledger.ts';
import { adoptEdited, anyStanding, countStaged, workMemory } from './prepare-run.ts';
import { type PublishJob, recordPublished, tableAfter } from './publish-job.ts';
import type { Session } from './session.ts';
import { Turns } from './turns.ts';

/** So many at a time, each by a connection of its own: the server has a process for each. */
const mostAtOnce = 4;

type PartitionedJob = Pick<PublishJob, 'run' | 'dataset' | 'file' | 'control' | 'clock'>;

/** A longer entry of an index may be one that the server refuses: it takes none beyond some 2,700. */
const mostIndexedBytes = 2500;

/**
 * @param partitions how many ranges the run is cut into, at most
 * @param warn told why a run is not published so: what the server may refuse in the middle has to be published whole or not at all
 * @returns false: it is not to be published so, and nothing has happened
 */
export async function publishByPartitions(
  connection: Connection,
  job: PublishJob,
  partitions: number,
  warn: (message: string) => void,
): Promise<boolean> {
  lookWhetherToStop(job.control, 0);
  await connection.translating(() => connection.session.rows(workMemory));
  const refusal = await connection.transaction((session) => settle(session, job, partitions));
  if (refusal !== null) {
    warn(`run ${job.run} is published in one step, not by partitions: ${refusal}`);
    return false;
  }
  lookWhetherToStop(job.control, 0);
  await new PartitionedPublish(connection, job).publish();
  return true;
}

/**
 * Finishes what a former process, or a publish that was stopped, has begun to make visible. It needs neither the file nor what was staged.
 *
 * @param of the dataset; null: all
 * @param ended called with each run that is published by that
 */
export async function finishHalfPublished(
  connection: Connection,
  clock: Clock,
  of: string | null,
  ended: (run: number) => Promise<void>,
): Promise<void> {
  const { session } = connection;
  const control = { signal: new AbortController().signal, progress: () => undefined };
  const begun = await connection.translating(() => new PartitionLedger(session).halfPublished());
  for (const { run, dataset: name, file } of begun) {
    if (of !== null && of !== name) continue;
    const dataset = await connection.translating(() => new Ledger(session).dataset(name));
    if (dataset === null) throw new Error(`the ledger has no dataset ${name}`);
    await connection.translating(() => session.rows(workMemory));
    await new PartitionedPublish(connection, { run, dataset, file, control, clock }).publish();
    await ended(run);
  }
}

/**
 * Makes what is to be published last, whatever happens to what is staged and to the file: the winners in the order of their keys, where
 * they are cut, and what was read. The sums are checked before anything of it can be seen.
 *
 * @returns why the server may refuse some of it; then nothing is settled
 */
async function settle(session: Session, job: PublishJob, partitions: number): Promise<string | null> {
  const { run, dataset, totals, control } = job;
  const sql = new DeltaSql(dataset, run);
  const ledger = new Ledger(session);
  const chunks = totalOfChunks(await ledger.chunks(run));
  checkSums(run, totals, chunks, chunks.superseded + (await countStaged(session, sql)));
  await session.run(sql.dropWinners);
  const winners = await session.run(sql.createWinners);
  lookWhetherToStop(control, 0);
  const refusal = await refusalOf(session, dataset, sql);
  if (refusal !== null) {
    await session.run(sql.dropWinners);
    return refusal;
  }
  // As the rows lie: not in parts by several processes, nor from where another scan of the table is.
  await session.run('SET LOCAL max_parallel_workers_per_gather = 0; SET LOCAL synchronize_seqscans = off');
  const order = await session.one<{ sorted: boolean }>(sql.areWinnersSorted);
  if (!order!.sorted) throw new Error(`the winners of run ${run} do not lie in the order of their keys`);
  const every = Math.max(1, Math.ceil(winners / partitions));
  const starts = await session.rows<{ key: string; place: string }>(sql.cutWinners(every));
  await new PartitionLedger(session).save(
    run,
    totals,
    starts.map(({ key, place }, index) => ({
      ...{ key: JSON.parse(key) as string[], place },
      winners: Math.min(every, winners - index * every),
    })),
  );
  return null;
}

/** Why the server may refuse some of the winners, or null. */
async function refusalOf(session: Session, dataset: Dataset, sql: DeltaSql): Promise<string | null> {
  for (const table of tableNames(dataset)) {
    const reason = await refuser(session, table);
    if (reason !== null) return `${table} ${reason}`;
  }
  const ofRows = searchIndexes(dataset).filter(({ table }) => table === dataset.name);
  const longest = await session.one<{ bytes: number }>(
    sql.longestIndexed([
      dataset.key,
      ...dataset.counts.map(({ column }) => [column]),
      ...ofRows.map(({ columns }) => columns),
      ...(await columnsOfOthersIndexes(session, dataset.name)),
    ]),
  );
  const { bytes } = longest!;
  return bytes > mostIndexedBytes ? `an entry of one of its indexes would have ${bytes} bytes` : null;
}

class PartitionedPublish {
  readonly #connection: Connection;
  readonly #job: PartitionedJob;
  /** One after the other holds the dataset's row. */
  readonly #turns = new Turns();
  /** The table had no rows, so all winners are new. */
  #isFirst = false;
  #rows = 0;
  #failed = false;
  #longestLockMs = 0;

  constructor(connection: Connection, job: PartitionedJob) {
    this.#connection = connection;
    this.#job = job;
  }

  async publish(): Promise<void> {
    const { run, dataset, control } = this.#job;
    const { session } = this.#connection;
    const partitions = await this.#connection.translating(async () => {
      const table = await new Ledger(session).table(dataset.name);
      this.#isFirst = table?.rows === 0;
      return await new PartitionLedger(session).partitions(run);
    });
    const left = partitions.filter(({ published }) => !published);
    await using sides = new AsyncDisposableStack();
    const connections = [this.#connection];
    while (connections.length < Math.min(left.length, mostAtOnce)) {
      const side = await openBeside(this.#connection);
      if (side === null) break;
      sides.use(side);
      await side.translating(() => side.session.rows(workMemory));
      await writeBeside(side, this.#connection);
      connections.push(side);
    }
    {
      await using _ = cancelWhenAborted(control.signal, connections.slice(1));
      const lanes = connections.map((connection) => this.#publishEach(connection, left, partitions.length));
      for (const lane of await Promise.allSettled(lanes)) if (lane.status === 'rejected') throw lane.reason;
    }
    await this.#connection.transaction((last) => this.#conclude(last));
    control.locked?.(this.#longestLockMs);
  }

  /** Takes one after the other from `left`, until there is none or somebody has failed. */
  async #publishEach(connection: Connection, left: Partition[], of: number): Promise<void> {
    try {
      for (let next = left.shift(); next !== undefined && !this.#failed; next = left.shift())
        await this.#publishOne(connection, next, of);
    } catch (error) {
      this.#failed = true;
      throw error;
    }
  }

  async #publishOne(connection: Connection, partition: Partition, of: number): Promise<void> {
    const { run, dataset, control, clock } = this.#job;
    const sql = new DeltaSql(dataset, run, partition);
    lookWhetherToStop(control, this.#rows);
    const editNumber = this.#isFirst ? 0 : await this.#makeDelta(connection, sql);
    // Ends after the commit, or the rollback.
    using turn = this.#turns.next();
    let lockedAtMs = 0;
    const published = await connection.transaction(async (session) => {
      const inserted = this.#isFirst
        ? await this.#insertFirst(session, sql, partition)
        : await session.run(sql.insertNew);
      const adopting = { run, dataset, rows: null };
      const since = this.#isFirst ? 0 : await adoptEdited(session, adopting, sql, editNumber);
      await turn.come();
      lookWhetherToStop(control, this.#rows);
      const ledger = new Ledger(session);
      const table = await ledger.table(dataset.name, true);
      lockedAtMs = clock.monotonicMs();
      if (table === null) throw new Error(`the ledger has no dataset ${dataset.name}`);
      let applied: Applied;
      if (this.#isFirst) {
        applied = await this.#countFirst(session, sql, inserted);
      } else {
        await adoptEdited(session, adopting, sql, since);
        applied = await this.#applyDelta(session, sql, partition, inserted);
      }
      await ledger.saveTable(dataset.name, tableAfter(table, applied));
      await session.run(sql.dropOwn);
      return await new PartitionLedger(session).publish(run, partition.index, applied);
    });
    this.#longestLockMs = Math.max(this.#longestLockMs, clock.monotonicMs() - lockedAtMs);
    this.#rows += partition.winners;
    control.partitions?.({ published, of });
    control.progress(this.#rows);
  }

  /** @returns the dataset's edit number in the snapshot that the delta was made from, or before it */
  async #makeDelta(connection: Connection, sql: DeltaSql): Promise<number> {
    const { dataset } = this.#job;
    return connection.passingTransaction(async (session) => {
      const { editNumber } = (await new Ledger(session).table(dataset.name))!;
      await session.run(sql.createDelta);
      const withEdits = await anyStanding(session, dataset);
      await session.run(sql.fillDelta(withEdits), ...(withEdits ? [dataset.name] : []));
      await session.run(sql.analyzeDelta);
      return editNumber;
    });
  }

  async #insertFirst(session: Session, sql: DeltaSql, { index, winners }: Partition): Promise<number> {
    const { run, dataset } = this.#job;
    const inserted = await session.run(sql.insertWinners);
    if (inserted !== winners) {
      const sums = `${winners} winners in partition ${index}: ${inserted} found`;
      throw LonghaulError.of('sums_do_not_meet', { run, sums });
    }
    for (const count of dataset.counts.keys()) await session.run(sql.countWinners(count));
    return inserted;
  }

  async #countFirst(session: Session, sql: DeltaSql, inserted: number): Promise<Applied> {
    for (const [index, count] of this.#job.dataset.counts.entries())
      await applyCountDeltas(session, count, `SELECT value, number FROM ${sql.countsOfWinners(index)}`);
    const sum = await session.one<{ checksum: string }>(sql.checksumOfWinners);
    return { inserted, updated: 0, unchanged: 0, kept: 0, removed: 0, checksum: BigInt(sum!.checksum) };
  }

  #applyDelta(session: Session, sql: DeltaSql, { winners }: Partition, inserted: number): Promise<Applied> {
    const { run, dataset, file, control, clock } = this.#job;
    const publishing = { dataset, run, file, nowMs: clock.wallMs() };
    const look = (rows: number): void => lookWhetherToStop(control, this.#rows + rows);
    return applyDelta(session, sql, publishing, { winners, inserted, look });
  }

  /** All ranges are there: the run gets its publish number and its receipt. */
  async #conclude(session: Session): Promise<void> {
    const { run, dataset } = this.#job;
    const ledger = new Ledger(session);
    const partitions = new PartitionLedger(session);
    const table = await ledger.table(dataset.name, true);
    if (table === null) throw new Error(`the ledger has no dataset ${dataset.name}`);
    const chunks = totalOfChunks(await ledger.chunks(run));
    const totals = await partitions.totals(run);
    const staged = { chunks, stagedRows: chunks.rows };
    const applied = { ...(await partitions.sums(run)), removed: 0 };
    await recordPublished(session, { ...this.#job, totals }, staged, table, applied);
  }
}
