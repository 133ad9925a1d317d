import type { Dataset } from '../../schema/dataset.ts';
import type { FileRef } from '../../schema/file-ref.ts';
import type { DeltaSql } from './delta.ts';
import type { Session } from './session.ts';
import { fromPostgres } from './typed-values.ts';

export interface PublishingRun {
  readonly dataset: Dataset;
  readonly run: number;
  readonly file: FileRef;
  /** Milliseconds since 1970, for edits that end. */
  readonly nowMs: number;
}

/**
 * Decides about the records of a run that meet edits, and writes down what that does to the edits. The rules are those of
 * the reference program and of docs/decisions/0006-edits.md. The caller's transaction holds the dataset's row.
 */
export async function meetEdits(
  session: Session,
  sql: DeltaSql,
  { dataset, run, file, nowMs }: PublishingRun,
): Promise<void> {
  const ofFile = [dataset.name, file.source, file.name];
  if ((await session.run(sql.judgeEdited, ...ofFile)) === 0) return;
  await session.run(sql.rememberKept, ...ofFile);
  for (const [edit, contentHash, line, ...values] of await session.arrays(sql.keptDiffering, dataset.name)) {
    // Written here and not by the server, whose texts of numbers are not ours.
    const covered = dataset.columns.map(({ type }, column) => fromPostgres(type, values[column]));
    await session.run(
      'UPDATE _longhaul_edits SET covered_values = $1, covered_hash = $2, covered_run = $3, covered_line = $4 WHERE edit = $5',
      ...[JSON.stringify(covered), contentHash, run, line, edit],
    );
  }
  await session.run(sql.endEdits, dataset.name, nowMs);
}
