/** Ranges of keys in which no row stays: how they are noted, and that edits within them are not lost. */
import { expect, test } from 'vitest';
import { ManualClock } from '../../../test/helpers/manual-clock.ts';
import { Place, publish } from '../../../test/helpers/sqlite-place.ts';
import { products } from '../../schema/dataset.ts';
import { numberedRecords, planOf, testFile } from '../conformance-files.ts';
import { neverStopped, stageFile } from '../conformance-steps.ts';
import { ChangedRanges } from './changed-ranges.ts';
import { SqliteEditor } from './editor.ts';

function rangesOf(...parts: (readonly [to: string, rows: number, stays: boolean])[]): unknown {
  const ranges = new ChangedRanges();
  for (const [to, rows, stays] of parts) ranges.add([to], rows, stays);
  ranges.finish();
  return ranges.ranges.map(({ after, to }) => [after?.[0] ?? null, to[0]]);
}

test('ranges end where a row stays, and before they are too long', () => {
  expect(rangesOf()).toEqual([]);
  expect(rangesOf(['b', 3, false], ['d', 2, false])).toEqual([[null, 'd']]);
  expect(rangesOf(['b', 3, true], ['d', 2, false])).toEqual([['b', 'd']]);
  expect(rangesOf(['b', 3, false], ['c', 1, true], ['d', 2, false], ['e', 2, true])).toEqual([
    [null, 'b'],
    ['c', 'd'],
  ]);
  expect(rangesOf(['b', 9000, false], ['d', 9000, false], ['f', 7000, false])).toEqual([
    [null, 'b'],
    ['b', 'f'],
  ]);
});

test.each([
  ['at any time', 6, () => true],
  ['once the table has a successor', 4, (place: Place) => place.leftovers.length > 0],
] as const)(
  'rows that are edited %s keep their edits where whole ranges change',
  async (_, least, isTime) => {
    using place = new Place();
    await using store = await place.importer({ mostMsInPlace: 0 });
    const rows = 50_000;
    await publish(store, testFile([numberedRecords(0, rows, ['old', 'o'])]));
    await using editor = new SqliteEditor({ path: place.database, clock: new ManualClock() });
    const file = testFile([numberedRecords(0, rows, ['new', 'n'])]);
    // Of another file, whose records do not end an edit.
    const run = await stageFile(store, file, planOf('b.csv'));
    let edits = 0;
    const progress = (): void => {
      if (!isTime(place)) return;
      edits++;
      const sku = String(edits * 1500 + 7).padStart(8, '0');
      void editor.editRow(products, [sku], new Map([['name', `edit ${edits}`]]), null);
    };
    const record = await store.publish(run, file.totals, { ...neverStopped, progress });
    expect(edits).toBeGreaterThanOrEqual(least);
    expect(record).toMatchObject({ updated: rows - edits, kept: edits });
    const { rows: seen } = await place.see();
    expect(seen.filter((row) => row.startsWith('edit '))).toHaveLength(edits);
    expect(seen.filter((row) => row.startsWith('new|'))).toHaveLength(rows - edits);
  },
);
