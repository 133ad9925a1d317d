import type { Kernel } from '../../kernel/kernel.ts';
import type { OpenedRows } from '../opened-rows.ts';
import { lookWhetherToStop } from '../publish-control.ts';
import { RowCursor } from '../row-cursor.ts';
import type { RowMerge } from '../row-merge.ts';
import { type ComparedSums, noOutcomes } from '../row-outcomes.ts';
import type { PublishControl } from '../store.ts';
import type { Meeting, StandingEdits } from './meetings.ts';
import { type CompareWinners, noRows } from './table-scan.ts';

/** What a table is compared by: all of one committed state. */
export interface ComparedTable {
  readonly compare: CompareWinners;
  readonly edits: Pick<StandingEdits, 'meet' | 'mayMeet'>;
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
  { compare, edits }: ComparedTable,
  control: PublishControl,
  sink: DifferenceSink,
): ComparedSums {
  const sums = noOutcomes();
  using merge = rows.startMerge(kernel, true);
  const row = RowCursor.ofWinners(rows.layout);
  const comparePart = (from: number, to: number): void => {
    if (from === to) return;
    compare(merge, row, from, to);
    for (let index = from; index < to; index++) sums[merge.outcome(index)]++;
    sink.compared(merge, row, from, to);
  };
  let compared = 0;
  for (let winners = merge.next(); winners > 0; winners = merge.next()) {
    let from = 0;
    row.standOn(merge, winners - 1);
    if (edits.mayMeet(row)) {
      for (let index = 0; index < winners; index++) {
        row.standOn(merge, index);
        const met = edits.meet(row);
        if (met === null) continue;
        comparePart(from, index);
        from = index + 1;
        row.standOn(merge, index);
        sink.met(row, met.edit, met.meeting);
        sums[met.meeting.kind === 'kept' ? 'kept' : 'updated']++;
      }
    }
    comparePart(from, winners);
    compared += winners;
    lookWhetherToStop(control, compared);
  }
  lookWhetherToStop(control, compared);
  return { ...sums, superseded: rows.superseded + merge.superseded };
}

/** The same for a dataset without a key, whose rows have none that they could be compared with. */
export function insertRows(
  kernel: Kernel,
  rows: OpenedRows,
  control: PublishControl,
  sink: DifferenceSink,
): ComparedSums {
  const edits = { mayMeet: () => false, meet: () => null };
  return compareRows(kernel, rows, { compare: noRows(), edits }, control, sink);
}
