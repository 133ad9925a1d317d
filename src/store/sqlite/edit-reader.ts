import type { DatabaseSync } from 'node:sqlite';
import type { CanonicalValue } from '../../schema/canonical-text.ts';
import type { Dataset } from '../../schema/dataset.ts';
import { keyBytes, keyOfBytes } from '../../schema/row-values.ts';
import type { EditState, StandingEdit, StoredEdit } from '../store.ts';

const batchEdits = 1000;

/** A database that nobody has written to since edits came to be has no table for them. */
export function hasEdits(db: DatabaseSync): boolean {
  return db.prepare("SELECT 1 FROM sqlite_schema WHERE name = '_longhaul_edits'").get() !== undefined;
}

/** All edits of a row, the newest first. */
export function storedEdits(db: DatabaseSync, dataset: Dataset, key: readonly string[]): StoredEdit[] {
  if (!hasEdits(db)) return [];
  const remembered = db.prepare(
    'SELECT source, file AS name, run, line FROM _longhaul_edit_covers WHERE edit = ? ORDER BY source, file',
  );
  // Without the hash, which is more than a number holds.
  const rows = db
    .prepare(
      `SELECT edit, state, row_values, edited_ms, ended_ms, ended_by_run, covered_values, covered_run, covered_line
       FROM _longhaul_edits WHERE dataset = ? AND key = ? ORDER BY edit DESC`,
    )
    .all(dataset.name, keyBytes(key));
  return rows.map((row) => ({
    edit: row['edit'] as number,
    state: row['state'] as EditState,
    values: JSON.parse(row['row_values'] as string) as CanonicalValue[],
    editedMs: row['edited_ms'] as number,
    endedMs: row['ended_ms'] as number | null,
    endedByRun: row['ended_by_run'] as number | null,
    covered: {
      values: JSON.parse(row['covered_values'] as string) as CanonicalValue[],
      run: row['covered_run'] as number,
      line: row['covered_line'] as number,
    },
    remembered: remembered
      .all(row['edit'] as number)
      .map((record) => ({ ...record })) as unknown as StoredEdit['remembered'],
  }));
}

/** Every standing edit in key order, in batches. */
export function* standingEdits(db: DatabaseSync, dataset: Dataset): Generator<readonly StandingEdit[]> {
  if (!hasEdits(db)) return;
  const statement = db.prepare(
    "SELECT edit, key, row_values FROM _longhaul_edits WHERE dataset = ? AND state = 'standing' ORDER BY key",
  );
  let batch: StandingEdit[] = [];
  for (const row of statement.iterate(dataset.name)) {
    batch.push({
      edit: row['edit'] as number,
      key: keyOfBytes(row['key'] as Uint8Array),
      values: JSON.parse(row['row_values'] as string) as CanonicalValue[],
    });
    if (batch.length < batchEdits) continue;
    yield batch;
    batch = [];
  }
  yield batch;
}
