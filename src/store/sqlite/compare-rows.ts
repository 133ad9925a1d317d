import type { Kernel } from '../../kernel/kernel.ts';
import type { Dataset } from '../../schema/dataset.ts';
import type { OpenedRows } from '../opened-rows.ts';
import { lookWhetherToStop } from '../publish-control.ts';
import { RowCursor } from '../row-cursor.ts';
import type { RowMerge } from '../row-merge.ts';
import { type ComparedSums, noOutcomes } from '../row-outcomes.ts';
import type { PublishControl } from '../store.ts';
import type { Meeting, StandingEdits } from './meetings.ts';
import { type ChangedRange, ChangedRanges } from './changed-ranges.ts';
import { type ExistingRows, ListedRows, noRows } from './listed-rows.ts';

/** What a table is compared by: all of one committed state. */
export interface ComparedTable {
  readonly existing: ExistingRows;
  readonly edits: Pick<StandingEdits, 'meet' | 'mayMeet'>;
}

export interface ComparedRows {
  readonly sums: ComparedSums;
  /** Rows that are inserted or updated with another counted value than there is, or may be. */
  readonly moving: number;
  readonly changedRanges: readonly ChangedRange[];
}

/** Told of all winners but those that an edit meets, many at once, and of these one by one; in key order. The merge moves on afterwards. */
export interface DifferenceSink {
  /** Winners from one index to another, with their outcomes. `row` may be put on any of them. */
  compared(merge: RowMerge, row: RowCursor, from: number, to: number): void;
  /** An edit stands for the row. */
  met(winner: RowCursor, edit: number, meeting: Meeting): void;
}

/** Merges the rows of a run, in the kernel's memory, and says what would become of each winner. Writes nothing. */
export function compareRows(
  kernel: Kernel,
  rows: OpenedRows,
  { existing, edits }: ComparedTable,
  control: PublishControl,
  sink: DifferenceSink,
): ComparedRows {
  const merge = rows.startMerge(kernel, true);
  const counts = kernel.struct(['unchanged', 'inserted', 'updated', 'moving']);
  const met = noOutcomes();
  let { passed } = existing;
  const ranges = passed === null || rows.layout.keyColumns === 0 ? null : new ChangedRanges();
  const row = RowCursor.ofWinners(rows.layout);
  const comparePart = (from: number, to: number): void => {
    if (from === to) return;
    existing.compare(merge, row, from, to);
    const unchanged = counts.get('unchanged');
    kernel.calls.countOutcomes(counts.at, merge.winnersAt, from, to);
    if (ranges !== null) {
      row.standOn(merge, to - 1);
      const stays = existing.passed !== passed || counts.get('unchanged') !== unchanged;
      ranges.add(row.keyParts(), to - from, stays);
      passed = existing.passed;
    }
    sink.compared(merge, row, from, to);
  };
  let compared = 0;
  for (let winners = merge.next(); winners > 0; winners = merge.next()) {
    let from = 0;
    row.standOn(merge, winners - 1);
    if (edits.mayMeet(row)) {
      for (let index = 0; index < winners; index++) {
        row.standOn(merge, index);
        const meets = edits.meet(row);
        if (meets === null) continue;
        comparePart(from, index);
        from = index + 1;
        row.standOn(merge, index);
        sink.met(row, meets.edit, meets.meeting);
        ranges?.add(row.keyParts(), 0, true);
        met[meets.meeting.kind === 'kept' ? 'kept' : 'updated']++;
      }
    }
    comparePart(from, winners);
    compared += winners;
    lookWhetherToStop(control, compared);
  }
  lookWhetherToStop(control, compared);
  const sums = {
    inserted: counts.get('inserted'),
    updated: counts.get('updated') + met.updated,
    unchanged: counts.get('unchanged'),
    kept: met.kept,
    superseded: rows.superseded + merge.superseded,
  };
  ranges?.finish();
  return { sums, moving: counts.get('moving'), changedRanges: ranges?.ranges ?? [] };
}

/** The same for a dataset without a key, whose rows have none that they could be compared with. */
export function insertRows(
  kernel: Kernel,
  dataset: Dataset,
  rows: OpenedRows,
  control: PublishControl,
  sink: DifferenceSink,
): ComparedRows {
  const edits = { mayMeet: () => false, meet: () => null };
  return compareRows(kernel, rows, { existing: new ListedRows(dataset, noRows), edits }, control, sink);
}
