import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import { pauseThread } from '../../runtime/pause.ts';
import type { Dataset } from '../../schema/dataset.ts';
import { keyBytes, keyOfBytes } from '../../schema/row-values.ts';
import { applyCounts, applyRows } from './apply-in-place.ts';
import { type ChangedTable, changedTables } from './changed-tables.ts';
import { inTransaction } from './connection.ts';
import { Difference } from './difference.ts';
import { EditLedger } from './edit-ledger.ts';
import { isSqliteError } from './errors.ts';
import { IndexSuccessors } from './index-successors.ts';
import type { Ledger } from './ledger.ts';
import type { PublishingRun } from './meetings.ts';
import { dataVersion, type Prepared, prepare } from './prepare-publish.ts';
import { type PublishJob, recordPublished } from './publish-run.ts';
import { lookWhetherToStop } from '../publish-control.ts';
import type { RowCursor } from '../row-cursor.ts';
import { type OutcomeSums, outcomes } from '../row-outcomes.ts';
import { RowSettler } from './settle-rows.ts';
import { canBeSucceeded } from './foreign-objects.ts';
import { removeSuccessors, Successor, withSuccessors } from './successor.ts';

/** How long writing in place may hold the lock by estimate, and then really. An edit is to wait a second at most. */
const mostMsInPlace = 600;
/** Each needs two look-ups in a tree: 20 µs where it is large. */
const mostEntriesOneByOne = 2000;
/** After each short transaction, so that others get at the lock: they ask for it every millisecond. */
const pauseMs = 1;
/** Pieces of a successor after which the write-ahead log is moved into the file, so that neither it nor the last commit grows. */
const piecesPerCheckpoint = 16;

/** Looks for rows that were edited meanwhile before the lock is taken: so many at most, and only while there are more than so few. */
const mostEarlyLooks = 5;
const fewRows = 16;

export interface PublishTuning {
  /** 0: all tables that change get successors. */
  readonly mostMsInPlace?: number | undefined;
  /** Entries of a search index that are written under the lock. */
  readonly mostEntriesOneByOne?: number | undefined;
}

/** Writing in place turned out to hold the lock for too long. */
class TooSlowInPlace extends Error {}

/**
 * Publishes into tables that others read and write meanwhile. The rows are compared with one committed state of the table while
 * nobody waits; the write lock is held to write what differs, and to decide afresh of rows that were edited since. When that
 * is so much that others would wait too long, the tables get successors, which are filled in many short transactions.
 */
export function publishIntoTable(
  db: DatabaseSync,
  path: string,
  ledger: Ledger,
  job: PublishJob,
  tuning: PublishTuning,
): void {
  const difference = new Difference(job.staging.differencePath(job.run), job.dataset, job.run);
  const prepared = prepare(db, path, ledger, job, difference);
  difference.attachTo(db);
  try {
    const publish = new PublishIntoTable(db, ledger, job, prepared, tuning);
    publish.run();
    job.control.locked?.(publish.longestLockMs);
  } finally {
    difference.detachFrom(db);
  }
}

/** What takes the place of tables, and what becomes of their search indexes; of tables that are written in place nothing. */
interface Succession {
  readonly successors: readonly Successor[];
  readonly indexes: IndexSuccessors | null;
}

const inPlace: Succession = { successors: [], indexes: null };

/** A key as one text, its parts separated by NUL bytes. */
type KeyText = string;

function keyText(key: Uint8Array): KeyText {
  return Buffer.from(key).toString();
}

class PublishIntoTable {
  readonly #db: DatabaseSync;
  readonly #ledger: Ledger;
  readonly #edits: EditLedger;
  readonly #job: PublishJob;
  readonly #prepared: Prepared;
  readonly #mostMsInPlace: number;
  readonly #mostOneByOne: number;
  readonly #publishing: PublishingRun;
  /** Winners of rows that are to be decided under the lock, as far as they have been looked up already. */
  readonly #winners = new Map<KeyText, RowCursor | null>();
  /** Rows that were found changed before the lock was taken. */
  readonly #outdated = new Set<KeyText>();
  longestLockMs = 0;

  constructor(db: DatabaseSync, ledger: Ledger, job: PublishJob, prepared: Prepared, tuning: PublishTuning) {
    this.#db = db;
    this.#ledger = ledger;
    this.#edits = new EditLedger(db, job.dataset.name);
    this.#job = job;
    this.#prepared = prepared;
    this.#mostMsInPlace = tuning.mostMsInPlace ?? mostMsInPlace;
    this.#mostOneByOne = tuning.mostEntriesOneByOne ?? mostEntriesOneByOne;
    this.#publishing = { ...job, nowMs: job.clock.wallMs() };
    for (const { key, winner } of prepared.difference.metEdits()) {
      if (winner !== null) this.#winners.set(keyText(key), winner);
    }
  }

