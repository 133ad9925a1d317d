import type { DatabaseSync } from 'node:sqlite';
import { compareRows, insertRows } from './compare-rows.ts';
import { inTransaction, openComparing } from './connection.ts';
import { beginReadingFile, moveLog } from './database-file.ts';
import type { Difference } from './difference.ts';
import { EditLedger } from './edit-ledger.ts';
import { existingRows } from './existing-rows.ts';
import type { Ledger } from './ledger.ts';
import { StandingEdits } from './meetings.ts';
import { type CollectedChunks, collectChunks, openStaged, type PublishJob } from './publish-run.ts';
import type { OpenedRows } from '../opened-rows.ts';

/** What a publish knows before it writes into the tables. */
export interface Prepared {
  readonly difference: Difference;
  readonly collected: CollectedChunks;
  readonly rows: OpenedRows;
  /** Of the state that was compared: changes with each commit of another connection. */
  readonly dataVersion: number;
  readonly lastEdit: number;
}

/** Fills the difference. One short transaction comes before it, for the ledger's chunks. */
export function prepare(
  db: DatabaseSync,
  path: string,
  ledger: Ledger,
  job: PublishJob,
  difference: Difference,
): Prepared {
  const { dataset, file, control, run } = job;
  using comparing = openComparing(path);
  difference.attachTo(comparing);
  // Almost all of the log, so that what is left to be moved into the file under the lock is little.
  moveLog(comparing);
  const { table, ...seen } = inTransaction(
    db,
    () => {
      // Nobody can write between this and the snapshot: what others change afterwards shows in the data version.
      const readablePath = beginReadingFile(comparing) ? path : null;
      ledger.setState(run, 'publishing');
      return {
        collected: collectChunks(ledger, job),
        table: { dataset, rows: ledger.table(dataset.name).rows, path: readablePath },
        dataVersion: dataVersion(db),
        lastEdit: new EditLedger(db, dataset.name).last(),
      };
    },
    job.lockWaitSeconds,
  );
  const rows = openStaged(job, seen.collected);
  if (dataset.key.length === 0) {
    difference.fill((kernel, sink) => insertRows(kernel, dataset, rows, control, sink));
    difference.findMoves(comparing, ledger.publishedFile(dataset.name, file)?.run ?? null);
    comparing.exec('COMMIT');
    return { difference, rows, ...seen };
  }
  const existing = existingRows(comparing, table, seen.collected.totals.rows);
  const edits = new StandingEdits(comparing, dataset, file);
  difference.fill((kernel, sink) => compareRows(kernel, rows, { existing, edits }, control, sink));
  difference.findMoves(comparing, null);
  comparing.exec('COMMIT');
  return { difference, rows, ...seen };
}

export function dataVersion(db: DatabaseSync): number {
  return (db.prepare('PRAGMA data_version').get() as { data_version: number }).data_version;
}
