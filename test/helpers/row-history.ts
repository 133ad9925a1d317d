/**
 * What was seen of one product while many edited it and files were published, against the reference program: whether there is an order in
 * which all of it happened one after the other.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Row, StoryAnswer } from '../../src/api/wire/rows.ts';
import { defaultDialect } from '../../src/csv/dialect.ts';
import { type ReferenceRow, ReferenceTable } from '../../src/reference/replay.ts';
import { products } from '../../src/schema/dataset.ts';
import { defaultRejectLimit } from '../../src/schema/reject-limit.ts';

/** A publish, in milliseconds since 1970: it was committed between the two. */
export interface SeenPublish {
  readonly run: number;
  readonly file: string;
  readonly publishNumber: number;
  readonly kept: number;
  readonly beganMs: number;
  readonly seenMs: number;
  /** The file's records from line 2 on, one a line, as far as they matter. */
  readonly lines: readonly string[];
}

/** An edit that was answered with success; `name` null: taken back. */
export interface SeenEdit {
  readonly sku: string;
  readonly name: string | null;
  /** The row that it was made of, by If-Match. */
  readonly before: Row;
  readonly after: Row;
  readonly beganMs: number;
  readonly endedMs: number;
}

type Step = SeenPublish | SeenEdit;

const isPublish = (step: Step): step is SeenPublish => 'run' in step;
const beganMs = (step: Step): number => step.beganMs;
const endedMs = (step: Step): number => (isPublish(step) ? step.seenMs : step.endedMs);

/**
 * @param publishes in the order of their numbers
 * @returns how many records of this product may have been kept, one number for each order that ends with what was seen (which of an edit and a
 *   publish at the same time was first, is not always to be seen afterwards); none: the reference program ends with it in no order
 */
export function explains(
  sku: string,
  publishes: readonly SeenPublish[],
  edits: readonly SeenEdit[],
  story: StoryAnswer | null,
): ReadonlySet<number> {
  const found = new Set<number>();
  const runs = publishes.map(({ run }) => run);
  const search = (done: readonly Step[], left: readonly Step[]): void => {
    const { table, kept, isAsSeen } = replay(sku, done, runs);
    if (!isAsSeen) return;
    if (left.length === 0) {
      if (isTold(sku, table, runs, story)) found.add(kept);
      return;
    }
    // Nothing can come before what had ended when it began, and publishes come in their order.
    const firstEnd = Math.min(...left.map(endedMs));
    const nextPublish = publishes.find((publish) => left.includes(publish));
    for (const step of left) {
      if (beganMs(step) > firstEnd || (isPublish(step) && step !== nextPublish)) continue;
      search(
        [...done, step],
        left.filter((other) => other !== step),
      );
    }
  };
  const steps: Step[] = [...publishes, ...edits];
  search(
    [],
    steps.toSorted((a, b) => endedMs(a) - endedMs(b)),
  );
  return found;
}

function replay(
  sku: string,
  steps: readonly Step[],
  runs: readonly number[],
): { readonly table: ReferenceTable; readonly kept: number; readonly isAsSeen: boolean } {
  const table = new ReferenceTable(products);
  let kept = 0;
  for (const step of steps) {
    if (isPublish(step)) {
      const outcome = table.importFile(fileOf(sku, step));
      if (outcome.kind === 'published') kept += outcome.sums.kept;
      continue;
    }
    if (!isRow(step.before, table.rows[0], runs)) return { table, kept, isAsSeen: false };
    const outcome =
      step.name === null ? table.takeBack(sku) : table.edit(sku, new Map([['name', step.name]]));
    if (outcome !== 'done' || !isRow(step.after, table.rows[0], runs))
      return { table, kept, isAsSeen: false };
  }
  return { table, kept, isAsSeen: true };
}

/** The record of this product alone, on its line; and something of each version, as no two of them are the same. */
function fileOf(sku: string, { file, lines, run }: SeenPublish) {
  const kept = lines.map((line) => (line.split(',')[1] === sku ? line : ''));
  const content = Buffer.from(
    `name,sku,description,version${run}\n${kept.map((line) => (line === '' ? '' : `${line},`)).join('\n')}\n`,
  );
  return {
    ...{ name: file, content, dialect: defaultDialect, columns: null },
    ...{ maxRecordBytes: 2 ** 23, rejectLimit: defaultRejectLimit },
  };
}

const valuesOf = ({ values }: Pick<Row, 'values'>): unknown[] =>
  products.columns.map(({ name }) => values[name]);

function isRow(seen: Row, row: ReferenceRow | undefined, runs: readonly number[]): boolean {
  if (row === undefined) return false;
  const { values, import: number, line } = row;
  return isDeepStrictEqual([valuesOf(seen), seen.run, seen.line], [[...values], runs[number], line]);
}

function isTold(
  sku: string,
  table: ReferenceTable,
  runs: readonly number[],
  story: StoryAnswer | null,
): boolean {
  const [row] = table.rows;
  if (story === null) return row === undefined;
  const told = story.edits.toReversed().map((edit) => ({
    ...{ state: edit.state, values: valuesOf(edit), endedBy: edit.endedBy?.run ?? null },
    covered: [valuesOf(edit.withoutIt), edit.withoutIt.run, edit.withoutIt.line],
    files: JSON.stringify(edit.covers.map(({ file }) => String(file)).toSorted()),
  }));
  const expected = table.edits(sku).map((edit) => ({
    ...{ state: edit.state, values: [...edit.values] },
    endedBy: edit.endedByImport === null ? null : runs[edit.endedByImport],
    covered: [[...edit.covered.values], runs[edit.covered.import], edit.covered.line],
    files: JSON.stringify([...edit.remembered.keys()].toSorted()),
  }));
  return isRow(story.row, row, runs) && isDeepStrictEqual(told, expected);
}
