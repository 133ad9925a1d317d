import { LonghaulError } from '../../runtime/errors.ts';
import { lookWhetherToStop } from '../publish-control.ts';
import { appliedDelta, DeltaSums } from './apply-rows.ts';
import type { Connection } from './connection.ts';
import { applyCountDeltas } from './count-deltas.ts';
import { meetEdits } from './covering-edits.ts';
import { DeltaSql } from './delta.ts';
import { isSearchIndex } from './foreign-objects.ts';
import { endIndexing } from './indexer.ts';
import { Ledger } from './ledger.ts';
import { adoptEdited } from './prepare-run.ts';
import { type Prepared, type PublishJob, recordPublished, tableAfter } from './publish-job.ts';
import type { Session } from './session.ts';
import { dropSuccessors, runTableName } from './staging.ts';
import { NoSuccessor, refuseHindrance, Successor } from './successor.ts';
import { SuccessorSql } from './successor-sql.ts';
import { endWatch, watchTable } from './table-watch.ts';
import { identifier } from '../identifier.ts';
import { tableNames } from '../../schema/dataset.ts';

/** How long writing in place may hold the dataset's row by estimate: an edit is to wait a second at most. */
const mostMsInPlace = 600;
/** Measured on the sample: a row beside the last one, and a page that is not written since the last checkpoint. */
const msPerRow = 0.006;
const msPerPage = 0.04;

/** How long the exchange waits for who reads the table, while new readers wait for it; and how often it tries. */
const exchangeWaitMs = 150;
const mostTries = 8;
const secondsBetweenTries = 0.3;

/** How long transactions that are older than the successor are waited for, and how often they are looked at. */
const mostLooksForOlder = 100;
const secondsBetweenLooks = 0.03;

/** What the server may say no to where writing in place still works: a right, a lock, room. */
const refusals: ReadonlySet<string> = new Set(['not_allowed', 'database_locked', 'disk_full']);

/**
 * Publishes a run that changes so much that an edit would have to wait too long for it: the tables get successors, which are
 * filled beside people who edit and then take the tables' names, in a short transaction that makes up for what was edited
 * meanwhile. See docs/decisions/0009-postgresql-store.md.
 *
 * @returns false if it is little, or if the tables cannot be exchanged: then nothing has happened
 */
