import { closeSync, fdatasyncSync, openSync } from 'node:fs';
import { Kernel } from '../../../kernel/kernel.ts';
import { rowLayout } from '../../../schema/packed-rows.ts';
import { openRanges, type RowRange } from '../../opened-rows.ts';
import type { PublishControl } from '../../store.ts';
import { buildRows, type RowsToBuild } from './build-rows.ts';
import { LeafList, type ListedLeaves } from './leaf-list.ts';
import { PageFile } from './page-file.ts';

/** Rows after those of another part, of which another thread builds the leaf pages. Can be posted. */
export interface PartToBuild extends RowsToBuild {
  /** As errors call it. */
  readonly database: string;
  /** The file in which it is being made. */
  readonly path: string;
  readonly pageSize: number;
  /** What pages are numbered by: see `PageNumbers`. Shared, as `signals` are. */
  readonly pageCounter: Uint32Array;
  readonly rows: readonly RowRange[];
  /** As `LeafList` wants it. */
  readonly listPath: string;
  readonly signals: PartSignals;
}

/** Two numbers in shared memory: whether to stop, and how many rows are built. */
export type PartSignals = Int32Array;
export const stopAt = 0;
export const builtAt = 1;

export interface BuiltPart {
  readonly leaves: ListedLeaves;
  readonly rows: number;
  readonly superseded: number;
  readonly checksum: bigint;
  /** For each count table what was counted, as `ValueCounter` takes it. */
  readonly counts: readonly (Uint8Array<ArrayBuffer> | null)[];
}

/** Who builds a part while this thread does something else. */
export interface PartBuilder {
  begin(part: PartToBuild): void;
  /** Waits for the part that was begun, and throws what went wrong with it. */
  finish(): BuiltPart;
  /**
   * Waits until its pages are on the disk, after `finish`. What went wrong is told here only: of an error that was reported once the
   * system says nothing to whoever syncs the file afterwards.
   */
  settle(): void;
}

/**
 * Writes the leaf pages of a part, and brings them to the disk while whoever joins the parts goes on.
 *
 * @param answer called with the part as soon as it is written; what goes wrong afterwards is thrown all the same
 */
export function buildPart(
  { path, pageSize, pageCounter, rows, listPath, signals, ...what }: PartToBuild,
  answer: (built: BuiltPart) => void,
): void {
  const stopping = new AbortController();
  const control: PublishControl = {
    signal: stopping.signal,
    progress: (built) => {
      Atomics.store(signals, builtAt, built);
      if (Atomics.load(signals, stopAt) !== 0) stopping.abort();
    },
  };
  const fd = openSync(path, 'r+');
  try {
    const file = new PageFile(fd, pageSize, pageCounter);
    const opened = openRanges(rowLayout(what.dataset), rows);
    using list = new LeafList(listPath);
    const { last, counters, ...sums } = buildRows(file, new Kernel(), what, opened, control, list);
    file.flush();
    answer({ ...sums, leaves: list.finish(last), counts: counters.map((counter) => counter.take()) });
    fdatasyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