  run(): void {
    const changed = changedTables(this.#db, this.#job.dataset, this.#prepared.difference).filter(
      ({ changes }) => changes > 0,
    );
    const canSucceed = changed.every(({ shape }) => canBeSucceeded(this.#db, shape.name));
    const most = this.#mostMsInPlace;
    const isSlow = changed.reduce((sum, { estimatedMs }) => sum + estimatedMs, 0) > most;
    if (canSucceed && isSlow) {
      // What is left to be written in place takes half of the time at most.
      this.#throughSuccessors(changed.filter(({ estimatedMs }) => estimatedMs * 2 * changed.length > most));
      return;
    }
    try {
      this.#lookEarly([]);
      if (canSucceed) this.#finish(inPlace, this.#mostMs(most));
      // It may take long, so at least it can be stopped.
      else this.#finish(inPlace, (rows) => this.#look(rows));
    } catch (error) {
      if (!(error instanceof TooSlowInPlace)) throw error;
      this.#throughSuccessors(changed);
    }
  }

  #throughSuccessors(tables: readonly ChangedTable[]): void {
    const db = this.#db;
    const { difference } = this.#prepared;
    const succeeded = new Set(tables.map(({ shape }) => shape.name));
    try {
      const { rows: tableRows } = this.#ledger.table(this.#job.dataset.name);
      const indexes = new IndexSuccessors(db, this.#job.dataset, difference, succeeded, {
        mostOneByOne: this.#mostOneByOne,
        tableRows,
      });
      const { successors, isAsCompared } = this.#briefly(() => {
        indexes.create();
        return this.#createSuccessors(tables);
      });
      // From here on the watch sees who writes to the table; who has written to it before shows now.
      if (!isAsCompared) {
        for (const key of difference.outdatedKeys(db)) this.#outdated.add(keyText(key));
      }
      // Whatever is lost before the last commit, which makes all of it durable, is worth nothing.
      db.exec('PRAGMA synchronous = NORMAL');
      for (const successor of successors) {
        for (let pieces = 1, isDone = false; !isDone; pieces++) {
          isDone = this.#briefly(() => successor.copySome());
          this.#look();
          if (pieces % piecesPerCheckpoint === 0) db.exec('PRAGMA wal_checkpoint(PASSIVE)');
        }
      }
      indexes.copyAll((work) => {
        this.#look();
        return this.#briefly(work);
      });
      db.exec('PRAGMA wal_checkpoint(PASSIVE)');
      db.exec('PRAGMA synchronous = FULL');
      this.#lookEarly(successors);
      // What is left to be written in place is little.
      this.#finish({ successors, indexes }, () => undefined);
    } finally {
      db.exec('PRAGMA synchronous = FULL');
      // Those that have taken a place have left the old table; if this fails, the next import does it.
      this.#removeSuccessors();
    }
  }

  #createSuccessors(tables: readonly ChangedTable[]) {
    const db = this.#db;
    const isAsCompared = dataVersion(db) === this.#prepared.dataVersion;
    const successors = tables.map(({ shape, rows }) => {
      const changedRanges = isAsCompared ? rows.changedRanges : [];
      return new Successor(db, this.#job.dataset, shape, { ...rows, changedRanges });
    });
    return { successors, isAsCompared };
  }

  #removeSuccessors(): void {
    try {
      removeSuccessors(this.#db, (work) => this.#briefly(work));
    } catch (error) {
      if (!isSqliteError(error)) throw error;
    }
  }

  /** One short transaction, and then a pause in which others can have theirs. */
  #briefly<Result>(work: () => Result): Result {
    const result = this.#locked(work);
    pauseThread(pauseMs);
    return result;
  }

  #locked<Result>(work: () => Result): Result {
    const { clock, lockWaitSeconds } = this.#job;
    let lockedAtMs = 0;
    const lockedWork = (): Result => {
      lockedAtMs = clock.monotonicMs();
      return work();
    };
    const result = inTransaction(this.#db, lockedWork, lockWaitSeconds);
    this.longestLockMs = Math.max(this.longestLockMs, clock.monotonicMs() - lockedAtMs);
    return result;
  }

  /** Looks up winners that will have to be decided under the lock, so that only the last ones are left to be. */
  #lookEarly(successors: readonly Successor[]): void {
    for (let look = 0; look < mostEarlyLooks; look++) {
      const keys = [...this.#changedKeys(successors)].filter((key) => !this.#winners.has(key));
      for (const key of keys) this.#winner(key);
      if (keys.length <= fewRows) return;
    }
  }

  #winner(key: KeyText): RowCursor | null {
    let winner = this.#winners.get(key);
    if (winner === undefined) {
      winner = this.#prepared.rows.find(Buffer.from(key));
      this.#winners.set(key, winner);
    }
    return winner;
  }

  /** Rows that may no longer be what they were when the table was compared. */
  #changedKeys(successors: readonly Successor[]): Set<KeyText> {
    const { difference, dataVersion: compared, lastEdit } = this.#prepared;
    const keys = new Set(this.#outdated);
    if (dataVersion(this.#db) === compared) return keys;
    const standing = new Set<number>();
    for (const { edit } of this.#edits.allStanding()) standing.add(edit);
    for (const { edit, key } of difference.metEdits()) if (!standing.has(edit)) keys.add(keyText(key));
    for (const key of this.#edits.keysAfter(lastEdit)) keys.add(keyText(key));
    const rows = successors.find(({ shape }) => shape.name === this.#job.dataset.name);
    const touched = rows?.touchedKeys().map((key) => keyBytes(key as readonly string[]));
    for (const key of touched ?? difference.outdatedKeys(this.#db)) keys.add(keyText(key));
    return keys;
  }

  /** A limit, from its first call on, beyond which writing in place throws `TooSlowInPlace`. */
  #mostMs(most: number): () => void {
    const { clock } = this.#job;
    let startedAt: number | null = null;
    return () => {
      startedAt ??= clock.monotonicMs();
      if (clock.monotonicMs() - startedAt > most) throw new TooSlowInPlace();
    };
  }

  #look(rows = 0): void {
    lookWhetherToStop(this.#job.control, this.#prepared.difference.comparedRows + rows);
  }

  /**
   * The one transaction that makes the run visible.
   *
   * @param afterSome called at its beginning and after each few thousand rows, with the lock held
   */
  #finish(succession: Succession, afterSome: (rows: number) => void): void {
    this.#look();
    this.#locked(() => this.#write(succession, afterSome));
  }

  #write({ successors, indexes }: Succession, afterSome: (rows: number) => void): void {
    const db = this.#db;
    const { dataset } = this.#job;
    const { difference, collected } = this.#prepared;
    afterSome(0);
    indexes?.watchSuccessors();
    const { sums, checksum, winners, keys, moved } = this.#takeOut(successors);
    const rowKeys = Array.from(keys, (key) => keyOfBytes(Buffer.from(key)));
    const refreshed = new Map<string, readonly (readonly SQLInputValue[])[]>([[dataset.name, rowKeys]]);
    const successorOf = (table: string): Successor | undefined =>
      successors.find(({ shape }) => shape.name === table);

    const rows = successorOf(dataset.name);
    if (rows === undefined) applyRows(db, dataset, difference, afterSome);
    else for (const key of rowKeys) rows.refresh(key);
    for (const [index, count] of dataset.counts.entries()) {
      const counts = successorOf(count.table);
      if (counts === undefined) {
        applyCounts(db, index, count);
        afterSome(0);
        continue;
      }
      const values = new Set<SQLInputValue>(moved[index]);
      for (const [value] of counts.touchedKeys()) values.add(value!);
      for (const value of values) counts.refresh([value]);
      refreshed.set(
        count.table,
        Array.from(values, (value) => [value]),
      );
    }

    const into = withSuccessors(dataset, new Set(successors.map(({ shape }) => shape.name)));
    const settled = winners.length === 0 ? 0n : this.#settle(winners, into, sums);
    indexes?.exchange(refreshed);
    Successor.exchange(db, successors);
    const sum = this.#ledger.table(dataset.name).checksum + checksum + settled;
    recordPublished(db, this.#ledger, this.#job, collected, {
      ...sums,
      superseded: difference.sums.superseded,
      removed: difference.removed,
      checksum: BigInt.asIntN(64, sum),
    });
  }

  /** @returns what changes in the sum of hashes */
  #settle(winners: readonly RowCursor[], into: Dataset, sums: OutcomeSums): bigint {
    const settler = new RowSettler(this.#db, this.#publishing, into);
    for (const winner of winners) settler.settle(winner);
    settler.finish();
    for (const outcome of outcomes) sums[outcome] += settler.sums[outcome];
    return settler.checksum.toSigned();
  }

  /** Takes what is to be decided afresh out of the difference. */
  #takeOut(successors: readonly Successor[]) {
    const { difference } = this.#prepared;
    const { superseded: _, ...sums } = difference.sums;
    let { checksum } = difference;
    const winners: RowCursor[] = [];
    const moved = this.#job.dataset.counts.map(() => new Set<SQLInputValue>());
    const keys = this.#changedKeys(successors);
    for (const { key, winner } of difference.metEdits()) if (winner !== null) keys.add(keyText(key));
    for (const key of keys) {
      const winner = this.#winner(key);
      if (winner === null) continue;
      const taken = difference.takeOut(this.#db, winner);
      sums[taken.outcome]--;
      checksum -= taken.checksum;
      for (const { index, value } of taken.moved) moved[index]!.add(value);
      winners.push(winner);
    }
    return { sums, checksum, winners, keys, moved };
  }
}