export async function publishThroughSuccessors(
  connection: Connection,
  job: PublishJob,
  delta: DeltaSql,
  prepared: Prepared & { readonly winners: number },
): Promise<boolean> {
  const { session } = connection;
  const sums = new DeltaSums(await connection.translating(() => session.rows(delta.sums)));
  if (!(await connection.translating(() => isSlowInPlace(session, job, sums)))) return false;
  const publish = new ExchangingPublish(connection, job, prepared, sums.without('edited'));
  try {
    await publish.fill();
    await publish.waitForOlder();
    await publish.exchange();
    return true;
  } catch (error) {
    await publish.undo().catch((problem: unknown) => {
      // What it leaves behind goes with the next import.
      if (isRefusal(error)) throw problem;
    });
    if (isRefusal(error)) return false;
    throw error;
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof NoSuccessor || (error instanceof LonghaulError && refusals.has(error.code));
}

async function isSlowInPlace(session: Session, job: PublishJob, sums: DeltaSums): Promise<boolean> {
  const { dataset } = job;
  const changed = sums.numberOf('changed');
  if (changed === 0) return false;
  const trees = await session.rows<{ pages: number }>(
    `SELECT (pg_relation_size(tree) / current_setting('block_size')::int)::float8 AS pages FROM (
       SELECT to_regclass($1) AS tree
       UNION ALL SELECT i.oid FROM pg_index JOIN pg_class i ON i.oid = indexrelid
       WHERE indrelid = to_regclass($1) AND ${isSearchIndex('i')}) trees`,
    identifier(dataset.name),
  );
  // A row that moves to another page is another one to every index.
  const estimatedMs = trees.reduce(
    (sum, { pages }) => sum + Math.min(changed, pages) * msPerPage,
    changed * msPerRow * trees.length,
  );
  return estimatedMs > (job.mostMsInPlace ?? mostMsInPlace);
}

class ExchangingPublish {
  readonly #connection: Connection;
  readonly #job: PublishJob;
  readonly #prepared: Prepared & { readonly winners: number };
  readonly #rows: Successor;
  readonly #late: DeltaSql;
  readonly #sql: SuccessorSql;
  /** Of count tables that change, by their index. */
  readonly #counts = new Map<number, Successor>();
  /** Of the delta, without late records. */
  readonly #sums: DeltaSums;
  /** When the dataset's row was locked, on the monotonic clock. */
  #lockedAtMs = 0;

  constructor(
    connection: Connection,
    job: PublishJob,
    prepared: Prepared & { readonly winners: number },
    sums: DeltaSums,
  ) {
    const { dataset, run } = job;
    this.#connection = connection;
    this.#job = job;
    this.#prepared = prepared;
    this.#sums = sums;
    this.#rows = new Successor(dataset.name, runTableName('next', run));
    this.#late = new DeltaSql(dataset, run, 'late');
    this.#sql = new SuccessorSql(dataset, run, this.#rows.next);
  }

  /** Fills the successors. Whoever writes to the table without the ledger's knowledge from now on is noticed. */
  async fill(): Promise<void> {
    const { dataset, run, control } = this.#job;
    const connection = this.#connection;
    await connection.passingTransaction(async (session) => {
      await dropSuccessors(session, connection.schema, run);
      for (const table of tableNames(dataset)) await refuseHindrance(session, table);
      await watchTable(session, connection.schema, dataset.name, run);
    });
    await connection.passingTransaction(async (session) => {
      this.#counts.clear();
      await this.#setLateAside(session);
      await this.#fillRows(session);
      lookWhetherToStop(control, this.#prepared.winners);
      for (const [index, { table }] of dataset.counts.entries()) {
        if ((await session.one(this.#sql.moves(index))) === undefined) continue;
        const successor = new Successor(table, runTableName('next', run, index));
        this.#counts.set(index, successor);
        await successor.create(session);
        await session.run(this.#sql.fillCounts(index, successor.next));
        await successor.complete(session);
      }
      lookWhetherToStop(control, this.#prepared.winners);
    });
  }

  async #setLateAside(session: Session): Promise<void> {
    const sql = this.#sql;
    await session.run(this.#late.createDelta);
    await session.run(sql.createWas);
    await session.run(sql.setEditedAside);
    await session.run(sql.indexKeys('delta'));
    if (this.#job.rows === null) await session.run(sql.indexKeys('staged'));
  }

  async #fillRows(session: Session): Promise<void> {
    const { dataset, run } = this.#job;
    const { rows } = (await new Ledger(session).table(dataset.name))!;
    const [added, changed] = [this.#sums.numberOf('new'), this.#sums.numberOf('changed')];
    await this.#rows.create(session);
    const anyStay = changed < rows;
    // A delta from this process is in the order of its keys.
    const isSorted = !anyStay && this.#job.rows !== null;
    if (anyStay) await session.run(new DeltaSql(dataset, run).analyzeDelta);
    const filled = await session.run(this.#sql.fill(anyStay, isSorted));
    if (filled !== rows + added) {
      const sums = `${rows + added} rows in the table afterwards: ${filled} found`;
      throw LonghaulError.of('sums_do_not_meet', { run, sums });
    }
    await this.#rows.complete(session);
  }

  /**
   * Waits until all transactions have ended that were under way when the successors were filled: for one of them that has
   * its one view of the database already, their rows would not be there. Throws `NoSuccessor` where that lasts.
   */
  async waitForOlder(): Promise<void> {
    const { session } = this.#connection;
    const running = async (): Promise<Set<string>> => {
      // Whose sessions they are can be seen by everybody, what they see of the database only by some.
      const rows = await session.rows<{ id: string }>(
        `SELECT virtualtransaction AS id FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE locktype = 'virtualxid'
           AND granted AND mode = 'ExclusiveLock' AND datname = current_database() AND usesysid IS NOT NULL AND pid <> pg_backend_pid()`,
      );
      return new Set(rows.map(({ id }) => id));
    };
    await this.#connection.translating(async () => {
      await endIndexing(session);
      let older = await running();
      for (let look = 0; older.size > 0; look++) {
        if (look === mostLooksForOlder) throw new NoSuccessor('another transaction does not end');
        lookWhetherToStop(this.#job.control, this.#prepared.winners);
        await session.rows(`SELECT pg_sleep(${secondsBetweenLooks})`);
        older = older.intersection(await running());
      }
    });
  }

  /** Makes the run visible. Throws `NoSuccessor`, or what says so. */
  async exchange(): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        await this.#connection.transaction((session) => this.#exchange(session));
        const { clock, control } = this.#job;
        control.locked?.(clock.monotonicMs() - this.#lockedAtMs);
        return;
      } catch (error) {
        const isLocked = error instanceof LonghaulError && error.code === 'database_locked';
        if (!isLocked || tries === mostTries) throw error;
        lookWhetherToStop(this.#job.control, this.#prepared.winners);
        // Edits that have waited come first.
        await this.#connection.session.rows(`SELECT pg_sleep(${secondsBetweenTries})`);
      }
    }
  }

  async #exchange(session: Session): Promise<void> {
    const { dataset, run, file, control, clock } = this.#job;
    const { editNumber, winners } = this.#prepared;
    const tables = [this.#rows, ...this.#counts.values()];
    const all = tables.map(({ table }) => identifier(table)).join(', ');
    await endIndexing(session);
    // Nobody who reads or edits minds; a vacuum that is under way would not let go in time, and gives way to this.
    await session.run(`LOCK TABLE ${all} IN SHARE UPDATE EXCLUSIVE MODE`);
    const table = await new Ledger(session).table(dataset.name, true);
    this.#lockedAtMs = clock.monotonicMs();
    if (table === null) throw new Error(`the ledger has no dataset ${dataset.name}`);
    // What is looked up now are single rows, whatever the server expects of tables that it has not looked at.
    await session.run(
      'SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off; SET LOCAL enable_seqscan = off',
    );
    const sums = new DeltaSums([]);
    sums.addAll(this.#sums);
    sums.add(await session.rows(this.#sql.takeTouched, dataset.name, editNumber), -1);
    await adoptEdited(session, this.#job, this.#late, editNumber);
    await meetEdits(session, this.#late, { dataset, run, file, nowMs: clock.wallMs() });
    const late = new DeltaSums(await session.rows(this.#late.sums));
    sums.addAll(late);
    await this.#refresh(session, late);
    await session.run(
      'SET LOCAL enable_hashjoin TO DEFAULT; SET LOCAL enable_mergejoin TO DEFAULT; SET LOCAL enable_seqscan TO DEFAULT',
    );
    const inserted = sums.numberOf('new');
    const updated = sums.numberOf('changed', 'ended');
    const applied = appliedDelta(run, sums, { winners, inserted, updated });
    await session.run(
      `SET LOCAL lock_timeout = ${exchangeWaitMs}; LOCK TABLE ${all} IN ACCESS EXCLUSIVE MODE`,
    );
    if (await endWatch(session, run)) throw new NoSuccessor(`another program writes to ${dataset.name}`);
    for (const successor of tables) await successor.exchange(session);
    await recordPublished(session, this.#job, this.#prepared, tableAfter(table, applied), applied);
    lookWhetherToStop(control, this.#prepared.stagedRows);
  }

  /** Makes up for what was edited since the successors were filled, and for records that are decided only now. */
  async #refresh(session: Session, late: DeltaSums): Promise<void> {
    const { dataset, run } = this.#job;
    const since = [dataset.name, this.#prepared.editNumber] as const;
    const sql = this.#sql;
    if ((await session.run(sql.noteWas, ...since)) > 0) {
      await session.run(sql.removeChanged, ...since);
      await session.run(sql.copyChanged, ...since);
      const changed = late.numberOf('changed', 'ended');
      const updated = await session.run(sql.updateLate);
      if (updated !== changed) {
        const sums = `${changed} late rows to be updated: ${updated} updated`;
        throw LonghaulError.of('sums_do_not_meet', { run, sums });
      }
    }
    for (const [index, count] of dataset.counts.entries()) {
      const successor = this.#counts.get(index);
      if (successor === undefined) await applyCountDeltas(session, count, this.#late.countDeltas(index));
      else {
        const counts = { ...count, table: successor.name };
        await applyCountDeltas(session, counts, sql.countChanges(index), ...since);
      }
    }
  }

  /** Leaves everything as it was. */
  async undo(): Promise<void> {
    const connection = this.#connection;
    await connection.passingTransaction(async (session) => {
      const sql = 'SELECT 1 FROM pg_class WHERE oid = to_regclass($1)';
      if ((await session.one(sql, this.#late.table)) !== undefined) {
        await session.run(this.#sql.putEditedBack);
      }
      await dropSuccessors(session, connection.schema, this.#job.run);
    });
  }
}
