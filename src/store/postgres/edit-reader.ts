import type { CanonicalValue } from '../../schema/canonical-text.ts';
import type { Dataset } from '../../schema/dataset.ts';
import type { EditState, StandingEdit, StoredEdit } from '../store.ts';
import type { Session } from './session.ts';

interface EditRow {
  readonly edit: bigint;
  readonly state: EditState;
  readonly row_values: string;
  readonly edited_ms: bigint;
  readonly ended_ms: bigint | null;
  readonly ended_by_run: bigint | null;
  readonly covered_values: string;
  readonly covered_run: bigint;
  readonly covered_line: bigint;
}

function numberOrNull(value: bigint | null): number | null {
  return value === null ? null : Number(value);
}

/** All edits of a row, the newest first. */
export async function storedEdits(
  session: Session,
  dataset: Dataset,
  key: readonly string[],
): Promise<StoredEdit[]> {
  const rows = await session.rows<EditRow>(
    'SELECT * FROM _longhaul_edits WHERE dataset = $1 AND key = $2 ORDER BY edit DESC',
    ...[dataset.name, key],
  );
  const covers = await session.rows<{
    edit: bigint;
    source: string;
    name: string;
    run: bigint;
    line: bigint;
  }>(
    `SELECT edit, source, file AS name, run, line FROM _longhaul_edit_covers WHERE edit = ANY ($1::bigint[])
     ORDER BY source, file`,
    rows.map(({ edit }) => edit),
  );
  const byEdit = Map.groupBy(covers, ({ edit }) => edit);
  return rows.map((row) => ({
    edit: Number(row.edit),
    state: row.state,
    values: JSON.parse(row.row_values) as CanonicalValue[],
    editedMs: Number(row.edited_ms),
    endedMs: numberOrNull(row.ended_ms),
    endedByRun: numberOrNull(row.ended_by_run),
    covered: {
      values: JSON.parse(row.covered_values) as CanonicalValue[],
      run: Number(row.covered_run),
      line: Number(row.covered_line),
    },
    remembered: (byEdit.get(row.edit) ?? []).map(({ source, name, run, line }) => ({
      ...{ source, name, run: Number(run), line: Number(line) },
    })),
  }));
}

/** For a cursor over every standing edit in key order. Its value is the dataset's name. */
export const standingEditsSql =
  "SELECT edit, array_to_json(key)::text, row_values FROM _longhaul_edits WHERE dataset = $1 AND state = 'standing' ORDER BY key";

export function standingEdit([edit, key, values]: readonly unknown[]): StandingEdit {
  return {
    edit: Number(edit),
    key: JSON.parse(key as string) as string[],
    values: JSON.parse(values as string) as CanonicalValue[],
  };
}
