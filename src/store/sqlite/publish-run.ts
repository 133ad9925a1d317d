import type { DatabaseSync } from 'node:sqlite';
import type { Clock } from '../../runtime/clock.ts';
import { peakRssBytes } from '../../runtime/memory.ts';
import type { Dataset } from '../../schema/dataset.ts';
import type { FileRef } from '../../schema/file-ref.ts';
import { rowLayout } from '../../schema/packed-rows.ts';
import type { PublishControl, SnapshotTotals, StagedChunk, TableTotals } from '../store.ts';
import { identifier } from '../identifier.ts';
import { type ChunkTotals, checkSums, totalOfChunks } from '../chunk-totals.ts';
import type { OpenedRows } from '../opened-rows.ts';
import type { Ledger } from './ledger.ts';
import type { AppliedSums } from '../row-outcomes.ts';
import type { StagedRows, StagingFolder } from '../staging-folder.ts';

/** A run that is ready to be published, and what that needs. */
export interface PublishJob {
  readonly run: number;
  readonly dataset: Dataset;
  readonly file: FileRef;
  readonly totals: SnapshotTotals;
  readonly control: PublishControl;
  readonly clock: Clock;
  readonly staging: StagingFolder;
  /** How long to wait for another program's lock; 5 s. */
  readonly lockWaitSeconds?: number | undefined;
  /** Chunks that are not in the ledger yet, by index. */
  readonly inMemory: ReadonlyMap<number, StagedChunk>;
  /** Of those in files the words at which rows begin, where they are known. */
  readonly starts?: ReadonlyMap<number, readonly number[]>;
}

/** The chunks of a run: what they add up to, and where their rows wait. */
export interface CollectedChunks {
  readonly totals: ChunkTotals & { readonly tiled: boolean };
  readonly staged: readonly StagedRows[];
}

/** Completes the ledger's chunks. */
export function collectChunks(ledger: Ledger, job: PublishJob): CollectedChunks {
  const { run, totals, inMemory } = job;
  for (const chunk of ledger.chunks(run)) {
    // Left over from a longer content that an earlier process has read under the same name.
    if (chunk.index >= totals.chunks) ledger.removeChunk(run, chunk.index);
  }
  for (const chunk of inMemory.values()) ledger.saveChunk(run, chunk, null);
  const chunks = ledger.chunks(run);
  const staged = chunks.map(({ index, line }) => ({
    index,
    line,
    packed: inMemory.get(index)?.packed ?? null,
    starts: job.starts?.get(index),
  }));
  return { totals: totalOfChunks(chunks), staged };
}

export function openStaged(job: PublishJob, { staged }: CollectedChunks): OpenedRows {
  return job.staging.open(job.run, rowLayout(job.dataset), staged);
}

/** Writes what a publish leaves in the ledger: receipt, publish number, the file's new version. Checks the sums first. */
export function recordPublished(
  db: DatabaseSync,
  ledger: Ledger,
  job: PublishJob,
  { totals: chunks }: CollectedChunks,
  applied: AppliedSums,
): void {
  const { run, dataset, totals } = job;
  const { inserted, updated, unchanged, kept } = applied;
  const superseded = chunks.superseded + applied.superseded;
  checkSums(run, totals, chunks, inserted + updated + unchanged + kept + superseded);
  const before = ledger.table(dataset.name);
  const publishNumber = before.publishNumber + 1;
  ledger.saveTable(dataset.name, before.rows + inserted - applied.removed, applied.checksum, publishNumber);
  ledger.saveFile(dataset.name, job.file, run, totals);
  ledger.saveTotals(run, chunks, totals, job.clock.wallMs(), peakRssBytes());
  ledger.savePublished(run, publishNumber, applied, superseded, tableTotals(db, ledger, dataset));
  ledger.trimRejects(run);
  ledger.forgetStaged(run);
  ledger.setState(run, 'done');
}

export function tableTotals(db: DatabaseSync, ledger: Ledger, dataset: Dataset): TableTotals {
  const { rows, checksum } = ledger.table(dataset.name);
  const [first] = dataset.counts;
  const groups =
    first === undefined
      ? 0
      : (db.prepare(`SELECT count(*) AS n FROM ${identifier(first.table)}`).get() as { n: number }).n;
  return { rows, groups, checksum };
}
