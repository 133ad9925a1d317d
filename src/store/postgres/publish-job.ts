import type { Clock } from '../../runtime/clock.ts';
import { peakRssBytes } from '../../runtime/memory.ts';
import type { Dataset } from '../../schema/dataset.ts';
import type { FileRef } from '../../schema/file-ref.ts';
import { type ChunkTotals, checkSums } from '../chunk-totals.ts';
import type { OpenedRows } from '../opened-rows.ts';
import type { PublishControl, SnapshotTotals } from '../store.ts';
import type { Applied } from './apply-rows.ts';
import type { Connection } from './connection.ts';
import { Ledger, type LedgerTable } from './ledger.ts';
import { tableTotals } from './reader.ts';
import type { Session } from './session.ts';

/** A run that is ready to be published, and what that needs. Its chunks are in the ledger. */
export interface PublishJob {
  readonly run: number;
  readonly dataset: Dataset;
  readonly file: FileRef;
  readonly totals: SnapshotTotals;
  readonly control: PublishControl;
  readonly clock: Clock;
  /** Rows that wait in memory; null: they are staged on the server. */
  readonly rows: OpenedRows | null;
  /** How many those are. */
  readonly rowsInMemory: number;
  /** To read the table with while the delta is written; null where that is not needed. */
  readonly side: Connection | null;
  /** How long writing in place may hold the dataset's row by estimate; 600 ms. 0: tables that change get successors. */
  readonly mostMsInPlace: number | undefined;
}

/** What is known before the transaction that publishes. */
export interface Prepared {
  readonly chunks: ChunkTotals & { readonly tiled: boolean };
  readonly stagedRows: number;
  /** Keys of the staged rows, where there is a delta: the dataset has a key, and rows. */
  readonly winners: number | null;
  /** Whether the table has no rows. */
  readonly isEmpty: boolean;
  /** The dataset's edit number in the snapshot that the delta was made from. */
  readonly editNumber: number;
}

/** The table once a publish has changed its rows. */
export function tableAfter(before: LedgerTable, { inserted, removed, checksum }: Applied): LedgerTable {
  return {
    ...before,
    rows: before.rows + inserted - removed,
    checksum: BigInt.asIntN(64, before.checksum + checksum),
  };
}

/**
 * Writes what a publish leaves in the ledger: receipt, publish number, the file's new version. Checks the sums first.
 *
 * @param table as it is with the run's rows
 */
export async function recordPublished(
  session: Session,
  { run, dataset, file, totals, clock }: Pick<PublishJob, 'run' | 'dataset' | 'file' | 'totals' | 'clock'>,
  { chunks, stagedRows }: Pick<Prepared, 'chunks' | 'stagedRows'>,
  table: LedgerTable,
  applied: Omit<Applied, 'checksum'>,
): Promise<void> {
  const { inserted, updated, unchanged, kept } = applied;
  const winners = inserted + updated + unchanged + kept;
  const superseded = chunks.superseded + stagedRows - winners;
  checkSums(run, totals, chunks, winners + superseded);
  const ledger = new Ledger(session);
  const publishNumber = table.publishNumber + 1;
  await ledger.saveTable(dataset.name, { ...table, publishNumber });
  await ledger.saveFile(dataset.name, file, run, totals);
  await ledger.saveTotals(run, chunks, totals, clock.wallMs(), peakRssBytes());
  const after = await tableTotals(session, dataset);
  await ledger.savePublished(run, publishNumber, { ...applied, superseded }, after);
  await ledger.trimRejects(run);
  await ledger.forgetStaged(run);
  await ledger.setState(run, 'done');
}
