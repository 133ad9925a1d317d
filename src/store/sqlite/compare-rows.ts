import { equalsRow, type ExistingRow } from '../existing-row.ts';
import type { OpenedRows } from '../opened-rows.ts';
import { lookWhetherToStop, rowsPerLook } from '../publish-control.ts';
import type { PublishControl } from '../store.ts';
import type { FindExisting } from './existing-rows.ts';
import type { Meeting, StandingEdits } from './meetings.ts';
import type { RowCursor } from '../row-cursor.ts';
import { type ComparedSums, noOutcomes, type RowOutcome } from '../row-outcomes.ts';

/** What a table is compared by: all of one committed state. */
export interface ComparedTable {
  readonly find: FindExisting;
  readonly edits: Pick<StandingEdits, 'meet'>;
}

/** Told of each winner that is more than a row left as it is, in key order. Cursors move on afterwards. */
export interface DifferenceSink {
  /** The table has another row under this key, or none (`former` is null). */
  changed(winner: RowCursor, former: ExistingRow | null): void;
  /** An edit stands for the row. */
  met(winner: RowCursor, edit: number, meeting: Meeting): void;
}

/** Merges the rows of a run and says what would become of each winner. Writes nothing. */
export function compareRows(
  rows: OpenedRows,
  { find, edits }: ComparedTable,
  control: PublishControl,
  sink: DifferenceSink,
): ComparedSums {
  const sums = noOutcomes();
  let compared = 0;
  const compare = (winner: RowCursor): RowOutcome => {
    const met = edits.meet(winner);
    if (met !== null) {
      sink.met(winner, met.edit, met.meeting);
      return met.meeting.kind === 'kept' ? 'kept' : 'updated';
    }
    const former = find(winner);
    if (former !== null && equalsRow(winner, former)) return 'unchanged';
    sink.changed(winner, former);
    return former === null ? 'inserted' : 'updated';
  };
  const superseded = rows.merge((winner) => {
    sums[compare(winner)]++;
    if (++compared % rowsPerLook === 0) lookWhetherToStop(control, compared);
  });
  lookWhetherToStop(control, compared);
  return { ...sums, superseded };
}

/** The same for a dataset without a key, whose rows have none that they could be compared with. */
export function insertRows(rows: OpenedRows, control: PublishControl, sink: DifferenceSink): ComparedSums {
  let inserted = 0;
  const superseded = rows.merge((row) => {
    sink.changed(row, null);
    if (++inserted % rowsPerLook === 0) lookWhetherToStop(control, inserted);
  });
  lookWhetherToStop(control, inserted);
  return { ...noOutcomes(), inserted, superseded };
}
